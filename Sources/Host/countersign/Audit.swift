internal import CSyscalls
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import Identifiers

/// Writes one line to the system log for each change of an account of this host.
struct Audit {
    private static let log = AuditLog(program: "countersign")

    /// User who ran the command; for root, the caller of sudo if root's environment names one.
    let by: String

    /// Call this before the process changes its user.
    static func current() throws -> Audit {
        let caller: uid_t? = if ServiceUser.isRoots { CallerIdentity.sudoCaller } else { nil }
        let uid = caller ?? getuid()
        return Audit(by: try SystemUser.numbered(uid)?.name ?? String(uid))
    }

    /// Logs a change of a person's account; `detail` is text for people.
    func write(_ action: String, of person: Person, detail: String, level: AuditLog.Level = .notice) {
        write(
            [("action", action), ("user", person.name), ("uid", String(person.uid)), ("by", by)],
            detail: person.key.map { "\($0); \(detail)" } ?? detail, level: level)
    }

    /// Logs a change that concerns all accounts.
    func write(_ action: String, detail: String, level: AuditLog.Level = .notice) {
        write([("action", action), ("by", by)], detail: detail, level: level)
    }

    /// Writes only for accounts of this host, not for files that other users keep for themselves.
    private func write(_ keys: [(name: String, value: String)], detail: String, level: AuditLog.Level) {
        if ServiceUser.isRoots { Self.log.write(keys, detail: detail, level: level) }
    }
}
