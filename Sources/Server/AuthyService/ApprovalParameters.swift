internal import AuthyWire
internal import Encoding
internal import Identifiers
internal import Records

/// The checked parameters of a new approval request.
struct ApprovalParameters {
    static let years: Int64 = 10 * 366 * 86_400
    let message: String
    let details: [(String, String)]
    let hidden: String
    let logos: String
    let secondsToExpire: Int64
    let number: String?

    init(_ parameters: Parameters) throws {
        guard let message = parameters.text("message"), !message.isEmpty else { throw APIError.missing("message") }
        guard let seconds = Int64(parameters.text("seconds_to_expire") ?? "86400"), (0...Self.years).contains(seconds)
        else {
            throw APIError.parameter("seconds_to_expire")
        }
        self.message = Self.cut(message, to: 200)
        secondsToExpire = seconds
        number = try Self.number(parameters)
        details = try Self.details(parameters, without: number.map { _ in NewApprovalRequest.numberName })
        hidden = try Self.pairs(parameters["hidden_details"], named: "hidden_details").json
        logos = try Self.logos(parameters["logos"])
    }

    private static func number(_ parameters: Parameters) throws -> String? {
        guard let number = parameters.text("number", in: "countersign") else { return nil }
        guard let value = Int(number), let checked = CheckNumber(value), checked.description == number else {
            throw APIError.parameter("countersign[number]")
        }
        return number
    }

    /// Reads the details: an object, or one plain text.
    private static func details(_ parameters: Parameters, without name: String?) throws -> [(String, String)] {
        if let text = parameters.text("details") { return [("Details", cut(text, to: 1_000))] }
        return try pairs(parameters["details"], named: "details").filter { $0.0 != name }
    }

    private static func pairs(_ parameter: Parameter?, named name: String) throws -> [(String, String)] {
        let members = parameter?.members ?? []
        guard members.count <= 30 else { throw APIError.parameter(name) }
        return try members.map { member in
            guard let text = member.value.text else { throw APIError.parameter("\(name)[\(cut(member.name, to: 40))]") }
            return (cut(member.name, to: 100), cut(text, to: 1_000))
        }
    }

    /// Reads the logos as JSON; an empty text for none.
    ///
    /// Logos without an address are left out, because authy-rs sends the address as a second `res`; the request stays
    /// valid.
    private static func logos(_ parameter: Parameter?) throws -> String {
        guard let logos = parameter?.elements, !logos.isEmpty else { return "" }
        let all = try logos.prefix(8).compactMap { logo -> (String, String)? in
            guard let url = logo["url"]?.text, !url.isEmpty else { return nil }
            guard let res = logo["res"]?.text, ["default", "low", "med", "high"].contains(res), url.utf8.count <= 500
            else {
                throw APIError.parameter("logos")
            }
            return (res, url)
        }
        // Authy's own example has no default logo, which shows nothing.
        guard all.contains(where: { $0.0 == "default" }) else { return "" }
        let elements: [JSONValue] = all.map { ["res": .string($0.0), "url": .string($0.1)] }
        return JSONValue.array(elements).serialized()
    }

    static func cut(_ text: String, to limit: Int) -> String {
        if text.unicodeScalars.count > limit {
            String(text.unicodeScalars.prefix(limit - 3)) + "..."
        } else {
            text
        }
    }

    func approval(for user: AuthyID, of caller: AuthenticatedApplication, at now: Int64) -> Approval? {
        guard let id = ApprovalRequestID(Random.uuid()) else { return nil }
        let ends: Int64? = if secondsToExpire == 0 { nil } else { now + secondsToExpire }
        return Approval(
            id: id, application: caller.id, user: user,
            text: text(of: id, user: user, application: caller.application.name, created: now, ends: ends),
            message: message,
            hiddenDetails: hidden,
            logos: logos, number: number, created: now, secondsToExpire: secondsToExpire, ends: ends)
    }

    /// Writes the text that the phone shows and signs; the names are in alphabetical order.
    private func text(of id: ApprovalRequestID, user: AuthyID, application: String, created now: Int64, ends: Int64?)
        -> String
    {
        let shown = details.map { JSONValue.array([.string($0.0), .string($0.1)]) }
        var text: JSONObject = ["application": .string(application)]
        text["choices"] = number.map { .array(Self.choices($0).map { .string($0) }) }
        text += [
            "created": .integer(now), "details": .array(shown), "ends": .integer(orNull: ends),
            "id": .string(id.description), "message": .string(message), "user": .integer(user.value),
        ]
        return JSONValue.object(text).serialized()
    }

    /// Returns the number and two other possible numbers, in random order.
    private static func choices(_ number: String) -> [String] {
        let others = CheckNumber.range.map(String.init).filter { $0 != number }
        return ([number] + others.shuffled().prefix(2)).shuffled()
    }
}

extension [(String, String)] {
    fileprivate var json: String {
        if isEmpty { "" } else { JSONValue.object(JSONObject(map { ($0.0, .string($0.1)) })).serialized() }
    }
}
