/// What is to be sent, and where.
public struct OutgoingRequest: Sendable {
    public enum Method: String, Sendable { case get = "GET", post = "POST" }

    /// `https://` or `http://`, in ASCII and without user information.
    public var url: String
    public var method = Method.post
    /// A name that is no token, or a value with a control character, refuses the request.
    public var headers: [(name: String, value: String)]
    /// Ignored with GET.
    public var body: [UInt8]
    /// Milliseconds for all of it: waiting for its turn, DNS, connect, TLS, the answer's last byte.
    public var timeout: Int
    /// HTTP basic authentication.
    public var user: String?
    public var password: String?
    /// Where the URL was not chosen by the administrator: the only hosts that may be called, by https alone. A name or `*.` and a
    /// domain, each with an optional `:port`, otherwise 443. Nil: any.
    public var allowedHosts: [String]?
    /// Makes a mail of it: `url` is `smtp://` or `smtps://`, `body` the message.
    var envelope: Envelope?

    public init(
        url: String, method: Method = .post, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        timeout: Int,
        user: String? = nil, password: String? = nil, allowedHosts: [String]? = nil
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.user = user
        self.password = password
        self.allowedHosts = allowedHosts
    }
}

/// Who sends a mail to whom, as addresses without brackets.
struct Envelope: Equatable, Sendable {
    var sender: String
    var recipient: String
}

/// What came back, or how far it got. The texts are libcurl's or ours, and never contain anything of the request.
public enum OutgoingResult: Equatable, Sendable {
    case answer(OutgoingAnswer)
    /// Nothing was sent.
    case refused(Refusal)
    /// No address or no connection: nothing was sent.
    case unreached(String)
    /// Everything else: no answer in time, TLS, a cut or endless answer, a broken protocol.
    case failed(String)

    public enum Refusal: String, Equatable, Sendable {
        case url = "this address may not be called"
        case request = "this request cannot be sent"
        case tooMany = "too much is under way"
        case shutDown = "shutting down"
    }
}

public struct OutgoingAnswer: Equatable, Sendable {
    public var status: Int
    public var body: [UInt8]
    /// Seconds, from `Retry-After`; nil where it did not say.
    public var retryAfter: Int?

    public init(status: Int, body: [UInt8] = [], retryAfter: Int? = nil) {
        self.status = status
        self.body = body
        self.retryAfter = retryAfter
    }
}

/// Something that the settings say cannot be. The text holds no secret.
public struct DeliveryError: Error, Equatable, CustomStringConvertible {
    public let description: String

    package init(_ description: String) { self.description = description }
}
