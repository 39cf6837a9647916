internal import CFrames
internal import Frames
internal import LoginFlow
internal import Settings

extension Settings.Server {
    /// What countersign-net is told of the one server that it may reach.
    /// - Parameter deadline: seconds for the whole login.
    func frame(trust: Trust, deadline: Int) throws -> Frame {
        let key: APIKey
        do throws(SettingsError) {
            key = try self.key(trust: trust)
            try checkSocket(trust: trust)
        } catch {
            throw Failure(reason: .settings, detail: error.description)
        }
        var frame = Frame(KIND_SERVER)
        switch endpoint {
        case .web(let url): frame.add(FIELD_URL, text: url)
        case .unixSocket(let path):
            frame.add(FIELD_URL, text: "http://localhost")
            frame.add(FIELD_SOCKET, text: path)
        }
        frame.add(FIELD_KEY, key.bytes)
        if let caFile { frame.add(FIELD_CA_FILE, text: caFile) }
        if let proxy { frame.add(FIELD_PROXY, text: proxy) }
        frame.add(FIELD_CONNECT_TIMEOUT, number: Int64(connectTimeout))
        frame.add(FIELD_REQUEST_TIMEOUT, number: Int64(requestTimeout))
        frame.add(FIELD_DEADLINE, number: Int64(deadline) * 1_000)
        return frame
    }
}
