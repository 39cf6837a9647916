internal import HTTPTransport

/// The address of the server, and how to reach it.
public struct ServerAddress: Equatable, Sendable {
    /// `https://host[:port][/prefix]` without a slash at the end; `http://localhost` for a socket.
    public var base: String
    /// The path of a UNIX socket, or nil.
    public var socket: String?
    /// The path of a PEM file that replaces the system's certificate authorities, or nil.
    public var caFile: String?
    /// The URL of a proxy, or nil.
    public var proxy: String?
    /// Base64 of the SHA-256 of the public key of the server's certificate, by which the server is recognized in place
    /// of authorities and name; nil if those count.
    public var pin: String?
    /// Seconds until there is a connection.
    public var connectTimeout: Int
    /// Seconds for an answer, without the time that the server was asked to wait.
    public var requestTimeout: Int
    /// The API key, sent in `X-Authy-API-Key`.
    public var key: String

    /// Takes the values as they are.
    public init(
        base: String, socket: String? = nil, caFile: String? = nil, proxy: String? = nil, pin: String? = nil,
        connectTimeout: Int, requestTimeout: Int, key: String
    ) {
        self.base = base
        self.socket = socket
        self.caFile = caFile
        self.proxy = proxy
        self.pin = pin
        self.connectTimeout = connectTimeout
        self.requestTimeout = requestTimeout
        self.key = key
    }
}

extension ServerAddress {
    /// Where a request goes.
    ///
    /// - Parameters:
    ///   - path: the path with its query.
    ///   - resolved: `HOST:PORT:ADDRESS[,ADDRESS]`, or nil to have libcurl look up the host.
    /// - Returns: the target for libcurl.
    func target(path: String, resolved: String?) -> TransferTarget {
        var target = TransferTarget(.text(base + path))
        target.socket = socket
        target.authorities = caFile
        target.proxy = proxy
        target.pin = pin
        target.resolved = resolved
        return target
    }
}
