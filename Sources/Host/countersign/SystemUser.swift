internal import Glibc
internal import Identifiers

/// A user known to the system.
struct SystemUser: Equatable {
    /// Name as the system writes it, however it was typed.
    let name: String
    let uid: UInt32
    let gid: UInt32

    /// User who keeps the accounts if root runs the logins.
    static let login = "_countersign"
    /// User who speaks to the server in that case.
    static let net = "_countersign-net"

    var person: Person { Person(name: name, uid: uid) }

    /// Returns nil if the system says that there is no such user.
    static func named(_ name: String) throws -> SystemUser? {
        guard isName(name) else { return nil }
        return try find(name) { getpwnam_r(name, $0, $1, $2, $3) }
    }

    static func numbered(_ uid: UInt32) throws -> SystemUser? {
        try find("uid \(uid)") { getpwuid_r(uid, $0, $1, $2, $3) }
    }

    /// Whether a user can have this name.
    ///
    /// Names that could leave their place in a path, a log line or a terminal are refused, as by the module.
    static func isName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x2F }
    }

    private typealias Look = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> CInt

    private static func find(_ account: String, _ look: Look) throws -> SystemUser? {
        var buffer = [CChar](repeating: 0, count: 65_536)
        return try buffer.withUnsafeMutableBufferPointer { memory -> SystemUser? in
            guard let start = memory.baseAddress else { return nil }
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            let error = look(&entry, start, memory.count, &found)
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
