internal import CSyscalls
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import Identifiers

/// Keeps a setup, if a new login has shown that the second factor works.
enum SetupKeep {
    /// Ends the way back.
    ///
    /// - Throws: `CommandError` if this is not a new login, or nobody has proved a factor in it.
    static func keep(_ journal: SetupJournal, output: OutputOption) throws {
        guard journal.isApplied else {
            throw CommandError("that setup was interrupted", hint: "countersign setup --undo, then countersign setup")
        }
        if journal.isKept { return try report("kept already", journal, output: output) }
        let ancestry = LoginAncestry()
        guard let login = ancestry.login, isNew(login, since: journal) else {
            throw CommandError(
                "this is not a login that began after the setup", hint: newLogin(journal), code: .refused)
        }
        let uid = CallerIdentity.loginUser ?? CallerIdentity.sudoCaller ?? getuid()
        let service: String? = journal.isOverSSH && journal.services.contains("sshd") ? "sshd" : nil
        guard try hasProved(uid, service: service, since: journal) else {
            let name = SystemUser.numbered(uid, gid: 0).name
            // sshd asks PAM nothing for root's key.
            let advice =
                uid == 0
                ? "root by a key is asked for nothing at ssh: log in as a user who is asked, and use sudo"
                : "a login that was excused, as by grace, proves nothing: enroll \(name) first"
            throw CommandError(
                "no login of \(name)\(service.map { " to \($0)" } ?? "") since the setup has proved a second factor",
                hint: "\(newLogin(journal))\n\(advice)",
                code: .refused)
        }
        try journal.noteKept()
        SetupRollback.disarm()
        SetupRollback.log("kept by \(SystemUser.numbered(uid, gid: 0).name)", journal)
        let services = journal.services.joined(separator: ", ")
        try report("kept: \(services) ask for a second factor", journal, output: output)
    }

    private static func report(_ sentence: String, _ journal: SetupJournal, output: OutputOption) throws {
        try Output.said(sentence, besidesData: output.json)
        guard output.json else { return }
        try Output.json(["kept": true, "services": .array(journal.services.map { .string($0) })])
    }

    private static func newLogin(_ journal: SetupJournal) -> String {
        let way =
            journal.services.contains("sshd")
            ? "by ssh, with -o ControlPath=none" : "by \(journal.services.first ?? "sudo")"
        return "log in anew (\(way)), give the second factor, and run there: countersign setup --keep"
    }

    private static func isNew(_ login: LoginAncestry.Ancestor, since journal: SetupJournal) -> Bool {
        SetupJournal.bootID != journal.boot || login.started > journal.uptime
    }

    /// Reads the history as the user who keeps the accounts.
    private static func hasProved(_ uid: UInt32, service: String?, since journal: SetupJournal) throws -> Bool {
        guard
            let output = try OwnProcess.command.output([
                "history", SystemUser.numbered(uid, gid: 0).name, "--outcome", "approved", "--limit", "100", "--json",
            ]
            ),
            let json = JSONValue(output, limits: .init(depth: 8, members: 64, values: 10_000, areNumbersFinite: true)),
            case .array(let rows) = json
        else { throw CommandError("the history cannot be read", hint: "countersign history") }
        return rows.contains { row in
            guard case .number(let number)? = row["uid"], number.integer == Int64(uid), let time = row["time"]?.text,
                let name = row["service"]?.text, row["outcome"]?.text == Outcome.approved.rawValue
            else { return false }
            // Both are RFC 3339 in UTC, whose order is that of the times.
            return time >= Timestamp.utc(journal.began) && journal.services.contains(name)
                && (service.map { $0 == name } ?? true)
        }
    }
}
