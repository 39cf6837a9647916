public import Encoding

extension Endpoint {
    /// Exchanges the secret of a `JoinCode` for the API key; the body is that of `NewJoin`, the answer a `JoinAnswer`.
    ///
    /// Authy never had this call, and it needs no API key.
    public static let join = Endpoint(method: .post, target: "/join")
}

/// The body of `Endpoint.join`.
public struct NewJoin: Equatable, Sendable {
    /// The secret of the code in Base64url.
    public let secret: String

    /// Takes the text; nil if it is not a secret.
    public init?(secret: String) {
        guard Base64URL.decode(secret)?.count == JoinCode.secretSize else { return nil }
        self.secret = secret
    }

    /// Encodes the secret of a code.
    public init(_ code: JoinCode) { secret = Base64URL.encode(code.secret) }

    /// The body for `Content-Type: application/json`.
    public var json: String { JSONValue.object(["secret": .string(secret)]).serialized() }
}

/// What a host gets for a code.
public struct HostGrant: Equatable, Sendable {
    /// The longest `authority`, in bytes.
    public static let longestAuthority = 6_000

    /// The API key, as the server sent it.
    public let key: String
    /// The certificates that vouch for the server, in PEM; nil for those of the host's system.
    public let authority: String?
    /// The display name of the application.
    public let application: String

    /// Takes the values as they are.
    public init(key: String, authority: String?, application: String) {
        self.key = key
        self.authority = authority
        self.application = application
    }
}

extension HostGrant: CustomStringConvertible, CustomReflectable {
    /// The application without the key.
    public var description: String { "HostGrant(\(application))" }
    /// A mirror without children, so that `dump` does not show the key.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Why the server takes no code; the raw values are those of `error` in the answer.
public enum JoinRefusal: String, Error, Sendable, CaseIterable {
    case unknown = "code_unknown"
    case used = "code_used"
    case expired = "code_expired"
    case revoked = "code_revoked"

    /// The HTTP status of the answer.
    public var status: Int {
        switch self {
        case .unknown: 404
        case .used, .expired, .revoked: 410
        }
    }

    /// One sentence for the person who typed the code.
    public var message: String {
        switch self {
        case .unknown: "the server does not know this code"
        case .used: "this code was used before"
        case .expired: "this code has expired"
        case .revoked: "this code was revoked"
        }
    }
}

/// The result of `Endpoint.join`.
public enum JoinAnswer: Equatable, Sendable {
    case joined(HostGrant)
    case refused(JoinRefusal)
    /// Any other answer.
    case error(AuthyError)

    /// Classifies an answer of the server: 200 with `api_key` and `application`, or 404 and 410 with `error`.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: the body; nil if it is not JSON.
    public init(status: Int, body: JSONValue?) {
        if status == 200, let grant = HostGrant(body) {
            self = .joined(grant)
        } else if case .string(let text)? = body?["error"], let refusal = JoinRefusal(rawValue: text),
            refusal.status == status
        {
            self = .refused(refusal)
        } else {
            self = .error(AuthyError(status: status, body: body))
        }
    }
}

extension HostGrant {
    fileprivate init?(_ body: JSONValue?) {
        guard case .string(let key)? = body?["api_key"], case .string(let application)? = body?["application"],
            key.utf8.count <= 128
        else { return nil }
        var authority: String?
        switch body?["ca"] {
        case nil, .null?: break
        case .string(let text)? where text.utf8.count <= Self.longestAuthority: authority = text
        default: return nil
        }
        self.init(key: key, authority: authority, application: String(application.prefix(60)))
    }
}
