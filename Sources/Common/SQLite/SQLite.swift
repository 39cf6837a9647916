internal import CSQLite
internal import Glibc

/// What SQLite said when it could not do something.
public struct SQLiteError: Error, Equatable, CustomStringConvertible {
    /// The extended result code, such as 261 (SQLITE_BUSY_RECOVERY).
    public let extendedCode: Int32
    public let message: String
    /// The primary result code, such as 5 (SQLITE_BUSY).
    public var code: Int32 { extendedCode & 0xFF }
    /// The file is no database, or one that is damaged.
    public var isNoDatabase: Bool { code == SQLITE_NOTADB || code == SQLITE_CORRUPT }
    public var description: String { "\(message) (SQLite \(extendedCode))" }
}

/// One open database in WAL mode, for one thread at a time. Foreign keys are enforced, and the schema in the file is not trusted.
@safe public final class Connection {
    public struct Options: Sendable {
        /// Whether a missing file is made.
        public var create = false
        /// How long to wait for the locks of others, also while they recover the WAL, in milliseconds.
        public var busyTimeout: Int32 = 5000
        /// Until when they are waited for, if that is later: in milliseconds since the machine started (CLOCK_BOOTTIME).
        public var waitsUntil: Int64?
        /// The commit that makes the WAL this long copies it back into the database, in pages.
        public var walPages: Int32 = 1000
        /// The commit that makes the WAL this long also cuts it; nil for an eighth more than `walPages`.
        public var cutPages: Int32?
        /// Whether the last connection to close copies the WAL back and removes it, or leaves it to the next one that opens.
        public var checkpointOnClose = true
        /// How many prepared statements are kept to be run again.
        public var keptStatements = 200

        public init() {}
    }

    /// How a transaction begins: with the write lock, or with whatever lock its first statement needs.
    public enum Start: String, Sendable { case immediate, deferred }

    let handle: OpaquePointer
    private let options: Options
    /// When the wait that goes on began.
    private var waitBegan: Int64 = 0
    /// Those that nobody runs at the moment, by their text.
    private var statements: [String: OpaquePointer] = unsafe [:]
    /// Sees the text of each statement before it runs.
    public var trace: ((String) -> Void)?

    /// Opens for reading and writing. The file itself may not be a symlink; folders above it may.
    /// - Throws: `SQLiteError`, also where the file can only be read.
    public init(path: String, _ options: Options = Options()) throws {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE
        var opened: OpaquePointer?
        let code = unsafe sqlite3_open_v2(
            try Self.real(path), &opened, flags | (options.create ? SQLITE_OPEN_CREATE : 0), nil)
        guard let opened = unsafe opened else { throw SQLiteError(extendedCode: code, message: "out of memory") }
        unsafe handle = opened
        self.options = options
        try check(code)
        if unsafe sqlite3_db_readonly(handle, "main") != 0 {
            throw SQLiteError(extendedCode: SQLITE_READONLY, message: "can only be read")
        }
        try configure()
    }

    deinit {
        while let (_, statement) = unsafe statements.popFirst() { unsafe sqlite3_finalize(statement) }
        unsafe sqlite3_close_v2(handle)
    }

    /// SQLite refuses a symlink anywhere in a path, but /var/lib may well be one: the folder is resolved here, the file is left to SQLite.
    /// The result starts with a slash, and so is never taken for a URI.
    private static func real(_ path: String) throws -> String {
        let cut = path.utf8.lastIndex(of: 0x2F).map(path.utf8.index(after:)) ?? path.startIndex
        let folder = cut == path.startIndex ? "." : String(decoding: path.utf8[..<cut], as: UTF8.self)
        guard !path.utf8.contains(0), let real = unsafe realpath(folder, nil) else {
            throw SQLiteError(extendedCode: SQLITE_CANTOPEN, message: "no such folder: \(folder)")
        }
        defer { unsafe free(real) }
        return unsafe String(cString: real) + "/" + String(decoding: path.utf8[cut...], as: UTF8.self)
    }

    private func configure() throws {
        waitForOthers(true)
        for (option, on) in [
            (SQLITE_DBCONFIG_TRUSTED_SCHEMA, false), (SQLITE_DBCONFIG_DEFENSIVE, true),
            (SQLITE_DBCONFIG_ENABLE_FKEY, true),
            (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !options.checkpointOnClose),
        ] {
            try check(unsafe csqlite_configure(handle, option, on ? 1 : 0))
        }
        try execute("PRAGMA cell_size_check = ON")
        let mode = try first("PRAGMA journal_mode = WAL") { $0.text(0) }
        if mode != "wal" { throw SQLiteError(extendedCode: SQLITE_CANTOPEN, message: "no WAL") }
        unsafe sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                if let context = unsafe context {
                    unsafe Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().committed(pages)
                }
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Copies a long WAL back; the next commit of this connection then begins it anew. But whoever opens first, with no other connection
    /// open, goes on at its end however much of it was copied back: connections of a single commit would make it ever longer, so
    /// a little later it is also cut. Nobody is waited for, and a failure loses nothing: the next commit tries again.
    private func committed(_ pages: Int32) {
        guard pages >= options.walPages else { return }
        let cut = options.cutPages ?? options.walPages + options.walPages / 8
        let mode = pages < cut ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE
        waitForOthers(false)
        unsafe sqlite3_wal_checkpoint_v2(handle, "main", mode, nil, nil)
        waitForOthers(true)
    }

    /// SQLite's own way to wait is to sleep ever longer: the last to come looks most often, and the first may never get its turn.
    private func waitForOthers(_ wait: Bool) {
        guard wait else {
            unsafe sqlite3_busy_handler(handle, nil, nil)
            return
        }
        unsafe sqlite3_busy_handler(
            handle,
            { context, count in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().waitsOn(count) ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// - Parameter count: how often this has been asked for the same lock.
    private func waitsOn(_ count: Int32) -> Bool {
        let now = Self.now
        if count == 0 { waitBegan = now }
        guard now < max(options.waitsUntil ?? 0, waitBegan + Int64(options.busyTimeout)) else { return false }
        usleep(Self.pause(after: now - waitBegan))
        return true
    }

    /// Microseconds between two looks at a lock: 2 ms for those that are held a moment; where it takes long, those that have waited longest look
    /// most often. With 60 that wait 0.6 s each time for one of them, 8 of 100 give up after 89 s where all look equally often, and 1 of 100 here.
    /// - Parameter milliseconds: how long it has been waited for.
    private static func pause(after milliseconds: Int64) -> UInt32 {
        milliseconds < 50 ? 2_000 : UInt32(max(1, 16 - milliseconds / 2_000)) * 1_000
    }

    /// Milliseconds of a clock that does not jump.
    private static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Runs any number of statements without parameters.
    public func execute(_ sql: String) throws {
        trace?(sql)
        try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Runs one statement to its end and returns the number of rows that it inserted, changed or deleted, also by what hangs on them.
    @discardableResult
    public func run(_ sql: String, _ values: (any Bindable)?...) throws -> Int { try run(sql, values: values) }

    @discardableResult
    public func run(_ sql: String, values: [(any Bindable)?]) throws -> Int {
        let before = unsafe sqlite3_total_changes64(handle)
        let answer = try Row(self, sql, values)
        while try answer.step() {}
        return Int(unsafe sqlite3_total_changes64(handle) - before)
    }

    /// The first row of the answer, or nil if there is none. A statement that writes has done all of it by then.
    public func first<T>(_ sql: String, _ values: (any Bindable)?..., read: (Row) throws -> T) throws -> T? {
        try first(sql, values: values, read: read)
    }

    public func first<T>(_ sql: String, values: [(any Bindable)?], read: (Row) throws -> T) throws -> T? {
        let row = try Row(self, sql, values)
        return try row.step() ? read(row) : nil
    }

    /// All rows of the answer.
    public func all<T>(_ sql: String, _ values: (any Bindable)?..., read: (Row) throws -> T) throws -> [T] {
        try all(sql, values: values, read: read)
    }

    public func all<T>(_ sql: String, values: [(any Bindable)?], read: (Row) throws -> T) throws -> [T] {
        let row = try Row(self, sql, values)
        var rows: [T] = []
        while try row.step() { rows.append(try read(row)) }
        return rows
    }

    /// Puts all that is in this database in place of what is in another one, in one transaction: other connections to that one see the old
    /// or the new. Both must have pages of the same size.
    public func copy(into other: Connection) throws {
        guard let backup = unsafe sqlite3_backup_init(other.handle, "main", handle, "main") else {
            let code = unsafe sqlite3_extended_errcode(other.handle)
            throw unsafe SQLiteError(extendedCode: code, message: String(cString: sqlite3_errmsg(other.handle)))
        }
        let until = Self.now + Int64(other.options.busyTimeout)
        var code = unsafe sqlite3_backup_step(backup, -1)
        while code & 0xFF == SQLITE_BUSY || code & 0xFF == SQLITE_LOCKED, Self.now < until {
            usleep(Self.pause(after: 0))
            code = unsafe sqlite3_backup_step(backup, -1)
        }
        let end = unsafe sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE, end == SQLITE_OK else {
            throw SQLiteError(
                extendedCode: code == SQLITE_DONE ? end : code, message: "the database cannot be replaced")
        }
    }

    /// Whether a transaction is open. After some errors, such as a full disk, SQLite undoes all of it by itself.
    public var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    /// Runs `body` in a transaction: whatever `body` or the commit throws undoes all of it. It may not be nested.
    @discardableResult
    public func transaction<T>(_ start: Start, _ body: () throws -> T) throws -> T {
        try run("BEGIN \(start.rawValue)")
        do {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            // The first error is the one to tell.
            if isInTransaction { try? execute("ROLLBACK") }
            throw error
        }
    }

    /// A statement for the caller alone, until it is given back.
    func statement(_ sql: String) throws -> OpaquePointer {
        if let kept = unsafe statements.removeValue(forKey: sql) { return unsafe kept }
        var prepared: OpaquePointer?
        try check(unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil))
        guard let prepared = unsafe prepared else {
            throw SQLiteError(extendedCode: SQLITE_MISUSE, message: "no statement")
        }
        return unsafe prepared
    }

    /// Ends what the statement does and forgets the values, which may be secrets.
    func giveBack(_ statement: OpaquePointer, _ sql: String) {
        unsafe sqlite3_reset(statement)
        unsafe sqlite3_clear_bindings(statement)
        if unsafe statements.count >= options.keptStatements || statements[sql] != nil {
            unsafe sqlite3_finalize(statement)
        } else {
            unsafe statements[sql] = unsafe statement
        }
    }

    func check(_ code: Int32) throws {
        guard code != SQLITE_OK else { return }
        throw unsafe SQLiteError(extendedCode: code, message: String(cString: sqlite3_errmsg(handle)))
    }
}
