internal import CommandSupport
internal import Glibc

/// Makes sshd read its settings.
enum SSHReload {
    /// Does so if the changes are of them; returns what is left to do by hand where no sshd was found.
    ///
    /// - Throws: `CommandError` if the settings have a fault, or an sshd runs that could not be told.
    static func reload(after changes: [FileChange]) throws -> String? {
        guard changes.contains(where: { $0.path.hasPrefix("/etc/ssh/") }) else { return nil }
        guard let checked = SystemProgram.output("/usr/sbin/sshd", arguments: ["-t"], milliseconds: 10_000),
            checked.code == 0
        else { throw CommandError("sshd -t finds a fault, so sshd was not told to read its settings") }
        guard SetupRollback.hasSystemd else { return try reloadProcess() }
        for unit in ["ssh.service", "sshd.service"] {
            let isTold: Bool
            switch state(of: unit) {
            case "active", "reloading": isTold = systemctl("reload", unit)
            // It may have read the old settings, and cannot be told before it is up. Nobody waits for that.
            case "activating": isTold = systemctl("--no-block", "restart", unit)
            // One that starts later reads what is there then.
            default: continue
            }
            guard isTold else {
                throw CommandError("sshd was not told to read its settings: see journalctl -u \(unit)")
            }
            return nil
        }
        // By a socket unit a login starts an sshd, which reads the settings.
        if ["ssh.socket", "sshd.socket"].contains(where: { state(of: $0) == "active" }) { return nil }
        return try reloadProcess()
    }

    private static func reloadProcess() throws -> String? {
        let text = FileText.read("/run/sshd.pid", most: 64) ?? ""
        guard let pid = Int32(text.filter(\.isNumber)), pid > 1,
            FileText.read("/proc/\(pid)/comm", most: 64) == "sshd\n"
        else { return "no sshd was found running: where one runs, tell it to read its settings" }
        guard kill(pid, SIGHUP) == 0 else {
            throw CommandError("sshd (\(pid)) was not told to read its settings: \(systemReason())")
        }
        return nil
    }

    private static func state(of unit: String) -> String {
        let said = SystemProgram.output("/usr/bin/systemctl", arguments: ["is-active", unit], milliseconds: 30_000)
        return (said?.text ?? "").filter(\.isLetter)
    }

    static func systemctl(_ arguments: String...) -> Bool {
        SystemProgram.output("/usr/bin/systemctl", arguments: arguments, milliseconds: 30_000)?.code == 0
    }
}
