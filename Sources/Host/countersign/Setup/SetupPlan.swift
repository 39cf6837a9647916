internal import CommandSupport
internal import Encoding

/// What setup is going to change on this host, and what that means for each user.
struct SetupPlan {
    /// What becomes of one user.
    struct Fate {
        let user: String
        let before: String
        let after: String
        let isAsked: Bool
    }

    private(set) var changes: [FileChange] = []
    /// Services that ask afterwards because of the changes.
    private(set) var services: [String] = []
    /// Services that stay as they are, and why.
    private(set) var unchanged: [(service: String, why: String)] = []
    private(set) var fates: [Fate] = []
    /// What becomes of users with a password at the services other than sshd.
    private(set) var local: [(user: String, after: String)] = []
    private(set) var notes: [String] = []
    /// How sshd tells first factors apart, if it is changed.
    private(set) var ssh: SSHEdit?

    static let usual = ["sshd", "sudo"]
    /// Services that are set up together, as one program uses both.
    private static let siblings = ["sudo": "sudo-i", "su": "su-l"]

    /// Plans the changes; nothing is written but in `scratch`.
    ///
    /// - Parameters:
    ///   - wanted: services that are to ask.
    ///   - asksKeys: whether accounts that log in by a key are asked as well.
    ///   - left: users whose keys stay enough.
    ///   - accounts: what the accounts say of users.
    ///   - scratch: where planned files are put.
    /// - Throws: `CommandError` with file and line if something is not understood.
    init(
        _ wanted: [String], asksKeys: Bool, leaving left: [String], accounts: SetupAccounts, scratch: SetupScratch
    ) throws {
        for service in Self.ordered(wanted) {
            try plan(service, asksKeys: asksKeys, leaving: left, scratch: scratch)
        }
        if let ssh, ssh.change != nil { fates = ssh.logins.compactMap { Self.fate($0, accounts: accounts) } }
        notes += ssh?.notes ?? []
        try describeLocal(accounts)
        try checkSudoers()
        notes = notes.enumerated().filter { !notes.prefix($0.offset).contains($0.element) }.map(\.element)
    }

    /// The services with those that go with them: first those that the others may include.
    private static func ordered(_ wanted: [String]) -> [String] {
        var names: [String] = []
        for name in wanted.flatMap({ [$0] + (siblings[$0].map { [$0] } ?? []) }) where !names.contains(name) {
            names.append(name)
        }
        let isSecond = siblings.values.contains
        return names.filter { !isSecond($0) } + names.filter(isSecond)
    }

    private mutating func plan(_ service: String, asksKeys: Bool, leaving left: [String], scratch: SetupScratch) throws
    {
        guard service != AuthStack.fallback, !AuthStack.isPart(service) else {
            throw CommandError(
                "/etc/pam.d/\(service) is no service: others include it, or fall back on it",
                hint: "--service takes the services that are to ask, such as sshd, sudo, su, login")
        }
        guard let stack = AuthStack(of: service) else {
            if Self.siblings.values.contains(service) {
                notes.append("there is no /etc/pam.d/\(service): it goes by /etc/pam.d/other")
                return
            }
            throw CommandError("there is no PAM service \(service)", hint: "ls /etc/pam.d; --service names others")
        }
        notes += HostCheck.exemptions([stack]).map { "\($0): the users that it is for are not asked" }
        if stack.asks {
            try checkAsking(service)
            if let fault = StackJudgment(stack).text { throw CommandError(fault.message, hint: fault.hint) }
            unchanged.append((service, "asks already"))
            return
        }
        if let other = try includedStack(of: service) {
            try checkAsking(service)
            unchanged.append((service, "asks by way of \(other)"))
            return
        }
        var factor = StackEdit.FirstFactor.password
        if service == "sshd" {
            guard SSHSettings.isInstalled else {
                unchanged.append((service, "there is no sshd"))
                return
            }
            let edit = try SSHEdit(asksKeys: asksKeys, leaving: left, scratch: scratch)
            ssh = edit
            factor = edit.firstFactor
            guard let change = edit.change else {
                let hint = asksKeys ? "" : "; with --ask-keys those who log in by a key are asked"
                unchanged.append((service, "nobody logs in by a password\(hint)"))
                return
            }
            // sshd reads the drop-in at its next start or reload, and the stack at once.
            changes.append(change)
        }
        let edit = try StackEdit(service, after: factor, scratch: scratch)
        if edit.asksAfterWrongPassword {
            notes.append(
                "\(edit.change.path): the stack goes on after a wrong password, so a phone can ring for a guess")
        }
        changes.append(edit.change)
        services.append(service)
    }

    /// sshd's settings stay as they are where its stack asks already, so they have to be right.
    private mutating func checkAsking(_ service: String) throws {
        guard service == "sshd" else { return }
        try SSHCommandLine.check()
        let daemon = SSHDaemon.Reading()
        if let finding = daemon.findings.first {
            throw CommandError("/etc/pam.d/sshd asks already, but \(finding.message)", hint: finding.hint)
        }
        guard !daemon.methods.split(whereSeparator: { " ,".contains($0) }).contains("password") else {
            throw CommandError(
                "/etc/pam.d/sshd asks already, but AuthenticationMethods has `password`, which cannot ask",
                hint: "write keyboard-interactive:pam in place of it")
        }
        notes += daemon.exempt.map { "\($0): not asked there" }
    }

    /// The service among those that ask afterwards whose stack this one includes.
    private func includedStack(of service: String) throws -> String? {
        guard let text = try StackEdit.text(of: service) else { return nil }
        let included = EditedStack(text).records.filter(\.isAuth).compactMap(\.includes)
        return included.first { services.contains($0) }
    }

    private static func fate(_ login: SSHEdit.Login, accounts: SetupAccounts) -> Fate? {
        guard !login.before.isEmpty else { return nil }
        func text(_ ways: Set<SSHWay>) -> String {
            let all = SSHWay.allCases.filter(ways.contains).map { way in
                login.asked.contains(way) && ways == login.after ? "\(way.rawValue), then second factor" : way.rawValue
            }
            return all.joined(separator: " or ")
        }
        let before = SSHWay.allCases.filter(login.before.contains).map(\.rawValue).joined(separator: " or ")
        let isAsked = !login.asked.isEmpty
        let state = isAsked ? " (\(accounts.state(of: login.account.name)))" : ", as before"
        let lost = SSHWay.allCases.filter { login.before.contains($0) && !login.after.contains($0) }.map(\.rawValue)
        let noLonger = lost.isEmpty ? "" : "; the \(lost.joined(separator: " or the ")) alone no longer"
        return Fate(
            user: login.account.name, before: before, after: text(login.after) + state + noLonger, isAsked: isAsked)
    }

    /// Says what becomes of which user at sudo, su, login and others.
    private mutating func describeLocal(_ accounts: SetupAccounts) throws {
        let asking = services.filter { $0 != "sshd" }
        guard !asking.isEmpty else { return }
        local = try LoginAccount.all().filter(\.hasPassword).map { account in
            (account.name, "password, then second factor (\(accounts.state(of: account.name)))")
        }
        let sources = UserSources.remote
        if !sources.isEmpty {
            notes.append(
                "users of \(sources.joined(separator: ", ")) are not listed here, and are asked at "
                    + asking.joined(separator: ", "))
        }
        for service in asking where ["su", "su-l"].contains(service) && accounts.asksTarget(at: service) {
            notes.append(
                "\(service) asks for the factor of the target user, such as root: factor_of = \"caller\" in "
                    + "[login.service.\(service)] asks for that of the caller")
        }
    }

    /// Adds what sudoers(5) says on who is asked.
    private mutating func checkSudoers() throws {
        let all = services + unchanged.map(\.service)
        guard all.contains(where: { $0.hasPrefix("sudo") }), let sudoers = Sudoers() else { return }
        for (name, line) in sudoers.services where !services.contains(name) && AuthStack(of: name)?.asks != true {
            throw CommandError(
                "/etc/sudoers: `\(line)`: sudo goes by /etc/pam.d/\(name), which would ask for no second factor",
                hint: "take that line away: visudo; or add --service \(name)")
        }
        notes += (sudoers.unasked + sudoers.exempt).map { "/etc/sudoers: \($0): asked for nothing there" }
        notes += sudoers.doubts.map { "/etc/sudoers: \($0.line): \($0.why)" }
    }

    /// What the plan means, in plain words.
    var lines: [String] {
        var lines = ["Asked for a second factor from now on: \(services.joined(separator: ", "))"]
        lines += unchanged.map { "\($0.service): stays as it is, \($0.why)" }
        if !fates.isEmpty {
            lines.append("Logins by ssh:")
            lines += Table.lines(["USER", "NOW", "AFTERWARDS"], rows: fates.map { [$0.user, $0.before, $0.after] })
                .map { "  \($0)" }
            lines.append("  everybody else, and accounts that are made later: \(ssh?.others ?? "")")
        }
        if !local.isEmpty {
            let names = services.filter { $0 != "sshd" }.joined(separator: ", ")
            lines.append("Logins by \(names), of users with a password:")
            lines += Table.lines(["USER", "AFTERWARDS"], rows: local.map { [$0.user, $0.after] }).map { "  \($0)" }
        }
        return lines + notes.map { "Note: \($0)" }
    }

    func json(diffs: [String]) -> JSONValue {
        .object([
            "services": .array(services.map { .string($0) }),
            "unchanged": .array(
                unchanged.map { .object(["service": .string($0.service), "reason": .string($0.why)]) }),
            "users": .array(
                fates.map {
                    .object([
                        "user": .string($0.user), "now": .string($0.before), "afterwards": .string($0.after),
                        "asked": .bool($0.isAsked),
                    ])
                }),
            "local_users": .array(
                local.map { .object(["user": .string($0.user), "afterwards": .string($0.after)]) }),
            "notes": .array(notes.map { .string($0) }),
            "changes": .array(
                zip(changes, diffs).map { .object(["file": .string($0.path), "diff": .string($1)]) }),
        ])
    }
}
