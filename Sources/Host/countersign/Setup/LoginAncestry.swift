internal import CommandSupport
internal import Glibc

/// The processes above this one, up to the login that it is part of.
struct LoginAncestry {
    struct Ancestor {
        let name: String
        /// When it was started, in milliseconds since the start of the system.
        let started: Int64
    }

    /// From the parent upwards.
    let ancestors: [Ancestor]

    init() {
        var found: [Ancestor] = []
        var pid = getppid()
        while pid > 1, found.count < 256, let text = FileText.read("/proc/\(pid)/stat", most: 4096) {
            // The name is in parentheses, and may contain any.
            guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")") else { break }
            let fields = text[text.index(after: close)...].split(separator: " ")
            guard fields.count > 19, let parent = Int32(fields[1]), let ticks = Int64(fields[19]) else { break }
            let name = String(text[text.index(after: open)..<close])
            found.append(Ancestor(name: name, started: ticks * 1_000 / Int64(max(1, sysconf(CInt(_SC_CLK_TCK))))))
            pid = parent
        }
        ancestors = found
    }

    /// The process of sshd that serves this login, or nil.
    var sshd: Ancestor? { ancestors.first { $0.name.hasPrefix("sshd") } }
    /// The program that let in the person who runs this: sshd, else the outermost of login, su and sudo.
    var login: Ancestor? { sshd ?? ancestors.last { ["login", "su", "sudo"].contains($0.name) } }

    /// Whether this runs in a login by ssh, or may do so: doubt counts as ssh where somebody is at a terminal.
    ///
    /// tmux, screen and mosh leave no sshd above their shells, and sudo drops SSH_CONNECTION. Only a shell below
    /// `login` is certainly at the console.
    var mayBeOverSSH: Bool {
        if getenv("SSH_CONNECTION") != nil || sshd != nil || Self.isSessionRemote { return true }
        return Self.hasTerminal && !ancestors.contains { $0.name == "login" }
    }

    private static var hasTerminal: Bool {
        if (STDIN_FILENO...STDERR_FILENO).contains(where: { isatty($0) == 1 }) { return true }
        let terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard terminal >= 0 else { return false }
        close(terminal)
        return true
    }

    /// Whether logind has the session of this process as one from elsewhere.
    private static var isSessionRemote: Bool {
        let audit = FileText.read("/proc/self/sessionid", most: 64) ?? ""
        let groups = FileText.read("/proc/self/cgroup", most: 4096) ?? ""
        let scopes = groups.split { "/\n".contains($0) }.filter { $0.hasPrefix("session-") && $0.hasSuffix(".scope") }
        return ([audit.filter(\.isNumber)] + scopes.map { String($0.dropFirst(8).dropLast(6)) }).contains { id in
            let session = FileText.read("/run/systemd/sessions/\(id)", most: 65_536) ?? ""
            return session.split(separator: "\n").contains("REMOTE=1")
        }
    }
}
