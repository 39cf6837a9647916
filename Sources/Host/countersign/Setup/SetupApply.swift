internal import CommandSupport
internal import Glibc

/// Makes the changes of a journal.
enum SetupApply {
    /// Makes the changes; the journal is on disk, and the way back armed.
    ///
    /// - Throws: `CommandError` if a file is not as planned, or a check fails: everything is put back then, or the
    ///   error names what is not.
    static func apply(_ journal: SetupJournal, plan: SetupPlan) throws {
        // A terminal that goes away must not leave half of the changes.
        for number in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE] { signal(number, SIG_IGN) }
        var live: [FileChange] = []
        do {
            // A disk that is full shows before the first file is replaced.
            for change in journal.changes {
                guard try SystemFile.text(change.path) == change.before else {
                    throw CommandError("\(change.path) was changed meanwhile", hint: "run countersign setup again")
                }
                try SystemFile.prepare(change.path, text: change.after)
            }
            for change in journal.changes {
                live.append(change)
                try SystemFile.commit(change.path)
            }
            try verify(plan)
            if let note = try SSHReload.reload(after: journal.changes) { Output.warning(note) }
            try journal.noteApplied()
        } catch {
            let failure = CommandError(error)
            do { try SetupUndo.undo(journal, changes: live, occasion: .failure) } catch {
                let rest = CommandError(error)
                throw CommandError("\(failure.message); \(rest.message)", hint: rest.hint)
            }
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
}
