internal import Glibc

/// Writes a line to the system log for each change that a command makes, in the form that `countersign` uses.
///
/// A line says who made the change, and contains no secret.
enum Audit {
    /// The user who runs the command.
    ///
    /// It is the caller of sudo if root's environment names one, else the login user (`/proc/self/loginuid`), else this
    /// process's user.
    private static let by: String = {
        let uid = (getuid() == 0 ? number(getenv("SUDO_UID").map { String(cString: $0) }) ?? login : nil) ?? getuid()
        return Account.numbered(uid, gid: 0).name
    }()

    /// Whether changes are logged: not if somebody tries the server in a directory of their own.
    private static let isOfThisHost = geteuid() == 0 || ServiceUser.current.name == ServiceUser.login

    /// Records the user; must be called before the process changes its user.
    static func begin() { _ = (by, isOfThisHost) }

    /// Writes one line.
    ///
    /// - Parameters:
    ///   - action: such as `user_confirm`.
    ///   - keys: further keys and values, in the order in which they are written.
    static func record(_ action: String, with keys: KeyValuePairs<String, String> = [:]) {
        guard isOfThisHost else { return }
        let all = [("action", action)] + keys.map { ($0.key, $0.value) } + [("by", by)]
        let text = all.map { "\($0)=\(token($1))" }.joined(separator: " ")
        openlog("countersignd", 0, LOG_AUTHPRIV)
        text.withCString { start in
            withVaList([start]) { vsyslog(LOG_AUTHPRIV | LOG_NOTICE, "%s", $0) }
        }
        closelog()
    }

    /// The login user; nil without a login, as in a unit, where the kernel reports 4294967295.
    private static var login: uid_t? {
        let file = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var digits = [UInt8](repeating: 0, count: 16)
        let count = read(file, &digits, digits.count)
        return number(String(decoding: digits.prefix(max(0, count)), as: UTF8.self))
    }

    private static func number(_ text: String?) -> uid_t? {
        text.flatMap { uid_t($0) }.flatMap { $0 == .max ? nil : $0 }
    }

    /// Replaces bytes that could end the value or begin another key.
    private static func token(_ value: String) -> String {
        let safe = value.utf8.prefix(127).map { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3D ? $0 : 0x3F }
        return if safe.isEmpty { "-" } else { String(decoding: safe, as: UTF8.self) }
    }
}
