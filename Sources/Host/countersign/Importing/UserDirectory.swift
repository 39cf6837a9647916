internal import CommandSupport
internal import Glibc

/// The users of this host, for looking up many of them.
///
/// A single look-up reads /etc/passwd from its beginning; for thousands of users the file is read once instead. Only a
/// hash of each name is kept, to save memory. Users that an enumeration leaves out are looked up singly.
struct UserDirectory {
    private var uids: [UInt64: UInt32] = [:]

    init(enumerates: Bool) {
        guard enumerates else { return }
        setpwent()
        defer { endpwent() }
        while let entry = getpwent() {
            // As in a look-up, the first entry counts.
            let key = Self.hash(String(cString: entry.pointee.pw_name))
            if uids[key] == nil { uids[key] = entry.pointee.pw_uid }
        }
    }

    /// Returns the user's name as the system has it, and the uid; nil if there is no such user.
    func find(_ name: String) throws -> (name: String, uid: UInt32)? {
        if let uid = uids[Self.hash(name)] { return (name, uid) }
        return try SystemUser.named(name).map { ($0.name, $0.uid) }
    }

    /// Hashes the bytes of a name, as the system compares names by them.
    ///
    /// The hash differs from one run to the next, so that nobody can prepare names that collide.
    static func hash(_ name: String) -> UInt64 {
        var hasher = Hasher()
        name.utf8.forEach { hasher.combine($0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
