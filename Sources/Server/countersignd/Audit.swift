internal import Glibc

/// One line in the system log for each change that a command made at the server, with who made it and nothing secret in it; in the form of
/// `countersign`.
enum Audit {
    /// Who runs the command: who called sudo, as far as root's environment says; else who logged in (`/proc/self/loginuid`); else this user.
    private static let by: String = {
        let uid = (getuid() == 0 ? number(getenv("SUDO_UID").map { String(cString: $0) }) ?? login : nil) ?? getuid()
        return Account.numbered(uid, gid: 0).name
    }()

    /// What somebody does in a folder of their own is nobody's news.
    private static let isOfThisHost = geteuid() == 0 || Keeper.current.name == Keeper.login

    /// To be called before the process becomes another user's.
    static func begin() { _ = (by, isOfThisHost) }

    /// - Parameter action: such as `user_confirm`.
    static func tell(_ action: String, _ keys: KeyValuePairs<String, String> = [:]) {
        guard isOfThisHost else { return }
        let all = [("action", action)] + keys.map { ($0.key, $0.value) } + [("by", by)]
        let text = all.map { "\($0)=\(token($1))" }.joined(separator: " ")
        openlog("countersignd", 0, LOG_AUTHPRIV)
        text.withCString { start in
            withVaList([start]) { vsyslog(LOG_AUTHPRIV | LOG_NOTICE, "%s", $0) }
        }
        closelog()
    }

    /// Nil where nobody did, as in a unit: the kernel then says 4294967295.
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

    /// Nothing in a value can end it or begin another.
    private static func token(_ value: String) -> String {
        let safe = value.utf8.prefix(127).map { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3D ? $0 : 0x3F }
        return safe.isEmpty ? "-" : String(decoding: safe, as: UTF8.self)
    }
}
