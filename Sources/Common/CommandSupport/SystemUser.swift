internal import Glibc

/// A user known to the system.
package struct SystemUser: Equatable, Sendable {
    /// Name as the system writes it, however it was typed.
    package let name: String
    /// Numeric user ID.
    package let uid: UInt32
    /// Numeric ID of the primary group.
    package let gid: UInt32

    /// Creates a user with these properties.
    package init(name: String, uid: UInt32, gid: UInt32) { (self.name, self.uid, self.gid) = (name, uid, gid) }

    /// Finds a user by name; nil if the system says that there is no such user.
    ///
    /// - Throws: `CommandError` if the system cannot say.
    package static func named(_ name: String) throws -> SystemUser? {
        guard isName(name) else { return nil }
        return try find(name) { getpwnam_r(name, $0, $1, $2, $3) }
    }

    /// Finds a user by ID; nil if the system says that there is no such user.
    ///
    /// - Throws: `CommandError` if the system cannot say.
    package static func numbered(_ uid: UInt32) throws -> SystemUser? {
        try find("uid \(uid)") { getpwuid_r(uid, $0, $1, $2, $3) }
    }

    /// The user with this ID, with the number as its name if the system does not know it.
    package static func numbered(_ uid: UInt32, gid: UInt32) -> SystemUser {
        (try? numbered(uid)).flatMap { $0 } ?? SystemUser(name: String(uid), uid: uid, gid: gid)
    }

    /// Whether a user can have this name.
    ///
    /// Names that could leave their place in a path, a log line or a terminal are refused, as by the module.
    package static func isName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x2F }
    }

    private typealias Lookup = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> CInt

    private static func find(_ account: String, by lookUp: Lookup) throws -> SystemUser? {
        var buffer = [CChar](repeating: 0, count: 65_536)
        return try buffer.withUnsafeMutableBufferPointer { memory -> SystemUser? in
            guard let start = memory.baseAddress else { return nil }
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            let error = lookUp(&entry, start, memory.count, &found)
            if let found {
                return SystemUser(name: String(cString: found.pointee.pw_name), uid: entry.pw_uid, gid: entry.pw_gid)
            }
            guard [0, ENOENT, ESRCH].contains(error) else {
                throw CommandError(
                    "the system cannot look up \(account): \(systemReason(error))",
                    hint: "try again when its user database answers")
            }
            return nil
        }
    }
}
