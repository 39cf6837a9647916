internal import AuthyService
internal import Glibc
internal import Logging
internal import Records
internal import ServerSettings
internal import SettingsFile
internal import Vault

/// Why a command could not do what it was asked for, and what to do about it.
struct Trouble: Error {
    let message: String
    let hint: String?
    /// Whether only another text in the settings mends it.
    let isOfSettings: Bool

    init(_ message: String, hint: String? = nil, isOfSettings: Bool = false) {
        self.message = message
        self.hint = hint
        self.isOfSettings = isOfSettings
    }

    init(_ error: any Error) {
        switch error {
        case let error as Trouble: self = error
        case let error as AdministrationError: self.init(error.message, hint: error.hint)
        case let error as MasterKeyError: self.init("\(error.file): \(error.message)", hint: error.hint)
        case let error as SettingsError:
            self.init(error.description, hint: "countersignd.toml(5) explains every key", isOfSettings: true)
        case VaultError.wrongMasterKey:
            self.init("the master key does not fit this database", hint: "put back the key file that belongs to it")
        case RecordStoreError.missing(let path):
            self.init(
                "\(path) is missing",
                hint:
                    "mount the volume that it is on, or countersignd restore BACKUP; only before a first start: countersignd init"
            )
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
            if settings.masterKey == .file(settings.state + "/master.key") {
                settings.masterKey = .file(state + "/master.key")
            }
            settings.state = state
        }
        return settings
    }

    /// Opens what is there.
    /// - Throws: `RecordStoreError.missing` where there is no database: only `init` makes one.
    static func open(_ file: String?, state: String?) async throws -> Desk {
        let settings = try settings(file, state: state)
        try Keeper.become(ownerOf: settings.state)
        // Before the lock: a folder without a database gets no file.
        guard try hasDatabase(settings) else { throw RecordStoreError.missing(database(settings)) }
        let claim = try Claim(using: settings.state)
        let store = try SQLiteRecordStore(path: database(settings), create: false)
        guard let wrapped = try await store.read({ try $0.value(dataKey) }) else {
            throw Trouble(
                "\(database(settings)) has no key yet: its init was ended too early", hint: "countersignd init")
        }
        return Desk(settings: settings, store: store, vault: try vault(of: wrapped, settings), claim: claim)
    }

    /// Makes the database and the master key where they are not there yet.
    /// - Parameter useKey: whether a master key that is there without a database is taken for the new one.
    /// - Returns: `isNew` is false where nothing was changed.
    /// - Throws: `Trouble` where a database seems to be lost: a new one would know nobody.
    static func make(_ file: String?, state: String?, useKey: Bool) async throws -> (desk: Desk, isNew: Bool) {
        let settings = try settings(file, state: state)
        try Keeper.become(ownerOf: settings.state)
        if try !hasDatabase(settings), !useKey { try requireNothingLeft(settings) }
        let claim = try Claim(using: settings.state)
        let store = try SQLiteRecordStore(path: database(settings), create: true)
        if let wrapped = try await store.read({ try $0.value(dataKey) }) {
            return (
                Desk(settings: settings, store: store, vault: try vault(of: wrapped, settings), claim: claim), false
            )
        }
        // The file comes first and its key last: where this ends in between, the next init goes on.
        let master = try masterKey(settings, create: true)
        let (vault, wrapped) = try Vault.create(masterKey: master)
        try await store.write { try $0.setValue(dataKey, to: wrapped) }
        return (Desk(settings: settings, store: store, vault: vault, claim: claim), true)
    }

    static func hasDatabase(_ settings: ServerSettings) throws -> Bool {
        let path = database(settings)
        if access(path, F_OK) == 0 { return true }
        guard errno == ENOENT else { throw Trouble("\(path) cannot be looked at: \(String(cString: strerror(errno)))") }
        return false
    }

    /// A master key without a database, or what a restore put aside, shows that there was one.
    private static func requireNothingLeft(_ settings: ServerSettings) throws {
        if case .file(let key) = settings.masterKey, access(key, F_OK) == 0 {
            throw Trouble(
                "\(database(settings)) is missing, but its master key is there: \(key)",
                hint:
                    "mount the volume that it is on, or countersignd restore BACKUP; if no database belongs to that key: --use-key"
            )
        }
        let names = Folder.names(settings.state).filter { $0.hasPrefix("countersignd.db.before") }.sorted()
        guard let last = names.last else { return }
        throw Trouble(
            "\(database(settings)) is missing, but one that was put aside is there: \(last)",
            hint: "countersignd restore \(settings.state)/\(last)")
    }

    static let dataKey = "data_key"

    /// A `key rotate` that died after its commit has left the key that fits beside the file: it is put in place.
    static func vault(of wrapped: [UInt8], _ settings: ServerSettings) throws -> Vault {
        do {
            return try Vault(masterKey: try masterKey(settings), wrappedDataKey: wrapped)
        } catch VaultError.wrongMasterKey {
            let file = try masterKeyFile(settings)
            guard let fresh = try? MasterKey.read(file: file + ".new"),
                let vault = try? Vault(masterKey: fresh, wrappedDataKey: wrapped),
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
                    "there is no $CREDENTIALS_DIRECTORY",
                    hint: "systemd sets it: run this in the unit, or name a file with master_key")
            }
            return folder + "/" + name
        }
    }

    private static func masterKey(_ settings: ServerSettings, create: Bool = false) throws -> MasterKey {
        let file = try masterKeyFile(settings)
        if create, case .file = settings.masterKey, access(file, F_OK) != 0, errno == ENOENT {
            return try MasterKey.create(file: file)
        }
        return try MasterKey.read(file: file)
    }

    /// - Parameter limitClock: nil for a command, which counts nothing towards a limit.
    func service(
        outbox: any Outbox = NoOutbox(), log: Logger = JSONLog.logger(level: .critical), hub: Hub = Hub { 0 },
        limitClock: LimitClock? = nil
    ) -> AuthyService {
        AuthyService(
            store: store, vault: vault, settings: settings, hub: hub, outbox: outbox, log: log, limitClock: limitClock,
            now: { Int64(time(nil)) })
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
