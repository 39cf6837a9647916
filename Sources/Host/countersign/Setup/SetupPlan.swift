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
        for service in wanted.reduce(into: [String](), Self.addWithSibling) {
            try plan(service, asksKeys: asksKeys, leaving: left, scratch: scratch)
        }
        if let ssh, ssh.change != nil { fates = ssh.logins.compactMap { Self.fate($0, accounts: accounts) } }
        notes += services.contains("sshd") ? ssh?.notes ?? [] : []
        if services.contains(where: { $0.hasPrefix("sudo") }) { notes += Self.sudoNotes }
    }

    private static func addWithSibling(_ services: inout [String], _ service: String) {
        for name in [service] + (siblings[service].map { [$0] } ?? []) where !services.contains(name) {
            services.append(name)
        }
    }

    private mutating func plan(_ service: String, asksKeys: Bool, leaving left: [String], scratch: SetupScratch) throws
    {
        guard let stack = AuthStack(of: service) else {
            if Self.siblings.values.contains(service) {
                notes.append("there is no /etc/pam.d/\(service): it goes by /etc/pam.d/other")
                return
            }
            throw CommandError("there is no PAM service \(service)", hint: "ls /etc/pam.d; --service names others")
        }
        if stack.asks {
            if let fault = StackJudgment(stack).text { throw CommandError(fault.message, hint: fault.hint) }
            unchanged.append((service, "asks already"))
            return
        }
        if let other = try includedStack(of: service) {
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

    /// The service among those that ask afterwards whose stack this one includes.
    private func includedStack(of service: String) throws -> String? {
        guard let text = try SystemFile.text("/etc/pam.d/\(service)") else { return nil }
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

    private static var sudoNotes: [String] {
        guard let sudoers = Sudoers() else { return [] }
        return (sudoers.unasked + sudoers.exempt).map { "/etc/sudoers: \($0): asked for nothing there" }
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
            "notes": .array(notes.map { .string($0) }),
            "changes": .array(
                zip(changes, diffs).map { .object(["file": .string($0.path), "diff": .string($1)]) }),
        ])
    }
}
