internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import NetProtocol
internal import SettingsFile

extension Settings.Server {
    /// Describes the server to countersign-net, after the key is read and the socket is checked.
    ///
    /// - Parameters:
    ///   - trust: who may own the key file and the folders of the socket.
    ///   - deadline: seconds for the whole login.
    /// - Returns: the first message to countersign-net.
    /// - Throws: `LoginError` if the key cannot be read or the socket is not safe.
    func netServer(trust: Trust, deadline: Int) throws -> NetServer {
        do throws(SettingsError) {
            let key = try self.key(trust: trust)
            try checkSocket(trust: trust)
            return netServer(key: key, milliseconds: Int64(deadline) * 1_000)
        } catch {
            throw LoginError(reason: .settings, detail: error.description)
        }
    }
}
