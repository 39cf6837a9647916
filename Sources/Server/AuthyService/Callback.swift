internal import AuthyWire
internal import Encoding
internal import Identifiers
public import Records

/// The callback that tells an application of a decision (Authy API v1, section 3.4) and its signature (section 3.5).
public struct Callback: Sendable {
    private let body: JSONValue

    /// Makes the body of the callback.
    ///
    /// - Parameters:
    ///   - approval: The decided request.
    ///   - device: The device that answered; nil if it is not known any more.
    public init(_ approval: Approval, device: Device?) {
        body = .object([
            "authy_id": .integer(approval.user.value), "callback_action": .string("approval_request_status"),
            "device_uuid": Self.number(of: approval.answer?.device), "uuid": .string(approval.id.description),
            "status": .string(approval.status.rawValue),
            "signature": .string(Base64.encode(approval.answer?.signature ?? [])),
            "approval_request": .object([
                "transaction": Self.transaction(approval), "expiration_timestamp": .integer(approval.ends ?? 0),
                "logos": Self.value(JSONParameters.elements(approval.logos)),
                "app_id": .string(ApprovalView.name(of: approval.application)),
            ]),
            "device": Self.device(device),
        ])
    }

    private static func transaction(_ approval: Approval) -> JSONValue {
        let shown =
            (JSONParameters.members(approval.text.utf8) ?? []).first { $0.name == "details" }?.value.elements ?? []
        let details = JSONObject(
            shown.map { ($0.elements.first?.text ?? "", .string($0.elements.last?.text ?? "")) })
        let detailsOrNull: JSONValue = if details.members.isEmpty { .null } else { .object(details) }
        return .object([
            "details": detailsOrNull,
            "hidden_details": value(.members(JSONParameters.members(approval.hiddenDetails.utf8) ?? [])),
            "message": .string(approval.message), "status": .string(approval.status.rawValue),
            "uuid": .string(approval.id.description),
            "customer_uuid": .integer(approval.application), "encrypted": .bool(false),
            "flagged": .bool(approval.reported),
            "created_at_time": .integer(approval.created),
            "device_signing_time": .integer(approval.processed ?? approval.updated),
            "reason": .string(orNull: approval.answer?.reason), "device_details": .object([:]),
            "device_geolocation": .string(""),
            "requester_details": .null,
        ])
    }

    /// Makes a number from the UUID of a device.
    ///
    /// Authy's were numbers of at most nine digits, which some receivers store as an `int`.
    private static func number(of device: String?) -> JSONValue {
        guard let digits = device?.filter({ $0 != "-" }).prefix(8), let number = Int64(digits, radix: 16) else {
            return .null
        }
        return .integer(number % 1_000_000_000)
    }

    /// Writes the device with all of Authy's names, and null for values that this server does not collect.
    ///
    /// It has no empty list: Authy never sent one, and some receivers compute another signed text for it.
    private static func device(_ device: Device?) -> JSONValue {
        let unknown = [
            "city", "country", "ip", "last_unlock_method_used", "region", "registration_city", "registration_country",
            "registration_region",
            "last_account_recovery_at", "multidevice_enabled", "multidevice_updated_at", "last_unlock_date",
        ]
        var members = JSONObject(unknown.map { ($0, .null) })
        members["id"] = number(of: device?.id)
        members["os_type"] = .string(device?.osType ?? "")
        members["registration_date"] = .integer(device?.created ?? 0)
        members["registration_ip"] = .string(device?.address ?? "")
        members["registration_method"] = .string("link")
        members["last_sync_date"] = .integer(device?.lastSeen ?? 0)
        return .object(members)
    }

    private static func value(_ parameter: Parameter) -> JSONValue {
        switch parameter {
        case .text(let text): .string(text)
        case .list(let elements): elements.isEmpty ? .null : .array(elements.map(value))
        case .members(let members) where members.isEmpty: .null
        case .members(let members):
            .object(JSONObject(members.map { ($0.name, value($0.value)) }))
        }
    }

    /// Returns the callback as a POST request.
    ///
    /// - Parameters:
    ///   - url: The address of the application.
    ///   - nonce: The value of the header with the nonce, used once.
    ///   - key: The API key that signs.
    /// - Returns: The JSON body, and the value of the signature header.
    public func post(to url: String, nonce: String, key: [UInt8]) -> (body: String, signature: String) {
        (
            body.serialized(isSorted: true),
            CallbackSignature(nonce: nonce, method: .post, url: url, body: body).text(key: key)
        )
    }

    /// Returns the callback as a GET request.
    ///
    /// The flattened body follows the query that the address already has; the signature covers both.
    ///
    /// - Parameters:
    ///   - url: The address of the application.
    ///   - nonce: The value of the header with the nonce, used once.
    ///   - key: The API key that signs.
    /// - Returns: The URL with its query, and the value of the signature header.
    public func get(_ url: String, nonce: String, key: [UInt8]) -> (url: String, signature: String) {
        let base = url.prefix { $0 != "?" && $0 != "#" }
        let own = FormText.pairs(url[base.endIndex...].dropFirst().prefix { $0 != "#" }.utf8) ?? []
        let pairs = own + Self.flattened(body, named: "")
        let query = PercentEncoding.encode(pairs: pairs)
        return (
            "\(base)?\(query)", CallbackSignature(nonce: nonce, method: .get, url: url, query: pairs).text(key: key)
        )
    }

    /// Flattens the body: members in the order of their names, elements in their own order.
    ///
    /// Receivers rebuild `logos[][res]` and `logos[][url]` from the order in which they arrive.
    private static func flattened(_ value: JSONValue, named name: String) -> [(name: String, value: String)] {
        switch value {
        case .null: [(name, "")]
        case .bool(let truth): [(name, String(truth))]
        case .number(let number): [(name, number.text)]
        case .string(let text): [(name, text)]
        case .array(let elements): elements.flatMap { flattened($0, named: name + "[]") }
        case .object(let object):
            object.members.sorted { $0.name < $1.name }.flatMap { member in
                let memberName = if name.isEmpty { member.name } else { "\(name)[\(member.name)]" }
                return flattened(member.value, named: memberName)
            }
        }
    }
}
