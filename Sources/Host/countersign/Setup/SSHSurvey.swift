internal import CommandSupport
internal import Glibc

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
        "gssapiauthentication", "hostbasedauthentication", "pamservicename",
    ]
    /// Settings by which other files than those of the users say who has a key.
    private static let keySources = ["authorizedkeyscommand", "trustedusercakeys"]

    let general: SSHSettings
    /// Users who can log in by ssh, or have a password.
    let accounts: [Found]
    let notes: [String]
    /// Sources of users that the system does not list.
    let sources: [String]

    init() throws {
        general = try SSHSettings(of: nil)
        sources = UserSources.remote
        try SSHCommandLine.check()
        try Self.checkFiles()
        let users = try LoginAccount.all()
        try Self.checkBlocks(sources: sources, listed: Set(users.map(\.name)))
        try Self.check(general)
        let general = general
        let keysMoveBetweenUsers = SSHMatchBlock.file().blocks.contains { $0.values["authorizedkeysfile"] != nil }
        let asksElsewhere = UserSources.asksElsewhere(AuthStack.used(by: "sshd"))
        accounts = try users.compactMap { account in
            let hasTraces = account.hasPassword || account.hasKey(in: general["authorizedkeysfile"])
            guard hasTraces || keysMoveBetweenUsers else { return nil }
            let settings = try SSHSettings(of: account.name)
            guard settings.usesServiceSSHD else {
                throw SystemFile.notUnderstood(
                    Self.file, "PAMServiceName is \(settings["pamservicename"]) for \(account.name), not sshd")
            }
            var account = account
            if asksElsewhere, !account.hasPassword, account.hasKey(in: settings["authorizedkeysfile"]) {
                account.password = .unknown
            }
            return Found(account: account, ways: settings.ways(of: account), settings: settings)
        }
        notes = Self.notes(general, sources: sources)
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
        let ours = SSHEdit.path.split(separator: "/").last ?? ""
        for name in Folder.names(SSHEdit.folder).sorted() where name.hasSuffix(".conf") && name < ours {
            throw SystemFile.notUnderstood(
                "\(SSHEdit.folder)/\(name)", "sshd reads it before \(ours), and takes its values first: rename it")
        }
    }

    /// Blocks for users and groups are asked about for each user; who comes by an address or a port is not known.
    private static func checkBlocks(sources: [String], listed: Set<String>) throws {
        for block in SSHMatchBlock.file().blocks {
            for keyword in keySources + ["pamservicename"] {
                guard let value = block.values[keyword], !["", "none", "sshd"].contains(value) else { continue }
                throw SystemFile.notUnderstood(
                    block.place,
                    "`\(block.text)` sets \(keyword) \(value), so it cannot be said who gets in there, and how")
            }
            let decided = deciding.intersection(block.values.keys).sorted()
            if !block.isByPeople, !decided.isEmpty {
                throw SystemFile.notUnderstood(
                    block.place,
                    "`\(block.text)` sets \(decided.joined(separator: ", ")) for some addresses; what holds "
                        + "there afterwards cannot be said")
            }
            guard let source = sources.first, block.decidesOnPasswords, !block.isFor(listed) else { continue }
            throw SystemFile.notUnderstood(
                block.place,
                "`\(block.text)` decides on passwords, and users of \(source), who are not listed here, may be among "
                    + "those it is for")
        }
    }

    private static func check(_ general: SSHSettings) throws {
        guard general["usepam"] == "yes" else {
            throw SystemFile.notUnderstood(file, "UsePAM is not yes, so sshd asks PAM nothing")
        }
        guard general.usesServiceSSHD else {
            throw SystemFile.notUnderstood(file, "PAMServiceName is \(general["pamservicename"]), not sshd")
        }
        for keyword in keySources where !["", "none"].contains(general[keyword]) {
            throw SystemFile.notUnderstood(
                file, "\(keyword) is \(general[keyword]), so the files do not say who logs in by a key")
        }
        guard general.takesAnyMethod || general.alwaysAsksPAM else {
            throw SystemFile.notUnderstood(
                file,
                "AuthenticationMethods is \(general["authenticationmethods"]) already, and not all of it is "
                    + "keyboard-interactive without password")
        }
    }

    private static func notes(_ general: SSHSettings, sources: [String]) -> [String] {
        let others = [("gssapiauthentication", "Kerberos (GSSAPI)"), ("hostbasedauthentication", "their host's key")]
        var notes = others.filter { general[$0.0] == "yes" }.map {
            "users who log in by \($0.1) alone are asked for password and second factor instead"
        }
        guard !sources.isEmpty else { return notes }
        let users = "users of \(sources.joined(separator: ", ")) are not listed here"
        if general.takesPassword {
            notes.append("\(users): those who log in by a key alone are asked for password and second factor instead")
        } else {
            notes.append("\(users): sshd takes no password of them, and a key stays enough")
        }
        return notes
    }
}

extension SSHMatchBlock {
    /// Names of the criteria.
    private var names: [String] {
        var names: [String] = []
        var index = 0
        while index < criteria.count {
            let words = criteria[index].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = words[0].lowercased()
            names.append(name)
            let isAlone = words.count > 1 || ["all", "canonical", "final", "invalid-user"].contains(name)
            index += isAlone ? 1 : 2
        }
        return names
    }

    /// Whether it tells apart by who somebody is, and by nothing else.
    fileprivate var isByPeople: Bool {
        Set(names).isSubset(of: ["user", "group", "all", "canonical", "final", "invalid-user"])
    }

    /// Whether it turns passwords on or off, or lets in by the method that cannot ask.
    fileprivate var decidesOnPasswords: Bool {
        let methods = (values["authenticationmethods"] ?? "").split { " ,".contains($0) }
        return values["passwordauthentication"] != nil || values["kbdinteractiveauthentication"] != nil
            || methods.contains("password") || methods.contains("any")
    }

    /// Whether it names single users, and no others than these.
    fileprivate func isFor(_ users: Set<String>) -> Bool {
        guard criteria.count == 2, criteria[0].lowercased() == "user" else { return false }
        return criteria[1].split(separator: ",").allSatisfy { users.contains(String($0)) }
    }
}
