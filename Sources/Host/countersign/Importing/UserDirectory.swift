internal import Glibc

/// The users of this host, for somebody who looks up many of them.
///
/// A look-up reads /etc/passwd from its beginning: for thousands of users that is done once. What is kept of them is a hash of the name,
/// so that it takes little room; whom an enumeration leaves out is looked up singly.
struct UserDirectory {
    private var uids: [UInt64: UInt32] = [:]

    init(enumerates: Bool) {
        guard enumerates else { return }
        setpwent()
        defer { endpwent() }
        while let entry = getpwent() {
            // As in a look-up, the first one counts.
            let key = Self.hash(String(cString: entry.pointee.pw_name))
            if uids[key] == nil { uids[key] = entry.pointee.pw_uid }
        }
    }

    /// The user's name as the system has it, and number; nil where there is none.
    func find(_ name: String) throws -> (name: String, uid: UInt32)? {
        if let uid = uids[Self.hash(name)] { return (name, uid) }
        return try SystemUser.named(name).map { ($0.name, $0.uid) }
    }

    /// Of its bytes, as the system tells names apart; other than from one run to the next, so that nobody can look for twins.
    static func hash(_ name: String) -> UInt64 {
        var hasher = Hasher()
        name.utf8.forEach { hasher.combine($0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
