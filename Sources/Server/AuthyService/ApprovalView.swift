internal import AuthyWire
internal import Encoding
internal import Identifiers
internal import Logging
internal import Records
internal import Vault

extension Approval {
    /// The metadata of log entries about this request, including the host and the login attempt if the host has named
    /// them.
    var trace: Logger.Metadata {
        let hidden = JSONParameters.members(Array(hiddenDetails.utf8)) ?? []
        let said = hidden.compactMap { member -> (String, Logger.MetadataValue)? in
            guard [NewApprovalRequest.hostName, NewApprovalRequest.attemptName].contains(member.name),
                let text = member.value.text
            else {
                return nil
            }
            return (member.name, .string(String(text.unicodeScalars.prefix(200))))
        }
        return ["application": "\(application)", "user": "\(user)", "request": "\(id)"].merging(said) { first, _ in
            first
        }
    }

    /// The status at a time: a pending request whose time is over has expired, whatever is stored.
    func standing(at now: Int64) -> Status {
        if status == .pending, let ends, now >= ends { .expired } else { status }
    }
}

/// An approval request with everything that its application may read of it.
struct ApprovalView {
    let approval: Approval
    let application: Application
    let email: String
    let device: Device?

    func response(at now: Int64) -> ServiceResponse {
        ServiceResponse([
            "approval_request": .object(members(at: now)), "success": true,
            "message": "Approval request status.",
        ])
    }

    private func members(at now: Int64) -> JSONObject {
        let standing = approval.standing(at: now)
        // Authy's clients know four statuses.
        let status = if standing == .cancelled { Approval.Status.expired } else { standing }
        let shownEmail = if Contact.passesValidators(email) { email } else { "nobody@example.com" }
        return [
            "_app_name": .string(self.application.name), "_app_serial_id": .integer(self.application.id),
            "_authy_id": .integer(approval.user.value),
            "_id": .string(approval.id.description.replacing("-", with: "").prefix(24).description),
            "_user_email": .string(shownEmail),
            "app_id": .string(Self.name(of: self.application.id)),
            "created_at": .string(RFC3339.utc(approval.created)),
            "notified": .bool(approval.notified),
            "processed_at": .string(orNull: approval.processed.map(RFC3339.utc)),
            "seconds_to_expire": .integer(approval.secondsToExpire),
            "status": .string(status.rawValue),
            "updated_at": .string(RFC3339.utc(approval.updated)),
            "user_id": .string(String(approval.user.value)),
            "uuid": .string(approval.id.description),
            "hidden_details": JSONValue(approval.hiddenDetails.utf8, limits: .stored) ?? [:],
            "countersign": countersign(standing),
        ]
    }

    /// Writes the signed answer with everything that is needed to verify it again.
    private func countersign(_ standing: Approval.Status) -> JSONValue {
        var members: JSONObject = [
            "cancelled": .bool(standing == .cancelled),
            "reported": .bool(approval.reported),
        ]
        if let answer = approval.answer {
            members += [
                "reason": .string(orNull: answer.reason), "device": .string(answer.device),
                "device_name": .string(device?.name ?? ""),
                "public_key": .string(Base64URL.encode(device?.publicKey ?? [])),
                "signed": .string(answer.signed),
                "signature": .string(Base64URL.encode(answer.signature)),
            ]
        }
        return .object(members)
    }

    /// Writes an id as 24 hexadecimal digits, the form of Authy's application ids.
    static func name(of application: Int64) -> String {
        let hex = String(application, radix: 16)
        return String(repeating: "0", count: max(0, 24 - hex.utf8.count)) + hex
    }
}

extension JSONValue.Limits {
    /// For what this server has written itself.
    fileprivate static let stored = JSONValue.Limits(depth: 32, members: .max, values: .max, areNumbersFinite: false)
}
