internal import AuthyService
internal import CSyscalls
internal import Glibc
internal import Logging
internal import Records
internal import ServerSettings
internal import Settings
internal import Vault

/// Why a command could not do what it was asked for, and what to do about it.
struct Trouble: Error {
    let message: String
    let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    init(_ error: any Error) {
        switch error {
        case let error as Trouble: self = error
        case let error as AdministrationError: self.init(error.message, hint: error.hint)
        case let error as MasterKeyError: self.init("\(error.file): \(error.message)", hint: error.hint)
        case let error as SettingsError: self.init(error.description, hint: "countersignd.toml(5) explains every key")
        case VaultError.wrongMasterKey:
            self.init("the master key does not fit this database", hint: "put back the key file that belongs to it")
        default: self.init("\(error)")
        }
    }
}

/// What every command works on: the settings, the store and the key to it.
struct Desk {
    let settings: ServerSettings
    let store: SQLiteRecordStore
    let vault: Vault
    /// Held as long as this process lives.
    private let claim: Claim

    var database: String { Self.database(settings) }
    static func database(_ settings: ServerSettings) -> String { settings.state + "/countersignd.db" }

    static func settings(_ file: String?, state: String?) throws -> ServerSettings {
        let trust = Trust(owner: geteuid(), group: getegid())
        var settings = try ServerSettings.load(file, trust: trust)
        if let state {
            guard state.hasPrefix("/") else { throw Trouble("--state takes an absolute path") }
            if settings.masterKey == .file(settings.state + "/master.key") { settings.masterKey = .file(state + "/master.key") }
            settings.state = state
        }
        return settings
    }

    /// Opens what is there, and makes what a first start needs.
    static func open(_ file: String?, state: String?) async throws -> Desk {
        let settings = try settings(file, state: state)
        try Keeper.becomeOwner(of: settings.state)
        let claim = try Claim(settings.state, forOneself: false)
        let store = try SQLiteRecordStore(path: database(settings), create: true)
        return Desk(settings: settings, store: store, vault: try await vault(settings, store), claim: claim)
    }

    /// The key to the sealed values. A database that has one never gets another by accident.
    private static func vault(_ settings: ServerSettings, _ store: SQLiteRecordStore) async throws -> Vault {
        if let wrapped = try await store.read({ try $0.value(dataKey) }) {
            return try opened(wrapped, settings)
        }
        let master = try masterKey(settings, create: true)
        let (_, wrapped) = try Vault.create(masterKey: master)
        let kept = try await store.write { records -> [UInt8] in
            if let kept = try records.value(dataKey) { return kept }
            try records.setValue(dataKey, to: wrapped)
            return wrapped
        }
        return try Vault(masterKey: master, wrappedDataKey: kept)
    }

    static let dataKey = "data_key"

    /// A `key rotate` that died after its commit has left the key that fits beside the file: it is put in place.
    private static func opened(_ wrapped: [UInt8], _ settings: ServerSettings) throws -> Vault {
        do {
            return try Vault(masterKey: try masterKey(settings), wrappedDataKey: wrapped)
        } catch VaultError.wrongMasterKey {
            let file = try masterKeyFile(settings)
            guard let fresh = try? MasterKey.read(file: file + ".new"), let vault = try? Vault(masterKey: fresh, wrappedDataKey: wrapped),
                rename(file + ".new", file) == 0
            else { throw VaultError.wrongMasterKey }
            return vault
        }
    }

    static func masterKeyFile(_ settings: ServerSettings) throws -> String {
        switch settings.masterKey {
        case .file(let path): return path
        case .credential(let name):
            guard let folder = getenv("CREDENTIALS_DIRECTORY").map({ String(cString: $0) }) else {
                throw Trouble(
                    "there is no $CREDENTIALS_DIRECTORY", hint: "systemd sets it: run this in the unit, or name a file with master_key")
            }
            return folder + "/" + name
        }
    }

    private static func masterKey(_ settings: ServerSettings, create: Bool = false) throws -> MasterKey {
        let file = try masterKeyFile(settings)
        if create, case .file = settings.masterKey, access(file, F_OK) != 0, errno == ENOENT { return try MasterKey.create(file: file) }
        return try MasterKey.read(file: file)
    }

    func service(outbox: any Outbox = NoOutbox(), log: Logger = JSONLog.logger(level: .critical), hub: Hub = Hub { 0 }) -> AuthyService {
        AuthyService(store: store, vault: vault, settings: settings, hub: hub, outbox: outbox, log: log, now: { Int64(time(nil)) })
    }
}

/// A command sends nothing.
struct NoOutbox: Outbox {
    func canSend(_: OneCode.Kind) -> Bool { false }
    func send(_: OneCode) async -> Bool { false }
    func mayPush(to _: String) -> Bool { false }
    func notify(_: Notification) {}
    func tell() {}
}

/// A lock on the state folder: the server and the commands share it; `restore` has it for itself.
final class Claim: Sendable {
    private let descriptor: Int32

    init(_ folder: String, forOneself: Bool) throws {
        let file = folder + "/countersignd.lock"
        descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Trouble("\(file) cannot be opened: \(String(cString: strerror(errno)))") }
        if flock(descriptor, (forOneself ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 { return }
        let (why, error) = (String(cString: strerror(errno)), errno)
        close(descriptor)
        guard error == EWOULDBLOCK else { throw Trouble("\(file) cannot be locked: \(why)") }
        throw forOneself
            ? Trouble("a server or another command uses this database", hint: "stop it first: systemctl stop countersignd")
            : Trouble("a backup is just being put in place of this database", hint: "try again when restore is done")
    }

    deinit { close(descriptor) }
}

enum Keeper {
    /// Makes the folder where it is missing, and becomes its owner where root runs this: root must not follow paths in a folder of another.
    static func becomeOwner(of folder: String) throws {
        umask(0o077)
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw Trouble("\(folder) cannot be made: \(String(cString: strerror(errno)))") }
        var found = stat()
        guard lstat(folder, &found) == 0, found.st_mode & S_IFMT == S_IFDIR else { throw Trouble("\(folder) is no folder") }
        guard found.st_mode & 0o077 == 0 else { throw Trouble("\(folder) is open to others", hint: "chmod 700 \(folder)") }
        if geteuid() == 0, found.st_uid != 0 {
            guard setgroups(0, nil) == 0, setgid(found.st_gid) == 0, setuid(found.st_uid) == 0 else {
                throw Trouble("cannot become the owner of \(folder): \(String(cString: strerror(errno)))")
            }
        } else if found.st_uid != geteuid() {
            throw Trouble("\(folder) belongs to somebody else", hint: "run this as root, or as its owner")
        }
        guard system_harden() == 0 else { throw Trouble("this process cannot be kept to itself: \(String(cString: strerror(errno)))") }
    }
}
