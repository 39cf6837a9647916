internal import CommandSupport
internal import Glibc

/// The change that makes sshd ask by PAM, and the ways in which each user gets in before and after it.
struct SSHEdit {
    /// How one user logs in by ssh.
    struct Login {
        let account: LoginAccount
        let before: Set<SSHWay>
        /// Ways afterwards; those that are asked for a second factor are `asked`.
        let after: Set<SSHWay>
        let asked: Set<SSHWay>
        let settings: SSHSettings
    }

    /// Nil if nobody would be asked, and nothing is changed.
    let change: FileChange?
    let firstFactor: StackEdit.FirstFactor
    let logins: [Login]
    /// What may concern users that are not listed.
    let notes: [String]
    /// What becomes of users that are not listed, and of accounts that are made later.
    let others: String

    static let folder = "/etc/ssh/sshd_config.d"
    /// Sorts before other files, as the first value counts.
    static let path = "\(folder)/00-countersign.conf"

    init(asksKeys: Bool, leaving named: [String], scratch: SetupScratch) throws {
        let survey = try SSHSurvey()
        firstFactor = asksKeys ? .key : .password
        let plan = try SSHPlan(survey, asksKeys: asksKeys, leaving: named)
        others = plan.others
        notes = survey.notes + plan.notes
        guard let text = plan.text else {
            change = nil
            logins = survey.accounts.map {
                Login(account: $0.account, before: $0.ways, after: $0.ways, asked: [], settings: $0.settings)
            }
            return
        }
        let whole = "Include \(try scratch.write(text, as: "drop-in"))\nInclude \(SSHSurvey.file)\n"
        let planned = try scratch.write(whole, as: "sshd_config")
        logins = try survey.accounts.map { found in
            let settings = try SSHSettings(of: found.account.name, in: planned)
            return try Self.login(found, settings: settings, asksKeys: asksKeys)
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        change = FileChange(path: Self.path, before: nil, after: text, hunks: [.init(old: [], new: lines)])
    }

    /// Ways after the change; the stack asks for a password, or takes the key in its place.
    private static func login(_ found: SSHSurvey.Found, settings: SSHSettings, asksKeys: Bool) throws -> Login {
        let isForced = !settings.takesAnyMethod && settings.alwaysAsksPAM
        var after = settings.ways(of: found.account)
        if asksKeys, isForced {
            // The stack wants no password any more, and refuses who has shown no key.
            let root = found.account.uid == 0 ? settings["permitrootlogin"] : "yes"
            after = found.ways.contains(.key) && root == "yes" ? [.key] : []
        }
        let asked = isForced ? after : []
        let login = Login(
            account: found.account, before: found.ways, after: after, asked: asked, settings: settings)
        if !found.ways.isEmpty, after.isEmpty {
            throw SystemFile.notUnderstood(
                SSHSurvey.file,
                "\(found.account.name) could not log in by ssh any more, as a `Match` block, or "
                    + "PermitRootLogin, keeps PAM from asking: sshd -T -C user=\(found.account.name)")
        }
        guard isForced || after.isSubset(of: [.key]) else {
            throw SystemFile.notUnderstood(
                SSHSurvey.file,
                "a `Match` block keeps a way open for \(found.account.name) by which the stack cannot ask for a second "
                    + "factor (AuthenticationMethods \(settings["authenticationmethods"]), PasswordAuthentication "
                    + "\(settings["passwordauthentication"])): sshd -T -C user=\(found.account.name)")
        }
        let new = after.subtracting(found.ways)
        guard new.isEmpty || new == [.keyAndPassword] else {
            throw SystemFile.notUnderstood(
                SSHSurvey.file,
                "\(found.account.name) could log in by \(new.map(\.rawValue).sorted().joined(separator: ", ")), "
                    + "which sshd does not allow today")
        }
        return login
    }
}

/// The text of the drop-in.
private struct SSHPlan {
    /// Most users of a `Match` line.
    private static let most = 500
    private static let head = "# Written by `countersign setup`; `countersign setup --undo` takes it away.\n"

    /// Nil if nobody would be asked.
    let text: String?
    let others: String
    let notes: [String]

    init(_ survey: SSHSurvey, asksKeys: Bool, leaving named: [String]) throws {
        if asksKeys, let source = survey.sources.first {
            throw CommandError(
                "--ask-keys: users of \(source) are not listed here, and those without a key could not log in any more",
                hint: "without --ask-keys they are asked after the password")
        }
        let able = survey.accounts.filter { !$0.ways.isEmpty }
        for name in named where !able.contains(where: { $0.account.name == name && $0.ways.contains(.key) }) {
            throw CommandError("\(name) does not log in by a key", hint: "--leave is for accounts that do")
        }
        let kept = able.filter { found in
            guard found.settings.takesAnyMethod, found.ways.contains(.key) else { return false }
            if named.contains(found.account.name) { return true }
            let isRootByKey = found.account.uid == 0 && found.settings["permitrootlogin"] != "yes"
            return asksKeys ? isRootByKey : !found.ways.contains(.password)
        }.map(\.account.name)
        let asked = able.filter { found in
            let isKept = kept.contains(found.account.name)
            let way = asksKeys ? SSHWay.key : .password
            return !isKept && (found.ways.contains(way) || found.ways.contains(.keyAndPassword))
        }.map(\.account.name)
        let without = able.filter { found in
            asksKeys && found.settings.takesAnyMethod && !found.ways.contains(.key)
        }.map(\.account.name)
        guard without.isEmpty else {
            throw CommandError(
                "\(without.joined(separator: ", ")) log in by a password only, and could not any more",
                hint: "without --ask-keys they are asked after the password; or give them keys first")
        }
        let unknown = able.filter { found in
            found.account.password == .unknown && found.ways.isSuperset(of: [.key, .password])
                && !kept.contains(found.account.name)
        }.map(\.account.name)
        notes = Self.notes(unknown, asksKeys: asksKeys)
        let unseen = able.filter { asksKeys && $0.account.isHomeHidden && $0.ways.contains(.password) }
        guard unseen.isEmpty else {
            throw CommandError(
                "whether \(unseen.map(\.account.name).joined(separator: ", ")) has a key cannot be seen: the home "
                    + "directory is not there, or encrypted",
                hint: "mount it, or leave out --ask-keys")
        }
        let isGeneral = survey.general.takesPassword || asksKeys
        let first = asksKeys ? "key" : "password"
        others = isGeneral ? "\(first), then second factor" : "as sshd's other settings say"
        guard !asked.isEmpty || (isGeneral && !survey.sources.isEmpty) else {
            text = nil
            return
        }
        let methods = asksKeys ? "publickey,keyboard-interactive:pam" : "keyboard-interactive:pam"
        var lines = ["KbdInteractiveAuthentication yes", "PasswordAuthentication no"]
        if survey.general.takesAnyMethod { lines.append("AuthenticationMethods \(methods)") }
        let grace = Int(survey.general["logingracetime"]) ?? 120
        let time = grace > 0 && grace < 120 ? ["LoginGraceTime 120"] : []
        let exceptions = try Self.block(kept, lines: ["AuthenticationMethods publickey"])
        let all = isGeneral ? lines + time + exceptions : time + exceptions + (try Self.block(asked, lines: lines))
        text = Self.head + (all + ["Match all"]).map { $0 + "\n" }.joined()
    }

    private static func notes(_ unknown: [String], asksKeys: Bool) -> [String] {
        guard !asksKeys, !unknown.isEmpty else { return [] }
        return [
            "\(unknown.joined(separator: ", ")): has a key, and no password here, but perhaps one elsewhere: asked for "
                + "password and second factor; --leave USER keeps a key enough"
        ]
    }

    private static func block(_ names: [String], lines: [String]) throws -> [String] {
        guard !names.isEmpty else { return [] }
        for name in names where !name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }) {
            throw SystemFile.notUnderstood(SSHSurvey.file, "a `Match` line cannot name the user \(name)")
        }
        guard names.count <= most else {
            throw SystemFile.notUnderstood(SSHSurvey.file, "\(names.count) users would need a `Match` line")
        }
        return ["Match User \(names.joined(separator: ","))"] + lines.map { "    \($0)" }
    }
}
