internal import CFrames
public import Frames
public import HostSettings

extension Frame {
    /// Makes the frame `server` (KIND_SERVER), which names the one server that countersign-net may reach.
    ///
    /// - Parameters:
    ///   - server: where the server is.
    ///   - key: the API key.
    ///   - milliseconds: how much time is left of the login or the command.
    public init(_ server: Settings.Server, key: APIKey, milliseconds: Int64) {
        self.init(KIND_SERVER)
        switch server.endpoint {
        case .web(let url): add(FIELD_URL, text: url)
        case .unixSocket(let path):
            add(FIELD_URL, text: "http://localhost")
            add(FIELD_SOCKET, text: path)
        }
        add(FIELD_KEY, key.bytes)
        if let file = server.caFile { add(FIELD_CA_FILE, text: file) }
        if let proxy = server.proxy { add(FIELD_PROXY, text: proxy) }
        add(FIELD_CONNECT_TIMEOUT, number: Int64(server.connectTimeout))
        add(FIELD_REQUEST_TIMEOUT, number: Int64(server.requestTimeout))
        add(FIELD_DEADLINE, number: milliseconds)
    }
}
