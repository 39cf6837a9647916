internal import CommandSupport
internal import Glibc

/// Writes a line to the system log for each change that a command makes, in the form that `countersign` uses.
///
/// A line says who made the change, and contains no secret.
enum Audit {
    private static let log = AuditLog(program: "countersignd")

    /// The user who runs the command.
    ///
    /// It is the caller of sudo if root's environment names one, else the login user, else this process's user.
    private static let by: String = {
        let behindRoot: uid_t? =
            if getuid() == 0 { CallerIdentity.sudoCaller ?? CallerIdentity.loginUser } else { nil }
        return SystemUser.numbered(behindRoot ?? getuid(), gid: 0).name
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
        log.write([("action", action)] + keys.map { ($0.key, $0.value) } + [("by", by)])
    }
}
