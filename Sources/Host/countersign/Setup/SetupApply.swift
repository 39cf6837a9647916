internal import CommandSupport
internal import Glibc

/// Makes the changes of a journal, and takes them back.
enum SetupApply {
    /// Makes the changes; the journal is on disk, and the way back armed.
    ///
    /// - Throws: `CommandError` if a file is not as planned, or a check fails: everything is put back then.
    static func apply(_ journal: SetupJournal, plan: SetupPlan) throws {
        // A terminal that goes away must not leave half of the changes.
        for number in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE] { signal(number, SIG_IGN) }
        do {
            // A disk that is full shows before the first file is replaced.
            for change in journal.changes {
                guard try SystemFile.text(change.path) == change.before else {
                    throw CommandError("\(change.path) was changed meanwhile", hint: "run countersign setup again")
                }
                try SystemFile.prepare(change.path, text: change.after)
            }
            for change in journal.changes { try SystemFile.commit(change.path) }
            try verify(plan)
            if let note = reload(journal) { Output.warning(note) }
            try journal.noteApplied()
        } catch {
            let failure = CommandError(error)
            try undo(journal)
            throw CommandError(
                failure.message, hint: (failure.hint.map { "\($0)\n" } ?? "") + "everything was put back")
        }
    }

    /// Asks libpam's walk and sshd about the files that are live now.
    private static func verify(_ plan: SetupPlan) throws {
        for service in plan.services {
            guard let stack = AuthStack(of: service), stack.asks else {
                throw CommandError("/etc/pam.d/\(service) does not ask")
            }
            if let fault = StackJudgment(stack).text { throw CommandError(fault.message, hint: fault.hint) }
        }
        for login in plan.ssh?.change == nil ? [] : plan.ssh?.logins ?? [] {
            let settings = try SSHSettings(of: login.account.name)
            let keywords = ["authenticationmethods", "kbdinteractiveauthentication", "passwordauthentication"]
            guard keywords.allSatisfy({ settings[$0] == login.settings[$0] }), settings.usesServiceSSHD else {
                throw CommandError("sshd reads other settings for \(login.account.name) than those planned")
            }
        }
    }

    /// Puts everything back that can be: files that others have changed elsewhere lose only our lines.
    ///
    /// - Parameters:
    ///   - journal: what was changed.
    ///   - force: whether the other files are put back if one of them cannot be.
    /// - Throws: `CommandError` that names the lines where others have changed what setup wrote.
    static func undo(_ journal: SetupJournal, force: Bool = false) throws {
        let steps = try journal.changes.reversed().map { ($0, $0.undo(now: try SystemFile.text($0.path))) }
        let conflicts = steps.compactMap { change, undo -> String? in
            guard case .conflict(let lines) = undo else { return nil }
            return "\(change.path):\(lines.first ?? "")"
        }
        if !force, !conflicts.isEmpty { throw conflict(conflicts) }
        for (change, undo) in steps {
            SystemFile.removeDraft(of: change.path)
            switch undo {
            case .nothing, .conflict: break
            case .remove: try SystemFile.remove(change.path)
            case .write(let text): try SystemFile.replace(change.path, with: text)
            }
        }
        if let note = reload(journal) { Output.warning(note) }
        guard conflicts.isEmpty else { throw conflict(conflicts) }
        // The way back stays armed until there is nothing left to put back.
        try journal.noteUndone()
        SetupRollback.disarm()
    }

    private static func conflict(_ places: [String]) -> CommandError {
        CommandError(
            "others have changed what setup wrote: \(places.joined(separator: "; "))",
            hint: "take these lines out by hand, or put back what setup wrote; then: countersign setup --undo")
    }

    /// Makes sshd read its settings if they changed; returns what is left to do by hand.
    private static func reload(_ journal: SetupJournal) -> String? {
        guard journal.changes.contains(where: { $0.path.hasPrefix("/etc/ssh/") }) else { return nil }
        guard let checked = SystemProgram.output("/usr/sbin/sshd", arguments: ["-t"], milliseconds: 10_000),
            checked.code == 0
        else { return "sshd -t finds a fault, so sshd was not told to read its settings" }
        if SetupRollback.hasSystemd {
            for unit in ["ssh.service", "sshd.service"] where systemctl("is-active", "--quiet", unit) {
                return systemctl("reload", unit) ? nil : "systemctl reload \(unit) failed; see journalctl -u \(unit)"
            }
            // By a socket unit each login starts an sshd, which reads the settings.
            return nil
        }
        let text = FileText.read("/run/sshd.pid", most: 64) ?? ""
        guard let pid = Int32(text.filter(\.isNumber)), pid > 1,
            FileText.read("/proc/\(pid)/comm", most: 64) == "sshd\n", kill(pid, SIGHUP) == 0
        else { return "no sshd was found running: where one runs, tell it to read its settings" }
        return nil
    }

    static func systemctl(_ arguments: String...) -> Bool {
        SystemProgram.output("/usr/bin/systemctl", arguments: arguments, milliseconds: 30_000)?.code == 0
    }
}
