internal import Frames
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import NetFrames
internal import SettingsFile

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
        return Frame(self, key: key, milliseconds: Int64(deadline) * 1_000)
    }
}
