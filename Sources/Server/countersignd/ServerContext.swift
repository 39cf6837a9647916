internal import AuthyService
internal import CommandSupport
internal import Glibc
internal import Logging
internal import Records
internal import ServerSettings
internal import SettingsFile
internal import Vault

/// The context of a command: the settings, the store and its key.
struct ServerContext {
    let settings: ServiceSettings
    let store: SQLiteRecordStore
    let vault: Vault
    /// The shared lock, held as long as the process lives.
    private let stateLock: StateLock

    var database: String { Self.database(settings) }
    static func database(_ settings: ServiceSettings) -> String { settings.state + "/countersignd.db" }

    static func settings(_ file: String?, state: String?) throws -> ServiceSettings {
        let trust = Trust(owner: geteuid(), group: getegid())
        var settings = try ServiceSettings.load(file, trust: trust)
        if let state {
            guard state.hasPrefix("/") else { throw CommandError("--state takes an absolute path") }
            if settings.masterKey == .file(settings.state + "/master.key") {
                settings.masterKey = .file(state + "/master.key")
            }
            settings.state = state
        }
        return settings
    }

    /// Opens the existing database.
    ///
    /// - Parameters:
    ///   - file: the settings file; nil for the usual one.
    ///   - state: the state directory, in place of the settings'; nil for the settings'.
    /// - Returns: the context, with the shared lock held.
    /// - Throws: `RecordStoreError.missing` if there is no database, since only `init` makes one; `CommandError` for
    ///   anything else.
    static func open(_ file: String?, state: String?) async throws -> ServerContext {
        let settings = try settings(file, state: state)
        try ServiceUser.become(ownerOf: settings.state)
        // Checked before the lock, so that a directory without a database gets no lock file.
        guard try hasDatabase(settings) else { throw RecordStoreError.missing(database(settings)) }
        let stateLock = try StateLock(using: settings.state)
        let store = try SQLiteRecordStore(path: database(settings), create: false)
        guard let wrapped = try await store.read({ try $0.value(dataKey) }) else {
            throw CommandError(
                "\(database(settings)) has no key yet: its init was ended too early", hint: "countersignd init")
        }
        return ServerContext(
            settings: settings, store: store, vault: try vault(of: wrapped, settings), stateLock: stateLock)
    }

    /// Makes the database and the master key, unless they exist.
    ///
    /// - Parameters:
    ///   - file: the settings file; nil for the usual one.
    ///   - state: the state directory, in place of the settings'; nil for the settings'.
    ///   - useKey: whether to use a master key that exists without a database.
    /// - Returns: the context; `isNew` is false if nothing was changed.
    /// - Throws: `CommandError` if a database seems to be lost, since a new one would contain no users.
    static func make(_ file: String?, state: String?, useKey: Bool) async throws -> (
        context: ServerContext, isNew: Bool
    ) {
        let settings = try settings(file, state: state)
        try ServiceUser.become(ownerOf: settings.state)
        if try !hasDatabase(settings), !useKey { try requireNothingLeft(settings) }
        let stateLock = try StateLock(using: settings.state)
        let store = try SQLiteRecordStore(path: database(settings), create: true)
        if let wrapped = try await store.read({ try $0.value(dataKey) }) {
            return (
                ServerContext(
                    settings: settings, store: store, vault: try vault(of: wrapped, settings), stateLock: stateLock),
                false
            )
        }
        // The file is made first and its key is stored last: after an interruption in between, the next init continues.
        let master = try masterKey(settings, create: true)
        let (vault, wrapped) = try Vault.create(masterKey: master)
        try await store.write { try $0.setValue(dataKey, to: wrapped) }
        return (ServerContext(settings: settings, store: store, vault: vault, stateLock: stateLock), true)
    }

    static func hasDatabase(_ settings: ServiceSettings) throws -> Bool {
        let path = database(settings)
        if access(path, F_OK) == 0 { return true }
        guard errno == ENOENT else {
            throw CommandError("\(path) cannot be looked at: \(systemReason())")
        }
        return false
    }

    /// Throws if a master key without a database, or a database that a restore set aside, shows that one existed.
    private static func requireNothingLeft(_ settings: ServiceSettings) throws {
        if case .file(let key) = settings.masterKey, access(key, F_OK) == 0 {
            throw CommandError(
                "\(database(settings)) is missing, but its master key is there: \(key)",
                hint:
                    "mount the volume that it is on, or countersignd restore BACKUP; "
                    + "if no database belongs to that key: --use-key"
            )
        }
        let names = Folder.names(settings.state).filter { $0.hasPrefix("countersignd.db.before") }.sorted()
        guard let last = names.last else { return }
        throw CommandError(
            "\(database(settings)) is missing, but one that was put aside is there: \(last)",
            hint: "countersignd restore \(settings.state)/\(last)")
    }

    static let dataKey = "data_key"

    /// Opens the vault, and finishes a `key rotate` that died between its commit and its rename.
    static func vault(of wrapped: [UInt8], _ settings: ServiceSettings) throws -> Vault {
        do {
            return try Vault(masterKey: try masterKey(settings), wrappedDataKey: wrapped)
        } catch VaultError.wrongMasterKey {
            let file = try masterKeyFile(settings)
            guard let newKey = try? MasterKey.read(file: file + ".new"),
                let vault = try? Vault(masterKey: newKey, wrappedDataKey: wrapped),
                rename(file + ".new", file) == 0
            else { throw VaultError.wrongMasterKey }
            return vault
        }
    }

    static func masterKeyFile(_ settings: ServiceSettings) throws -> String {
        switch settings.masterKey {
        case .file(let path): return path
        case .credential(let name):
            guard let folder = getenv("CREDENTIALS_DIRECTORY").map({ String(cString: $0) }) else {
                throw CommandError(
                    "there is no $CREDENTIALS_DIRECTORY",
                    hint: "systemd sets it: run this in the unit, or name a file with master_key")
            }
            return folder + "/" + name
        }
    }

    private static func masterKey(_ settings: ServiceSettings, create: Bool = false) throws -> MasterKey {
        let file = try masterKeyFile(settings)
        if create, case .file = settings.masterKey, access(file, F_OK) != 0, errno == ENOENT {
            return try MasterKey.create(file: file)
        }
        return try MasterKey.read(file: file)
    }

    /// Creates the service for this context.
    ///
    /// - Parameters:
    ///   - outbox: delivers messages; by default it delivers none.
    ///   - log: where events go.
    ///   - waiters: the waiting reads.
    ///   - limitClock: the clock of the rate limits; nil for a command, which counts nothing towards a limit.
    /// - Returns: a service that uses the system's time.
    func service(
        outbox: any Outbox = NoOutbox(), log: Logger = JSONLog.logger(level: .critical),
        waiters: WaiterRegistry = WaiterRegistry { 0 },
        limitClock: LimitClock? = nil
    ) -> APIService {
        APIService(
            store: store, vault: vault, settings: settings, waiters: waiters, outbox: outbox, log: log,
            limitClock: limitClock,
            now: { Int64(time(nil)) })
    }
}

/// The outbox of a command, which delivers nothing.
struct NoOutbox: Outbox {
    func canSend(_: OneCode.Kind) -> Bool { false }
    func send(_: OneCode) async -> Bool { false }
    func mayPush(to _: String) -> Bool { false }
    func notify(_: Notification) {}
    func deliverCallbacks() {}
}
