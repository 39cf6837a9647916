/// An HTTP request, or a mail.
public struct OutgoingRequest: Sendable {
    /// The method of the HTTP request.
    public enum Method: String, Sendable { case get = "GET", post = "POST" }

    /// The URL, in ASCII and without user information; `https://` or `http://`, or `smtps://` or `smtp://` for a mail.
    public var url: String
    /// The method of the HTTP request; ignored for a mail.
    public var method = Method.post
    /// The header fields of the HTTP request.
    ///
    /// The request is refused if a name is not a token (RFC 9110, section 5.6.2), or a value contains a control
    /// character.
    public var headers: [(name: String, value: String)]
    /// The body of a POST, or the message of a mail; ignored with GET.
    public var body: [UInt8]
    /// Milliseconds for everything: waiting in the queue, DNS, connect, TLS, and the last byte of the response.
    public var timeout: Int
    /// The user of HTTP basic authentication (RFC 7617) or of SMTP AUTH; nil for none.
    public var user: String?
    /// The password that belongs to `user`; nil for none.
    public var password: String?
    /// The only hosts that may be called, by https; nil if the administrator chose the URL.
    ///
    /// An entry is a name or `*.` and a domain, each with an optional `:port`, by default 443.
    public var allowedHosts: [String]?
    /// Makes the request a mail: `url` is `smtp://` or `smtps://`, and `body` the message.
    var envelope: Envelope?

    /// Creates an HTTP request.
    ///
    /// - Parameters:
    ///   - url: the URL, in ASCII and without user information.
    ///   - method: the method.
    ///   - headers: the header fields.
    ///   - body: the body of a POST.
    ///   - timeout: milliseconds for everything.
    ///   - user: the user of HTTP basic authentication, or nil.
    ///   - password: the password that belongs to `user`, or nil.
    ///   - allowedHosts: the only hosts that may be called, by https; nil for any.
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

/// The sender and the recipient of a mail, as addresses without angle brackets.
struct Envelope: Equatable, Sendable {
    var sender: String
    var recipient: String
}

/// The response to a request, or how far the request got.
///
/// The texts come from libcurl or from this module, and contain nothing of the request.
public enum OutgoingResult: Equatable, Sendable {
    case response(OutgoingResponse)
    /// Nothing was sent, for a reason on this side.
    case refused(Refusal)
    /// The host has no address or accepts no connection: nothing was sent.
    case unreached(String)
    /// Any other failure: no response in time, TLS, a truncated or oversized response, a protocol error.
    case failed(String)

    /// Reasons not to send a request; the raw value is a text for the delivery records.
    public enum Refusal: String, Equatable, Sendable {
        case url = "this address may not be called"
        case request = "this request cannot be sent"
        case tooMany = "too much is under way"
        case shutDown = "shutting down"
    }
}

/// A response of an HTTP server, or the final reply of a mail server.
public struct OutgoingResponse: Equatable, Sendable {
    /// The status code of HTTP, or the reply code of SMTP (RFC 5321, section 4.2).
    public var status: Int
    /// The response body, 64 KiB at most; empty for a mail.
    public var body: [UInt8]
    /// Seconds from `Retry-After` (RFC 9110, section 10.2.3); nil if the header is missing or 0.
    public var retryAfter: Int?

    /// Creates a response.
    ///
    /// - Parameters:
    ///   - status: the status code.
    ///   - body: the response body.
    ///   - retryAfter: seconds from `Retry-After`, or nil.
    public init(status: Int, body: [UInt8] = [], retryAfter: Int? = nil) {
        self.status = status
        self.body = body
        self.retryAfter = retryAfter
    }
}

/// A setting that cannot work.
///
/// The text contains no secret.
public struct DeliveryError: Error, Equatable, CustomStringConvertible {
    /// A text for the administrator that says what is wrong.
    public let description: String

    /// Creates an error.
    ///
    /// - Parameter description: a text for the administrator, without secrets.
    package init(_ description: String) { self.description = description }
}
