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

    /// Whether this runs in a login by ssh, as far as can be seen.
    var isOverSSH: Bool { getenv("SSH_CONNECTION") != nil || sshd != nil }
}
