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
        notes = survey.notes
        firstFactor = asksKeys ? .key : .password
        let plan = try SSHPlan(survey, asksKeys: asksKeys, leaving: named)
        others = plan.others
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

/// What sshd's settings and the users of this host are now.
struct SSHSurvey {
    struct Found {
        let account: LoginAccount
        let ways: Set<SSHWay>
        let settings: SSHSettings
    }

    static let file = "/etc/ssh/sshd_config"
    /// Settings that decide who gets in how.
    private static let deciding: Set<String> = [
        "authenticationmethods", "passwordauthentication", "kbdinteractiveauthentication", "pubkeyauthentication",
        "permitrootlogin", "authorizedkeysfile", "authorizedkeyscommand", "trustedusercakeys",
        "gssapiauthentication", "hostbasedauthentication",
    ]

    let general: SSHSettings
    /// Users who can log in by ssh, or have a password.
    let accounts: [Found]
    let notes: [String]

    init() throws {
        general = try SSHSettings(of: nil)
        try Self.checkFiles()
        try Self.checkBlocks()
        try Self.check(general)
        let general = general
        let keysMoveBetweenUsers = SSHMatchBlock.file().blocks.contains { $0.values["authorizedkeysfile"] != nil }
        accounts = try LoginAccount.all().compactMap { account in
            let hasTraces = account.hasPassword || account.hasKey(in: general["authorizedkeysfile"])
            guard hasTraces || keysMoveBetweenUsers else { return nil }
            let settings = try SSHSettings(of: account.name)
            return Found(account: account, ways: settings.ways(of: account), settings: settings)
        }
        notes = Self.notes(general)
    }

    /// The drop-in counts only if sshd reads its directory before anything else.
    private static func checkFiles() throws {
        guard let text = try SystemFile.text(file) else {
            throw SystemFile.notUnderstood(file, "there is no such file")
        }
        let first = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().first { _, line in
            line.first { $0 != " " && $0 != "\t" }.map { $0 != "#" } ?? false
        }
        let words = first?.element.split { " \t\"".contains($0) } ?? []
        guard first != nil, words.count == 2, words[0].lowercased() == "include", words[1] == "\(SSHEdit.folder)/*.conf"
        else {
            throw SystemFile.notUnderstood(
                "\(file):\((first?.offset ?? 0) + 1)",
                "its first line is not `Include \(SSHEdit.folder)/*.conf`, so a "
                    + "file there would not count before all others")
        }
        for name in Folder.names(SSHEdit.folder) where name.contains("countersign") && name.hasSuffix(".conf") {
            throw SystemFile.notUnderstood("\(SSHEdit.folder)/\(name)", "sshd was set up already, by hand")
        }
    }

    /// Blocks for users and groups are asked about for each user; who comes by an address or a port is not known.
    private static func checkBlocks() throws {
        for block in SSHMatchBlock.file().blocks {
            let names = block.criteria.map { $0.split(separator: "=").first.map { $0.lowercased() } ?? "" }
            let isByPlace = !Set(names).isDisjoint(
                with: ["address", "host", "localaddress", "localport", "rdomain", "exec", "tagged"])
            let decided = deciding.intersection(block.values.keys).sorted()
            guard isByPlace, !decided.isEmpty else { continue }
            throw SystemFile.notUnderstood(
                block.place,
                "`\(block.text)` sets \(decided.joined(separator: ", ")) for some addresses; what holds "
                    + "there afterwards cannot be said")
        }
    }

    private static func check(_ general: SSHSettings) throws {
        guard general["usepam"] == "yes" else {
            throw SystemFile.notUnderstood(file, "UsePAM is not yes, so sshd asks PAM nothing")
        }
        guard ["", "sshd"].contains(general["pamservicename"]) else {
            throw SystemFile.notUnderstood(file, "PAMServiceName is \(general["pamservicename"]), not sshd")
        }
        for keyword in ["authorizedkeyscommand", "trustedusercakeys"] where !["", "none"].contains(general[keyword]) {
            throw SystemFile.notUnderstood(
                file, "\(keyword) is \(general[keyword]), so the files do not say who logs in by a key")
        }
        guard general.takesAnyMethod || general.alwaysAsksPAM else {
            throw SystemFile.notUnderstood(
                file,
                "AuthenticationMethods is \(general["authenticationmethods"]) already, without keyboard-interactive")
        }
    }

    private static func notes(_ general: SSHSettings) -> [String] {
        let others = [("gssapiauthentication", "Kerberos (GSSAPI)"), ("hostbasedauthentication", "their host's key")]
        var notes = others.filter { general[$0.0] == "yes" }.map {
            "users who log in by \($0.1) alone are asked for password and second factor instead"
        }
        let sources = (FileText.read("/etc/nsswitch.conf", most: 65_536) ?? "").split(separator: "\n").first {
            $0.hasPrefix("passwd:")
        }
        let remote = (sources ?? "").split { " \t:".contains($0) }.dropFirst().filter {
            !["files", "compat", "systemd", "altfiles"].contains($0) && !$0.hasPrefix("[")
        }
        if !remote.isEmpty {
            notes.append(
                "users of \(remote.joined(separator: ", ")) are not listed here: those who log in by a key alone are "
                    + "asked for password and second factor instead")
        }
        return notes
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

    init(_ survey: SSHSurvey, asksKeys: Bool, leaving named: [String]) throws {
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
        let isGeneral = survey.general.takesPassword || asksKeys
        let first = asksKeys ? "key" : "password"
        others = isGeneral ? "\(first), then second factor" : "as sshd's other settings say"
        guard !asked.isEmpty else {
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
