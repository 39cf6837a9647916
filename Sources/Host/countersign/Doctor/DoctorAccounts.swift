internal import Accounts
internal import CommandSupport
internal import Glibc
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import SettingsFile

/// Settings and accounts, as the user sees them who reads them in a login.
struct DoctorAccounts {
    /// Room below which a login may fail, in bytes, and below which there is a warning.
    private static let (leastRoom, littleRoom): (UInt64, UInt64) = (1 << 20, 64 << 20)
    /// Free inodes below which there is a warning.
    private static let fewInodes: UInt64 = 100

    private let path: String
    private let serviceUser: ServiceUser?
    private let trust: Trust
    /// The settings, if they are valid.
    let known: Settings?
    private let fault: CommandError?

    /// Reads the settings; call it when the process is that user.
    init(path: String, serviceUser: ServiceUser?, trust: Trust) {
        (self.path, self.serviceUser, self.trust) = (path, serviceUser, trust)
        do {
            let settings = try Settings.load(path, trust: trust)
            guard settings.server?.isPlain != true else {
                (known, fault) = (
                    nil, CommandError("\(path): server.url: http is not taken for logins", hint: "use https or unix:")
                )
                return
            }
            (known, fault) = (settings, nil)
        } catch { (known, fault) = (nil, CommandError(error)) }
    }

    func settings() -> [Diagnosis] {
        if let fault {
            return [.problem("settings", fault.message, hint: fault.hint ?? "countersign check --config \(path)")]
        }
        guard let known else { return [] }
        let texts = CheckResult.texts(TextsFile.load(beside: path, trust: trust), isShared: true)
        let found = (CheckResult.advice(known, now: Timestamp.now) + texts).map { Diagnosis.found("settings", $0) }
        return found.isEmpty ? [.ok("settings", "\(path) is valid")] : found
    }

    /// The directory of the accounts: who may enter it, whether it can be written, and how much room there is.
    func state(_ settings: Settings) -> [Diagnosis] {
        let found = CheckResult.state(settings, beside: path, serviceUser: serviceUser).map {
            Diagnosis.found("accounts", $0)
        }
        let room = room(settings.state)
        let all = found + room + CheckResult.server(settings.server, trust: trust).map { .found("server", $0) }
        return all.contains { $0.check == "accounts" || $0.check == "disk" }
            ? all : [.ok("accounts", "\(settings.state) can be used")] + all
    }

    private func room(_ state: String) -> [Diagnosis] {
        var disk = statvfs()
        guard statvfs(state, &disk) == 0 else { return [] }
        if disk.f_flag & UInt(ST_RDONLY) != 0 {
            return [
                .problem(
                    "disk", "\(state) is mounted read-only: no login is let in", hint: "mount -o remount,rw \(state)")
            ]
        }
        guard access(state, W_OK | X_OK) == 0 else {
            return [
                .problem(
                    "disk", "\(state) cannot be written: \(systemReason())",
                    hint: "the user is _countersign: countersign check")
            ]
        }
        let bytes = UInt64(disk.f_bavail) * UInt64(disk.f_frsize)
        let megabytes = bytes >> 20
        if bytes < Self.leastRoom {
            return [.problem("disk", "\(state): no room is left: no login is let in", hint: "df -h \(state)")]
        }
        if disk.f_files > 0, disk.f_favail < Self.fewInodes {
            let left = UInt64(disk.f_favail).description
            return [.problem("disk", "\(state): \(left) inodes are left", hint: "df -i \(state)")]
        }
        if bytes < Self.littleRoom {
            return [.warning("disk", "\(state): \(megabytes) MB are left", hint: "df -h \(state)")]
        }
        return []
    }

    /// The account of a person; nil if the accounts cannot be read, which is reported elsewhere.
    func account(of person: Person, settings: Settings) -> Account? {
        guard let marker = try? AccountsMarker.load(beside: path, trust: trust), let id = marker.id(of: settings.state),
            let accounts = try? Accounts(path: CommandContext.path(settings), id: id)
        else { return nil }
        return try? accounts.account(of: person)
    }

    /// Whether the module would ask the person, and for what.
    func person(_ person: Person, account: Account?, settings: Settings) -> [Diagnosis] {
        guard let account else {
            return [
                .problem(
                    "user", "the account of \(person.name) cannot be read: its logins are denied",
                    hint: "countersign show \(person.typed)")
            ]
        }
        let view = AccountView(person, account, settings, now: Timestamp.now)
        let name = person.name
        let enroll = "countersign softtoken \(name), or: countersign enroll \(name) --phone +CC..."
        if let pause = view.pause {
            return [
                .warning(
                    "user", "\(name) is not asked until \(Timestamp.local(pause.until)): paused",
                    hint: "countersign pause \(name) --end")
            ]
        }
        if view.isOptedOut {
            return [.warning("user", "\(name) has opted out and is not asked", hint: "countersign opt-in \(name)")]
        }
        if view.lacksFactor { return [.problem("user", "\(name) has no factor and is denied", hint: enroll)] }
        if account.state == .none {
            let left =
                view.isInGrace
                ? ", with \(view.graceLeft.counted("grace login")) left" : ", as enrolment.mode is optional"
            return [.warning("user", "\(name) has no factor and is let in without one\(left)", hint: enroll)]
        }
        if let until = view.lockedUntil {
            return [
                .problem(
                    "user", "\(name) may type no code until \(Timestamp.local(until)), after wrong ones",
                    hint: "countersign unlock \(name)")
            ]
        }
        return factors(name, account: account, settings: settings)
    }

    private func factors(_ name: String, account: Account, settings: Settings) -> [Diagnosis] {
        let hasServer = account.authyID != nil && settings.server != nil
        guard account.hasSoftToken || hasServer || account.recoveryLeft > 0 else {
            return [
                .problem(
                    "user", "\(name) has an AuthyID, and the settings have no [server]: no factor can be proven",
                    hint: "write [server] into the settings, or: countersign softtoken \(name)")
            ]
        }
        let kinds = [(hasServer, "the server"), (account.hasSoftToken, "a SoftToken")].filter { $0.0 }.map(\.1)
        let by = kinds.isEmpty ? "recovery codes only" : kinds.joined(separator: " and ")
        guard account.state == .confirmed else {
            return [
                .warning("user", "\(name) has \(by), which has never succeeded", hint: "countersign confirm \(name)")
            ]
        }
        return [.ok("user", "\(name) is asked and has \(by)")]
    }
}
