internal import CSyscalls
internal import Encoding
internal import Glibc
internal import Identifiers

/// Writes one line to the system log for each change of an account of this host: keys in a fixed order, no secrets.
struct Audit {
    enum Loudness {
        case usual
        /// Somebody can log in without a factor from now on.
        case warning

        fileprivate var priority: CInt { self == .usual ? LOG_NOTICE : LOG_WARNING }
    }

    /// User who ran the command; for root, the caller of sudo if root's environment names one.
    let by: String

    /// Call this before the process changes its user.
    static func current() throws -> Audit {
        let uid = ServiceUser.isRoots ? sudoCaller ?? getuid() : getuid()
        return Audit(by: try SystemUser.numbered(uid)?.name ?? String(uid))
    }

    /// Uid of the caller of sudo (SUDO_UID); nil if sudo did not start this.
    static var sudoCaller: UInt32? { getenv("SUDO_UID").flatMap { UInt32(String(cString: $0)) } }

    /// Returns the log line; `detail` is text for people.
    func line(_ action: String, _ person: Person, detail: String) -> String {
        let keys = [("action", action), ("user", person.name), ("uid", String(person.uid)), ("by", by)]
        return keys.map { "\($0)=\($1.logToken)" }.joined(separator: " ") + " detail=\"\(detail.logText)\""
    }

    func tell(_ action: String, _ person: Person, detail: String, _ loudness: Loudness = .usual) {
        write(line(action, person, detail: person.key.map { "\($0); \(detail)" } ?? detail), loudness)
    }

    /// Logs a change that concerns all accounts.
    func tell(_ action: String, detail: String, _ loudness: Loudness = .usual) {
        let words = [("action", action), ("by", by)].map { "\($0)=\($1.logToken)" }.joined(separator: " ")
        write(words + " detail=\"\(detail.logText)\"", loudness)
    }

    /// Writes only for accounts of this host, not for files that other users keep for themselves.
    private func write(_ text: String, _ loudness: Loudness) {
        guard ServiceUser.isRoots else { return }
        openlog("countersign", 0, LOG_AUTHPRIV)
        text.withCString { start in
            withVaList([start]) { vsyslog(LOG_AUTHPRIV | loudness.priority, "%s", $0) }
        }
        closelog()
    }
}
