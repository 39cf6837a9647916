internal import SettingsFile

extension Settings {
    /// `[server]`: where the 2FA server is and how to reach it.
    public struct Server: Equatable, Sendable {
        /// Where the server listens.
        public enum Endpoint: Equatable, Sendable {
            /// An `https://` or `http://` URL with host, port and path; scheme and host in lower case, no slash at the
            /// end.
            case web(url: String)
            /// The absolute path of a socket, at most 107 bytes (unix(7)).
            case unixSocket(path: String)
        }

        /// Where the API key is.
        public enum APIKeySource: Equatable, Sendable {
            case inline(APIKey)
            /// The absolute path of a file that `APIKey.parse` reads.
            case file(String)
        }

        /// `url`.
        public let endpoint: Endpoint
        /// `api_key` or `api_key_file`.
        public let apiKey: APIKeySource
        /// The absolute path of a PEM file with CA certificates, or nil for those of the system.
        public let caFile: String?
        /// The `http://` or `https://` URL of a proxy, with host and port, or nil for none.
        public let proxy: String?
        /// Seconds to connect.
        public let connectTimeout: Int
        /// Seconds to answer, besides the time for which a long poll asks the server to wait.
        public let requestTimeout: Int

        /// Whether key and answers are sent unencrypted over the network: the URL is http.
        public var isPlain: Bool {
            guard case .web(let url) = endpoint else { return false }
            return url.hasPrefix("http://")
        }
    }
}

extension Settings.Server {
    init(_ given: Table) throws(DocumentError) {
        var table = given
        let url = try table.read("url", as: .endpoint)
        let key = try table.read("api_key", as: .apiKey)
        let keyFile = try table.read("api_key_file", as: .path())
        caFile = try table.read("ca_file", as: .path())
        proxy = try table.read("proxy", as: .proxy)
        connectTimeout = try table.read("connect_timeout", as: .whole(1...60)) ?? 5
        requestTimeout = try table.read("request_timeout", as: .whole(1...120)) ?? 10
        try table.close()
        guard let url else { throw table.error("url is missing; write where the server is, or leave out [server]") }
        endpoint = url
        switch (key, keyFile) {
        case (let key?, nil): apiKey = .inline(key)
        case (nil, let file?): apiKey = .file(file)
        case (nil, nil): throw table.error("the API key is missing; write api_key_file or api_key")
        case (_?, _?): throw table.error("api_key is there too; keep one of the two", at: "api_key_file")
        }
    }
}
