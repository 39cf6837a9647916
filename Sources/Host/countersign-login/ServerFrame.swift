internal import Frames
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import NetFrames
internal import SettingsFile

extension Settings.Server {
    /// Makes the frame `server` for countersign-net, after the key is read and the socket is checked.
    ///
    /// - Parameters:
    ///   - trust: who may own the key file and the folders of the socket.
    ///   - deadline: seconds for the whole login.
    /// - Returns: the frame.
    /// - Throws: `LoginError` if the key cannot be read or the socket is not safe.
    func frame(trust: Trust, deadline: Int) throws -> Frame {
        let key: APIKey
        do throws(SettingsError) {
            key = try self.key(trust: trust)
            try checkSocket(trust: trust)
        } catch {
            throw LoginError(reason: .settings, detail: error.description)
        }
        return Frame(self, key: key, milliseconds: Int64(deadline) * 1_000)
    }
}
