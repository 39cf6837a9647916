public import Encoding
public import Identifiers

/// A person to register: the body of `Endpoint.newUser`.
public struct NewUser: Equatable, Sendable {
    /// The phone, which decides which AuthyID the person gets.
    public let phone: PhoneNumber
    /// The e-mail address, which `isEmail` accepts.
    public let email: String
    /// Whether the server sends the person a link to the app.
    public let sendsInstallLink: Bool

    /// Takes the values as they are, without a check.
    public init(phone: PhoneNumber, email: String, sendsInstallLink: Bool) {
        self.phone = phone
        self.email = email
        self.sendsInstallLink = sendsInstallLink
    }

    /// Whether a text is an address that every known server and client takes.
    ///
    /// That is visible ASCII (`Dot-string` of RFC 5321, at most 64 bytes) at a domain with at least two labels (RFC
    /// 1123, section 2.1). Authy refused `test@authy` and `root@localhost`.
    public static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard text.utf8.count <= 254, parts.count == 2, let local = parts.first, let domain = parts.last else {
            return false
        }
        return isLocalPart(local) && isDomain(domain)
    }

    private static func isLocalPart(_ text: Substring) -> Bool {
        text.utf8.count <= 64 && !text.hasPrefix("-")
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"<>\"(),:;\\[]".utf8.contains($0) }
    }

    private static func isDomain(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, let top = labels.last?.utf8, top.count >= 2, top.contains(where: isLetter) else {
            return false
        }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }

    /// The body for `Content-Type: application/json`.
    public var json: String {
        let user: JSONValue = [
            "email": .string(email), "cellphone": .string(phone.national), "country_code": .string(phone.countryCode),
        ]
        let body: JSONValue = ["user": user, "send_install_link_via_sms": .bool(sendsInstallLink)]
        return body.serialized()
    }
}

/// The result of `Endpoint.newUser`.
public enum NewUserAnswer: Hashable, Sendable {
    /// The AuthyID of the phone, new or not.
    case registered(AuthyID)
    /// The server refuses the person: the fields that it names, of `cellphone`, `country_code` and `email`, in this
    /// order.
    case invalid([String])
    /// Any other answer.
    case error(AuthyError)

    /// Classifies an answer of the server.
    ///
    /// | HTTP status | `error_code` | body | answer |
    /// |---|---|---|---|
    /// | 200 | | `success` true or "true", `user.id` a positive integer or its digits | `registered` |
    /// | 400–499, not 429 | 60027, 60033, 60038 | | `invalid` |
    /// | anything else | | | see `AuthyError` |
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: the body; nil if it is not JSON.
    public init(status: Int, body: JSONValue?) {
        if status == 200, let body, body.isSuccess(orText: true), let id = Self.id(body["user"]?["id"]) {
            self = .registered(id)
        } else if (400...499).contains(status), status != 429, let error = ErrorNumber(in: body),
            [60027, 60033, 60038].contains(error.code)
        {
            let named = ["cellphone", "country_code", "email"].filter { name in
                [body?[name], body?["errors"]?[name]].contains { $0 != nil && $0 != .null }
            }
            self = .invalid(named)
        } else {
            self = .error(AuthyError(status: status, body: body))
        }
    }

    private static func id(_ value: JSONValue?) -> AuthyID? {
        switch value {
        case .number(let number)?: number.integer.flatMap { AuthyID($0) }
        case .string(let text)?: AuthyID(text)
        default: nil
        }
    }
}

/// What the server knows about a person: the answer to `Endpoint.status`.
public enum StatusAnswer: Hashable, Sendable {
    /// The person as the server describes it.
    public struct User: Hashable, Sendable {
        /// The number as the server masks it, cut to 40 characters of plain ASCII; nil if it names none.
        public let phone: String?
        /// Whether a device takes approval requests; nil if the server does not say.
        public let hasApp: Bool?
    }

    case user(User)
    /// The server does not know this AuthyID.
    case unknownUser
    /// Any other answer.
    case error(AuthyError)

    /// Classifies an answer of the server.
    ///
    /// | HTTP status | `error_code` | body | answer |
    /// |---|---|---|---|
    /// | 200 | | `success` true or "true", `status` an object of this user | `user` |
    /// | 400–499, not 429 | 60016, 60026, 60050 | | `unknownUser` |
    /// | anything else | | | see `AuthyError` |
    ///
    /// An object is of this user if its `authy_id` is absent or that of the user. A device takes requests if
    /// `registered` is true, or if `devices` names one that is not `sms`.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: the body; nil if it is not JSON.
    ///   - user: the AuthyID that was asked for.
    public init(status: Int, body: JSONValue?, user: AuthyID) {
        if status == 200, let body, body.isSuccess(orText: true), case .object? = body["status"],
            [nil, .null, .integer(user.value), .string(user.description)].contains(body["status"]?["authy_id"])
        {
            self = .user(Self.user(body["status"]))
        } else if (400...499).contains(status), status != 429, let error = ErrorNumber(in: body),
            ErrorNumber.unknownUser.contains(error)
        {
            self = .unknownUser
        } else {
            self = .error(AuthyError(status: status, body: body))
        }
    }

    private static func user(_ status: JSONValue?) -> User {
        var hasApp: Bool?
        if case .bool(let registered)? = status?["registered"] { hasApp = registered }
        if case .array(let devices)? = status?["devices"] {
            hasApp = hasApp == true || devices.contains { $0.text.map { $0 != "sms" } ?? false }
        }
        let phone = status?["phone_number"]?.text.map { text in
            let printable = text.utf8.prefix(40).map { byte -> UInt8 in
                if (0x20...0x7E).contains(byte) { byte } else { 0x3F }
            }
            return String(decoding: printable, as: UTF8.self)
        }
        return User(phone: phone, hasApp: hasApp)
    }
}

/// A report about a person: the body of `Endpoint.registerActivity`.
public struct UserActivity: Equatable, Sendable {
    /// The type for a phone that was enrolled in a login.
    ///
    /// A server that knows this type tells the person by e-mail; others refuse it, which does not matter.
    public static let enrolled = "countersign_enrolled"

    /// The type of the activity, such as `enrolled`.
    public let type: String
    /// The e-mail address with which the person was registered.
    public let email: String
    /// The address of the client, or nil.
    public let address: String?
    /// The name of the host where it happened.
    public let host: String
    /// The user name on that host.
    public let user: String

    /// Takes the values as they are, without a check.
    public init(type: String, email: String, address: String?, host: String, user: String) {
        self.type = type
        self.email = email
        self.address = address
        self.host = host
        self.user = user
    }

    /// The body for `Content-Type: application/json`.
    public var json: String {
        var body: JSONObject = ["type": .string(type)]
        body["user_ip"] = address.map { .string($0) }
        body["data"] = ["email": .string(email), "host": .string(host), "user": .string(user)]
        return JSONValue.object(body).serialized()
    }
}
