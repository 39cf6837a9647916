internal import Accounts
internal import AuthyWire
internal import CSyscalls
internal import Glibc
internal import Settings

/// What would keep logins from working, though the settings are right.
struct Finding {
    let message: String
    let hint: String
    /// Whether nobody can log in because of it.
    let stopsLogins: Bool

    init(_ message: String, _ hint: String, stopsLogins: Bool = false) {
        self.message = message
        self.hint = hint
        self.stopsLogins = stopsLogins
    }

    func tell() {
        if stopsLogins { Output.error(message) } else { Output.warning(message) }
        Output.hint(hint)
    }

    var json: JSONValue { .object(["message": .string(message), "hint": .string(hint)]) }

    private static func fatal(_ message: String, _ hint: String) -> Finding { Finding(message, hint, stopsLogins: true) }

    /// Whom root's logins hand their work to.
    static func users() throws -> [Finding] {
        try [SystemUser.login, SystemUser.net].compactMap { name in
            guard let user = try SystemUser.named(name) else {
                return fatal("the system user \(name) is missing: no login is let in", "create it with: \(Keeper.useradd(name))")
            }
            guard user.uid == 0 || user.gid == 0 else { return nil }
            return fatal("the system user \(name) is root, or in root's group: no login is let in", "give it a uid and a gid of its own")
        }
    }

    /// - Parameters:
    ///   - keeper: nil where the one whom it should belong to is missing.
    ///   - file: the path of the settings.
    static func state(_ settings: Settings, beside file: String, _ keeper: Keeper?) -> [Finding] {
        let path = settings.state
        var found = stat()
        guard lstat(path, &found) == 0 else {
            let why = errno == ENOENT ? "is missing" : "cannot be seen: \(systemReason())"
            let marker = try? AccountsMarker.load(beside: file, trust: keeper?.trust ?? Trust(owner: 0, group: 0))
            let wasMade = marker?.id(of: path) != nil
            let hint =
                wasMade
                ? "it had accounts: mount what it lies on, or restore a backup"
                : "make it with: \(StateFolder.command(path))"
            return [fatal("the state directory \(path) \(why)", hint)]
        }
        guard found.st_mode & S_IFMT == S_IFDIR else {
            return [fatal("the state directory \(path) is none", "name another `state` in the settings, or move what is there away")]
        }
        let owner = keeper.map(owner) ?? found.st_uid
        var findings: [Finding] = []
        if found.st_uid != owner {
            findings.append(fatal("\(path) belongs to uid \(found.st_uid), not \(owner)", "change that with: chown -R \(owner) \(path)"))
        }
        if found.st_mode & 0o077 != 0 {
            let mode = String(found.st_mode & 0o7777, radix: 8)
            let hint = "change that with: chmod 0700 \(path)"
            // The accounts are not opened in a folder that others may write.
            findings.append(Finding("others may enter \(path): its mode is 0\(mode)", hint, stopsLogins: found.st_mode & 0o022 != 0))
        }
        return keeper == nil || findings.contains { $0.stopsLogins } ? findings : findings + accounts(settings, beside: file, keeper)
    }

    private static func accounts(_ settings: Settings, beside file: String, _ keeper: Keeper?) -> [Finding] {
        let path = Desk.path(settings)
        let again = file == Path.settings.text ? "" : " --config \(file)"
        do {
            let marker = try AccountsMarker.load(beside: file, trust: keeper?.trust ?? Trust(owner: 0, group: 0))
            guard let id = marker.id(of: settings.state) else {
                let isThere = access(path, F_OK) == 0
                let lacks = isThere ? "\(marker.path) does not name the accounts in \(settings.state)" : "there are no accounts yet"
                return [fatal("\(lacks): no login is let in", "countersign init\(again)")]
            }
            return damage(try Accounts(path: path, id: id).damage(), path)
        } catch {
            let trouble = Trouble(error)
            return [fatal(trouble.message, trouble.hint ?? "countersign(8) has a section on this")]
        }
    }

    /// Those whose accounts are damaged are not let in; all others are.
    private static func damage(_ damage: Accounts.Damage, _ path: String) -> [Finding] {
        let names = damage.altered.prefix(5).joined(separator: ", ") + (damage.altered.count > 5 ? ", ..." : "")
        let altered = damage.altered.isEmpty ? nil : "\(Sentence.count(damage.altered.count, "account")) not as written: \(names)"
        let lost = damage.lost == 0 ? nil : "\(Sentence.count(damage.lost, "account")) lost"
        let what = [altered, lost].compactMap { $0 }
        guard !what.isEmpty else { return [] }
        return [
            Finding(
                "\(path): \(what.joined(separator: "; ")). Their users are not let in",
                "restore a backup, or take the file as it is with: countersign init --adopt")
        ]
    }

    private static func owner(_ keeper: Keeper) -> UInt32 {
        if case .appointed(let user) = keeper { user.uid } else { geteuid() }
    }

    static func server(_ server: Settings.Server?, _ trust: Trust) -> [Finding] {
        guard let server else { return [] }
        var findings: [Finding] = []
        do throws(SettingsError) { _ = try server.key(trust: trust) } catch {
            findings.append(Finding(Keeper.named(error.description), "without the key every login of a user with an AuthyID is denied"))
        }
        do throws(SettingsError) { try server.checkSocket(trust: trust) } catch {
            findings.append(Finding(Keeper.named(error.description), "until then every login of a user with an AuthyID is denied"))
        }
        if let file = server.caFile, access(file, R_OK) != 0 {
            findings.append(Finding("ca_file: \(file): \(systemReason())", "everybody must be able to read it, as it is no secret"))
        }
        return findings
    }

    /// - Parameter owner: who starts them.
    static func helpers(_ folder: String, ownedBy owner: UInt32, withServer: Bool) -> [Finding] {
        let names = ["countersign-login"] + (withServer ? ["countersign-net"] : [])
        return names.compactMap { name in
            guard let fault = fault("\(folder)/\(name)", owner) else { return nil }
            return fatal("\(folder)/\(name): \(fault)", "install Countersign anew, or say where the helpers are with --helpers")
        }
    }

    /// Why the module would not start it, or nil.
    private static func fault(_ path: String, _ owner: UInt32) -> String? {
        var part = 0
        let descriptor = system_open_trusted(path, system_trust(owner: owner, group: 0, public_file: 1), 0, &part)
        guard descriptor >= 0 else { return reason(descriptor) }
        defer { close(descriptor) }
        var found = stat()
        guard fstat(descriptor, &found) == 0, found.st_mode & 0o111 == 0o111 else { return "not executable" }
        return nil
    }

    /// Why `system_open_trusted` opened no program.
    static func reason(_ result: CInt) -> String {
        switch result {
        case -ENOENT: "missing"
        case -ELOOP: "a symlink is in its path"
        case SYSTEM_UNSAFE_FILE, SYSTEM_UNSAFE_FOLDER: "not root's, or others may write it or a directory above it"
        default: systemReason(-result)
        }
    }
}
