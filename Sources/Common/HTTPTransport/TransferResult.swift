/// How an exchange ended.
public enum TransferResult {
    case response(TransferResponse)
    case failed(TransferFailure)
}

/// A response of an HTTP server, or the final reply of a mail server.
public struct TransferResponse {
    /// The status code of HTTP, or the reply code of SMTP (RFC 5321, section 4.2).
    public var status: Int
    /// The response body, `Transfer.longest` bytes at most; empty for a mail.
    public var body: [UInt8]
    /// Seconds from `Retry-After` (RFC 9110, section 10.2.3); nil if the header is missing or 0.
    public var retryAfter: Int?

    /// The time of the server (`Date`, RFC 9110, section 6.6.1), in seconds since 1970; nil unless it was wanted.
    public var date: Int64?
    /// When the first certificate of the chain ends, in seconds since 1970; nil unless that was wanted.
    public var certificatesEnd: Int64?

    init(status: Int, body: [UInt8] = [], retryAfter: Int? = nil) {
        self.status = status
        self.body = body
        self.retryAfter = retryAfter
    }
}

/// The reason that there is no response.
public struct TransferFailure {
    /// What kind of failure it was.
    public enum Cause: Equatable {
        /// The host, or the proxy, has no address.
        case unresolved
        /// There is no connection; `isTheirs` tells whether the cause is the other side or the network, not a lack of
        /// something on this host.
        case unconnected(isTheirs: Bool)
        /// The time was over.
        case timedOut
        /// The connection ended before the response did, as with a server that restarts.
        case interrupted
        /// The response is longer than allowed.
        case tooLong
        /// Anything else: certificates, a broken protocol, a lack of resources.
        case other
    }

    /// What kind of failure it was.
    public let cause: Cause
    /// A text from libcurl or from this module, which contains nothing of the request.
    public let reason: String
    /// Whether the other side cannot have received any of the request.
    public let isUnsent: Bool
    /// Whether the response had begun.
    public let hasAnswer: Bool
}
