internal import ArgumentParser
internal import AuthyService
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import Records
internal import ServerSettings
internal import Vault

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a backup in place of the database. Stop the server first.",
        discussion: """
            The database that was there stays beside it as countersignd.db.before-TIME; earlier ones stay too. What \
            was removed or replaced since the backup is back: phones, API keys, callbacks, users, their phone numbers \
            and SoftTokens; each is named. Links, codes that are out and pending requests of the backup are void. A \
            backup that the master key does not fit is refused; after key rotate, --key names the key of its time, and \
            the backup is put under the present one.

            Examples:
              countersignd restore /root/countersignd-2026-01-31.db
              countersignd restore /root/countersignd-2026-01-31.db --key /var/lib/countersignd/master.key.old
            """)
    @OptionGroup var place: Place
    @OptionGroup var output: OutputOption
    @Option(help: ArgumentHelp("The master key of the time of the backup.", valueName: "file")) var key: String?
    @Argument(help: "What backup wrote.") var file: String

    func run() async throws {
        let settings = try ServerContext.settings(place.config, state: place.state)
        // Opened with the caller's rights: root's backups may lie where the database's owner cannot read.
        let source = try BackupFile(reading: file)
        let oldKey = try key.map { try MasterKey.read(file: $0) }
        try ServiceUser.become(ownerOf: settings.state)
        let stateLock = try StateLock(aloneWith: settings.state)
        defer { withExtendedLifetime(stateLock) {} }
        let database = ServerContext.database(settings)
        let (raw, draft) = (database + ".restoring", database + ".restored")
        func clear() {
            for name in [raw, draft] { for end in ["", "-wal", "-shm", "-journal"] { unlink(name + end) } }
        }
        clear()
        defer { clear() }
        try source.copy(to: raw)
        let problems = try SQLiteRecordStore.check(path: raw)
        guard problems.isEmpty else { throw CommandError("\(file) is damaged: \(problems.joined(separator: "; "))") }
        try SQLiteRecordStore.copy(raw, to: draft)
        try await fit(draft, oldKey: oldKey, settings: settings)
        let now = Int64(time(nil))
        let timeStep = now / 30 + Int64(settings.codes.driftSteps)
        try SQLiteRecordStore.endWhatIsOpen(path: draft, at: now, timeStep: timeStep)
        try SQLiteRecordStore.settle(path: draft)
        let isFirst = try !ServerContext.hasDatabase(settings)
        let differences: Result<SQLiteRecordStore.RestoreDifferences, any Error>? =
            if isFirst { nil } else {
                Result { try SQLiteRecordStore.differences(restoring: draft, over: database, at: now) }
            }
        let before = try Self.place(draft, over: database, at: now)
        Audit.record("restore", with: ["file": file])
        let kept = before.map { " The one before is \($0)." } ?? ""
        try Output.report(
            "The database is that of \(file).\(kept)", as: output,
            json: .object(["database": .string(database), "before": .string(orNull: before)]))
        if let differences { try RestoreReport(differences).show(besidesData: output.json) }
    }

    /// Encrypts the data key under the present master key, or throws if no known key fits.
    private func fit(_ draft: String, oldKey: MasterKey?, settings: ServiceSettings) async throws {
        let store = try SQLiteRecordStore(path: draft, create: false)
        defer { store.close() }
        guard let wrapped = try await store.read({ try $0.value(ServerContext.dataKey) }) else {
            throw CommandError(
                "\(file) has no key in it: it was made before the database was complete", hint: "take another backup")
        }
        let path = try ServerContext.masterKeyFile(settings)
        let present = try MasterKey.read(file: path)
        if (try? Vault(masterKey: present, wrappedDataKey: wrapped)) != nil { return }
        guard let oldKey else { throw Self.misfit(file, masterKey: path, wrapped: wrapped) }
        guard let vault = try? Vault(masterKey: oldKey, wrappedDataKey: wrapped) else {
            throw CommandError(
                "the master key \(key ?? "") does not fit \(file): nothing was changed",
                hint: "name the key of its time with --key")
        }
        let rewrapped = try vault.dataKeyWrapped(under: present)
        try await store.write { try $0.setValue(ServerContext.dataKey, to: rewrapped) }
    }

    /// Makes the error, which names a fitting key beside the present one, if there is one.
    private static func misfit(_ file: String, masterKey path: String, wrapped: [UInt8]) -> CommandError {
        let folder = path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
        let fitting = Folder.names(folder, hidden: true).sorted().map { "\(folder)/\($0)" }.filter {
            $0.hasPrefix(path) && $0 != path
        }
        .first {
            ((try? MasterKey.read(file: $0)).flatMap { try? Vault(masterKey: $0, wrappedDataKey: wrapped) }) != nil
        }
        return CommandError(
            "the master key \(path) does not fit \(file): nothing was changed",
            hint: fitting.map { "\($0) fits: countersignd restore \(file) --key \($0)" }
                ?? "name the key of its time with --key")
    }

    /// Puts the new database in place; at every moment the name leads to the old or the new one.
    ///
    /// - Returns: the name that the old one has now; nil if there was none.
    private static func place(_ draft: String, over database: String, at now: Int64) throws -> String? {
        // SQLite would take a leftover WAL for the new database's.
        try? SQLiteRecordStore.settle(path: database)
        let before = freeName("\(database).before-\(stamp(now))")
        for end in ["-wal", "-shm"] where access(database + end, F_OK) == 0 {
            guard rename(database + end, before + end) == 0 else {
                throw CommandError("\(database)\(end) cannot be put aside: \(systemReason())")
            }
        }
        let hadOne = access(database, F_OK) == 0
        if hadOne, link(database, before) != 0 {
            throw CommandError("\(database) cannot be kept as \(before): \(systemReason())")
        }
        guard rename(draft, database) == 0 else {
            throw CommandError("\(database) cannot be put in place: \(systemReason())")
        }
        try persistFolder(of: database)
        return if hadOne { before } else { nil }
    }

    private static func persistFolder(of file: String) throws {
        let folder = Glibc.open(
            file.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if folder >= 0 { close(folder) } }
        guard folder >= 0, fsync(folder) == 0 else {
            throw CommandError(
                "\(file) is in place, but its folder cannot be synced: \(systemReason())")
        }
    }

    private static func freeName(_ wanted: String) -> String {
        var (name, number) = (wanted, 2)
        while access(name, F_OK) == 0 || access(name + "-wal", F_OK) == 0 {
            (name, number) = ("\(wanted)-\(number)", number + 1)
        }
        return name
    }

    /// Returns a time such as 20260131T235959Z.
    private static func stamp(_ now: Int64) -> String {
        Timestamp.utc(now).filter { $0 != "-" && $0 != ":" }
    }
}
