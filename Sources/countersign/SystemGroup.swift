internal import Glibc

/// A group that the system knows.
enum SystemGroup {
    /// Its number; nil where the system says that there is no such group.
    static func named(_ name: String) throws -> UInt32? {
        // A group names its members: some are long.
        var buffer = [CChar](repeating: 0, count: 1 << 20)
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        let error = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
        if found != nil { return entry.gr_gid }
        guard [0, ENOENT, ESRCH].contains(error) else {
            throw Trouble("the system cannot look up the group \(name): \(systemReason(error))")
        }
        return nil
    }
}
