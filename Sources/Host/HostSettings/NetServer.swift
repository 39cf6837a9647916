public import NetProtocol

extension Settings.Server {
    /// Describes this server to countersign-net.
    ///
    /// - Parameters:
    ///   - key: the API key.
    ///   - milliseconds: how much time is left of the login or the command.
    /// - Returns: the first message to countersign-net.
    public func netServer(key: APIKey, milliseconds: Int64) -> NetServer {
        let url: String
        let socket: String?
        switch endpoint {
        case .web(let address): (url, socket) = (address, nil)
        case .unixSocket(let path): (url, socket) = ("http://localhost", path)
        }
        return NetServer(
            url: url, socket: socket, key: String(decoding: key.bytes, as: UTF8.self), caFile: caFile, proxy: proxy,
            connectTimeout: connectTimeout, requestTimeout: requestTimeout, milliseconds: milliseconds)
    }
}
