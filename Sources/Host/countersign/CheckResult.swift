internal import Accounts
internal import AuthyWire
internal import CSyscalls
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import HostSettings
internal import SettingsFile

/// What is wrong on this host although the settings are valid.
struct CheckResult {
    /// Consequence of a finding.
    enum Effect {
        /// Probably a mistake.
        case advice
        /// Some logins, or all, are not asked for a second factor.
        case asksNotAll, asksNobody
        /// Texts of texts.toml are not used.
        case showsEnglish
        /// Logins that should succeed are refused.
        case stopsLogins
    }

    let message: String
    let hint: String
    let effect: Effect

    var isProblem: Bool { effect != .advice }

    init(_ message: String, _ hint: String, effect: Effect = .advice) {
        self.message = message
        self.hint = hint
        self.effect = effect
    }

    func show() {
        if isProblem { Output.error(message) } else { Output.warning(message) }
        Output.hint(hint)
    }

    var json: JSONValue { .object(["message": .string(message), "hint": .string(hint)]) }

    private static func fatal(_ message: String, hint: String) -> CheckResult {
        CheckResult(message, hint, effect: .stopsLogins)
    }

    /// The system users that root's logins hand their work to.
    static func users() throws -> [CheckResult] {
        try [SystemUser.login, SystemUser.net].compactMap { name in
            guard let user = try SystemUser.named(name) else {
                return fatal(
                    "the system user \(name) is missing: no login is let in",
                    hint: "create it with: \(ServiceUser.useradd(name))")
            }
            guard user.uid == 0 || user.gid == 0 else { return nil }
            return fatal(
                "the system user \(name) is root, or in root's group: no login is let in",
                hint: "give it a uid and a gid of its own")
        }
    }

    /// The state directory, and the accounts in it.
    ///
    /// `file` is the path of the settings. `serviceUser` is nil if the system user who should own the directory is
    /// missing.
    static func state(_ settings: Settings, beside file: String, serviceUser: ServiceUser?) -> [CheckResult] {
        let path = settings.state
        var found = stat()
        guard lstat(path, &found) == 0 else {
            let why = if errno == ENOENT { "is missing" } else { "cannot be seen: \(systemReason())" }
            let marker = try? AccountsMarker.load(beside: file, trust: serviceUser?.trust ?? Trust(owner: 0, group: 0))
            let wasMade = marker?.id(of: path) != nil
            let hint =
                if wasMade {
                    "it had accounts: mount what it lies on, or restore a backup"
                } else {
                    "make it with: \(StateFolder.command(path))"
                }
            return [fatal("the state directory \(path) \(why)", hint: hint)]
        }
        guard found.st_mode & S_IFMT == S_IFDIR else {
            return [
                fatal(
                    "the state directory \(path) is none",
                    hint: "name another `state` in the settings, or move what is there away")
            ]
        }
        let owner = serviceUser.map(owner) ?? found.st_uid
        var findings: [CheckResult] = []
        if found.st_uid != owner {
            findings.append(
                fatal(
                    "\(path) belongs to uid \(found.st_uid), not \(owner)",
                    hint: "change that with: chown -R \(owner) \(path)"))
        }
        if found.st_mode & 0o077 != 0 {
            let mode = String(found.st_mode & 0o7777, radix: 8)
            let hint = "change that with: chmod 0700 \(path)"
            // The accounts are not opened in a directory that others can write.
            let effect: Effect = if found.st_mode & 0o022 != 0 { .stopsLogins } else { .advice }
            findings.append(CheckResult("others may enter \(path): its mode is 0\(mode)", hint, effect: effect))
        }
        guard serviceUser != nil, !findings.contains(where: { $0.isProblem }) else { return findings }
        return findings + accounts(settings, beside: file, serviceUser: serviceUser)
    }

    private static func accounts(_ settings: Settings, beside file: String, serviceUser: ServiceUser?)
        -> [CheckResult]
    {
        let path = CommandContext.path(settings)
        let again = if file == Path.settings.text { "" } else { " --config \(file)" }
        do {
            let marker = try AccountsMarker.load(beside: file, trust: serviceUser?.trust ?? Trust(owner: 0, group: 0))
            guard let id = marker.id(of: settings.state) else {
                let isThere = access(path, F_OK) == 0
                let lacks =
                    if isThere {
                        "\(marker.path) does not name the accounts in \(settings.state)"
                    } else {
                        "there are no accounts yet"
                    }
                return [fatal("\(lacks): no login is let in", hint: "countersign init\(again)")]
            }
            return damage(try Accounts(path: path, id: id).damage(), path: path)
        } catch {
            let failure = CommandError(error)
            return [fatal(failure.message, hint: failure.hint ?? "countersign(8) has a section on this")]
        }
    }

    /// Users with damaged accounts are not let in; all others are.
    private static func damage(_ damage: Accounts.Damage, path: String) -> [CheckResult] {
        let rest = if damage.altered.count > 5 { ", ..." } else { "" }
        let names = damage.altered.prefix(5).joined(separator: ", ") + rest
        var what: [String] = []
        if !damage.altered.isEmpty {
            what.append("\(damage.altered.count.counted("account")) not as written: \(names)")
        }
        if damage.lost != 0 { what.append("\(damage.lost.counted("account")) lost") }
        guard !what.isEmpty else { return [] }
        return [
            CheckResult(
                "\(path): \(what.joined(separator: "; ")). Their users are not let in",
                "restore a backup, or take the file as it is with: countersign init --adopt")
        ]
    }

    private static func owner(_ serviceUser: ServiceUser) -> UInt32 {
        if case .appointed(let user) = serviceUser { user.uid } else { geteuid() }
    }

    static func server(_ server: Settings.Server?, trust: Trust) -> [CheckResult] {
        guard let server else { return [] }
        var findings: [CheckResult] = []
        do throws(SettingsError) { _ = try server.key(trust: trust) } catch {
            findings.append(
                fatal(
                    ServiceUser.named(error.description),
                    hint: "without the key every login of a user with an AuthyID is denied"))
        }
        do throws(SettingsError) {
            try server.checkSocket(trust: trust)
            if case .unixSocket(let path) = server.endpoint, access(path, F_OK) != 0 {
                let hint = "start the server, or name the socket that it listens on"
                findings.append(CheckResult("server.url: \(path): there is no socket", hint))
            }
        } catch {
            findings.append(
                fatal(
                    ServiceUser.named(error.description),
                    hint: "until then every login of a user with an AuthyID is denied"))
        }
        if let file = server.caFile, let fault = CertificateFile.fault(file, isShared: ServiceUser.isRoots) {
            findings.append(fatal("ca_file: \(file): \(fault.message)", hint: fault.hint))
        }
        return findings
    }

    /// Checks that the helpers start; root calls this before it becomes another user.
    ///
    /// - Parameters:
    ///   - folder: directory of the helpers.
    ///   - owner: uid of the user who starts them.
    /// - Returns: findings by the name of the helper; empty if all of them start.
    static func helpers(_ folder: String, ownedBy owner: UInt32) -> [String: CheckResult] {
        let names = [("countersign-login", SystemUser.login), ("countersign-net", SystemUser.net)]
        let findings = names.compactMap { name, user -> (String, CheckResult)? in
            let appointed: SystemUser? = if ServiceUser.isRoots { try? SystemUser.named(user) } else { nil }
            // A missing user is reported elsewhere.
            if ServiceUser.isRoots, appointed.map({ $0.uid == 0 || $0.gid == 0 }) ?? true { return nil }
            let program = HelperProgram(path: "\(folder)/\(name)", owner: owner, user: appointed)
            return program.fault.map { (name, fatal($0.message, hint: $0.hint)) }
        }
        return Dictionary(findings) { first, _ in first }
    }
}
