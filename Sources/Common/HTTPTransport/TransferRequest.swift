/// Where an exchange goes, and how.
public struct TransferTarget {
    /// The address of the server.
    public enum URL {
        /// A URL of this program's own making, `https://` or `http://`; no other scheme is used.
        case text(String)
        /// A URL that was parsed and checked.
        case parsed(ParsedURL)
    }

    /// The address of the server.
    public var url: URL
    /// The path of a UNIX socket to connect to, or nil.
    public var socket: String?
    /// A PEM file of the only trusted authorities; nil for the system's.
    public var authorities: String?
    /// The URL of a proxy, or nil.
    public var proxy: String?
    /// Base64 of the SHA-256 of the server's public key, or nil; the server is recognized by it alone then, and
    /// the signature of its certificate does not count.
    public var pin: String?
    /// `HOST:PORT:ADDRESS[,ADDRESS]`, or nil to have libcurl look up the host.
    public var resolved: String?
    /// The user of HTTP basic authentication (RFC 7617) or of SMTP AUTH; nil for none.
    public var user: String?
    /// The password that belongs to `user`; nil for none.
    public var password: String?

    /// A target with the system's authorities, and nothing else but its URL.
    public init(_ url: URL) { self.url = url }
}

/// How long an exchange may take.
public struct TransferLimits {
    /// Milliseconds for everything: DNS, connect, TLS, and the last byte of the response.
    public var milliseconds: Int
    /// Milliseconds until there is a connection.
    public var connectMilliseconds: Int

    /// Takes the times as they are; at least one millisecond is allowed.
    ///
    /// - Parameters:
    ///   - milliseconds: for everything.
    ///   - connectMilliseconds: until there is a connection; nil for the whole time.
    public init(milliseconds: Int, connectMilliseconds: Int? = nil) {
        self.milliseconds = milliseconds
        self.connectMilliseconds = connectMilliseconds ?? milliseconds
    }
}

/// A request of HTTP.
public struct TransferRequest {
    /// The method, such as `GET`.
    public var method: String
    /// Lines as libcurl takes them (CURLOPT_HTTPHEADER(3)): `Name: value`, `Name;` for an empty value.
    public var headers: [String]
    /// The body; nil for none.
    public var body: [UInt8]?
    /// Whether the request is never sent twice, although a reused connection ended without an answer.
    public var isSentOnce: Bool
    /// Whether the response says when it was sent, and when the certificates end.
    public var wantsFacts: Bool
    /// Whether HTTP/2 is not used: it has lower-case header names only.
    public var isHTTP1: Bool

    /// Takes the values as they are.
    public init(
        method: String, headers: [String] = [], body: [UInt8]? = nil, isSentOnce: Bool = false, isHTTP1: Bool = false,
        wantsFacts: Bool = false
    ) {
        self.method = method
        self.headers = headers
        self.body = body
        self.isSentOnce = isSentOnce
        self.isHTTP1 = isHTTP1
        self.wantsFacts = wantsFacts
    }
}

/// A mail to submit over SMTP, to one recipient; addresses are without angle brackets.
public struct TransferMail {
    /// The sender's address.
    public var sender: String
    /// The recipient's address.
    public var recipient: String
    /// The message with its headers.
    public var message: [UInt8]

    /// Takes the values as they are.
    public init(sender: String, recipient: String, message: [UInt8]) {
        self.sender = sender
        self.recipient = recipient
        self.message = message
    }
}
