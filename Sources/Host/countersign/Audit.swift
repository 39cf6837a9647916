internal import CSyscalls
internal import Glibc
internal import Identifiers

/// One line in the system log for each change of an account of this host, its keys in a fixed order, and nothing secret in it.
struct Audit {
    enum Loudness {
        case usual
        /// Somebody may log in without a factor from now on.
        case warning

        fileprivate var priority: CInt { self == .usual ? LOG_NOTICE : LOG_WARNING }
    }

    /// Who ran the command, as far as root's environment says: sudo names who called it.
    let by: String

    /// To be asked before the process becomes another user's.
    static func current() throws -> Audit {
        let uid = Keeper.isRoots ? sudoCaller ?? getuid() : getuid()
        return Audit(by: try SystemUser.numbered(uid)?.name ?? String(uid))
    }

    /// Who called sudo, if that is who started this.
    static var sudoCaller: UInt32? { getenv("SUDO_UID").flatMap { UInt32(String(cString: $0)) } }

    /// - Parameter detail: for people.
    func line(_ action: String, _ person: Person, detail: String) -> String {
        let keys = [("action", action), ("user", person.name), ("uid", String(person.uid)), ("by", by)]
        return keys.map { "\($0)=\($1.logToken)" }.joined(separator: " ") + " detail=\"\(detail.logText)\""
    }

    func tell(_ action: String, _ person: Person, detail: String, _ loudness: Loudness = .usual) {
        write(line(action, person, detail: person.key.map { "\($0); \(detail)" } ?? detail), loudness)
    }

    /// Of a change that is about all accounts.
    func tell(_ action: String, detail: String, _ loudness: Loudness = .usual) {
        let words = [("action", action), ("by", by)].map { "\($0)=\($1.logToken)" }.joined(separator: " ")
        write(words + " detail=\"\(detail.logText)\"", loudness)
    }

    /// Only of the accounts of this host: what somebody does to files of their own is nobody's news.
    private func write(_ text: String, _ loudness: Loudness) {
        guard Keeper.isRoots else { return }
        openlog("countersign", 0, LOG_AUTHPRIV)
        text.withCString { start in
            withVaList([start]) { vsyslog(LOG_AUTHPRIV | loudness.priority, "%s", $0) }
        }
        closelog()
    }
}
