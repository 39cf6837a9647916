internal import AuthyWire

/// What a call is answered with.
public struct Answer: Sendable {
    public var status: Int
    /// JSON in UTF-8, without blanks: some clients look for `"token":"is valid"` in the bytes.
    public var body: String
    /// Seconds for Retry-After; nil for none.
    public var retryAfter: Int64?
    /// For the header Allow; nil for none.
    public var allow: String?

    init(_ members: [(name: String, json: String)], status: Int = 200) {
        self.status = status
        body = JSONText.object(members)
    }

    public init(status: Int, body: String) {
        self.status = status
        self.body = body
    }
}

/// Why a call is refused; it becomes the answer that Authy's clients know.
public struct Refusal: Error, Equatable, Sendable {
    public let status: Int
    public let code: Int
    public let message: String
    /// Texts for fields, by name.
    var fields: [String: String] = [:]
    public var retryAfter: Int64?

    /// The methods that the call has, comma between them; only with status 405.
    public var allow: String?

    init(
        _ status: Int, _ code: Int, _ message: String, fields: [String: String] = [:], retryAfter: Int64? = nil,
        allow: String? = nil
    ) {
        self.allow = allow
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.retryAfter = retryAfter
    }

    public static let key = Refusal(401, 60001, Literal.keyMessage)
    public static let path = Refusal(404, 60000, "There is no such call.")
    /// - Parameter allowed: the methods that the call has, for the header Allow, which RFC 9110, section 15.5.6 asks for.
    public static func method(_ allowed: String) -> Refusal {
        Refusal(405, 60002, "This call has another method.", allow: allowed)
    }
    public static let body = Refusal(400, 60002, "The body is neither JSON nor a form, or it is nested too deep.")
    public static let tooLong = Refusal(413, 60002, "The body is too long.")
    public static let malformed = Refusal(400, 60002, "This is not an HTTP request.")
    public static let lineTooLong = Refusal(414, 60002, "The request line is too long.")
    public static let headersTooLong = Refusal(431, 60002, "The headers are too long, or too many.")
    public static let version = Refusal(505, 60002, "This server speaks HTTP/1.1.")
    public static let noUTF8 = Refusal(400, 60005, "The query is not valid UTF-8.")
    public static let broken = Refusal(500, 60000, "The server cannot do this now. Nothing was changed.")
    static let userNotFound = Refusal(404, 60026, "User not found.")
    /// What verify says of a user whom the application does not have.
    static let userDoesNotExist = Refusal(401, 60016, "User doesn't exist")
    static let tokenInvalid = Refusal(401, 60020, Literal.invalidMessage)
    static let tokenReused = Refusal(401, 60019, Literal.reusedMessage)

    static func tooMany(retryAfter: Int64) -> Refusal {
        Refusal(429, 60003, "Too many requests. Try again later.", retryAfter: max(1, retryAfter))
    }

    /// To the letter: clients compare it.
    static func missing(_ name: String) -> Refusal {
        Refusal(400, 60004, "Invalid parameter: \(name) - Parameter is required")
    }
    static func parameter(_ name: String) -> Refusal {
        Refusal(400, 60004, "Invalid parameter: \(name) - Parameter is invalid")
    }

    /// Every value in `errors` is a string, and so is `error_code`; fields stand at the top again.
    public var answer: Answer {
        let fields = self.fields.sorted { $0.key < $1.key }.map { (name: $0.key, json: JSONText.string($0.value)) }
        let errors = code == 60049 ? [] : [(name: "message", json: JSONText.string(message))] + fields
        var members = [(name: "message", json: JSONText.string(message))]
        if code == 60019 || code == 60020 { members.append(("token", JSONText.string(Literal.tokenIsInvalid))) }
        members += [("success", "false"), ("errors", JSONText.object(errors))] + fields
        members.append(("error_code", JSONText.string(String(code))))
        var answer = Answer(members, status: status)
        answer.retryAfter = retryAfter
        answer.allow = allow
        return answer
    }
}
