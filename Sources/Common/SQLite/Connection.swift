internal import CSQLite
internal import Glibc

/// One open database in WAL mode, for one thread at a time.
///
/// Foreign keys are enforced, and the schema in the file is not trusted.
@safe public final class Connection {
    /// How a database is opened and kept.
    public struct Options: Sendable {
        /// Whether a missing file is created.
        public var create = false
        /// How long to wait for locks of other connections, also during recovery of the WAL, in milliseconds.
        public var busyTimeout: Int32 = 5000
        /// The time until which to wait if that is later, in milliseconds since the machine started (CLOCK_BOOTTIME).
        public var waitsUntil: Int64?
        /// The length of the WAL, in pages, from which a commit copies it back into the database.
        public var walPages: Int32 = 1000
        /// The length of the WAL, in pages, from which a commit also truncates it; nil for an eighth more than
        /// `walPages`.
        public var cutPages: Int32?
        /// Whether the last connection to close copies the WAL back and removes it, or leaves it to the next
        /// connection.
        public var checkpointOnClose = true
        /// The number of prepared statements that are kept for reuse.
        public var keptStatements = 200

        /// The defaults.
        public init() {}
    }

    /// How a transaction begins: with the write lock, or with the lock that its first statement needs.
    public enum Start: String, Sendable { case immediate, deferred }

    let handle: OpaquePointer
    private let options: Options
    /// When the current wait began.
    private var waitBegan: Int64 = 0
    /// The prepared statements that are not in use, by their text.
    private var statements: [String: OpaquePointer] = unsafe [:]
    /// Called with the text of each statement before it runs.
    public var trace: ((String) -> Void)?

    /// Opens a database for reading and writing.
    ///
    /// The file itself may not be a symlink; folders above it may.
    ///
    /// - Parameters:
    ///   - path: the path of the file.
    ///   - options: how to open it.
    /// - Throws: `SQLiteError` if the file is missing, cannot be opened or written, or is not a database.
    public init(path: String, _ options: Options = Options()) throws {
        var flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE
        if options.create { flags |= SQLITE_OPEN_CREATE }
        var opened: OpaquePointer?
        let code = unsafe sqlite3_open_v2(try Self.real(path), &opened, flags, nil)
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

    /// Resolves the folder of a path and leaves the file to SQLite, which refuses a symlink anywhere in a path.
    ///
    /// /var/lib may well be a symlink. The result starts with a slash, so that it is never taken for a URI.
    private static func real(_ path: String) throws -> String {
        let cut = path.utf8.lastIndex(of: 0x2F).map(path.utf8.index(after:)) ?? path.startIndex
        let folder = if cut == path.startIndex { "." } else { String(decoding: path.utf8[..<cut], as: UTF8.self) }
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

    /// Copies a long WAL back, after which the next commit of this connection starts the WAL anew.
    ///
    /// A connection that opens the database alone appends to the WAL even if all of it was copied back. Connections
    /// with a single commit would make it ever longer, so it is also truncated a little later. This waits for nobody,
    /// and a failure loses nothing: the next commit tries again.
    private func committed(_ pages: Int32) {
        guard pages >= options.walPages else { return }
        let cut = options.cutPages ?? options.walPages + options.walPages / 8
        let mode = if pages < cut { SQLITE_CHECKPOINT_PASSIVE } else { SQLITE_CHECKPOINT_TRUNCATE }
        waitForOthers(false)
        unsafe sqlite3_wal_checkpoint_v2(handle, "main", mode, nil, nil)
        waitForOthers(true)
    }

    /// Turns waiting for locks on or off.
    ///
    /// SQLite's own handler sleeps longer each time: the newest waiter asks most often, and the oldest may never get
    /// its turn.
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

    /// Sleeps, unless the time is up; `count` is how often this was called for the same lock.
    private func waitsOn(_ count: Int32) -> Bool {
        let now = Self.now
        if count == 0 { waitBegan = now }
        guard now < max(options.waitsUntil ?? 0, waitBegan + Int64(options.busyTimeout)) else { return false }
        usleep(Self.pause(after: now - waitBegan))
        return true
    }

    /// Microseconds between two attempts to get a lock, depending on the milliseconds that the caller has waited.
    ///
    /// 2 ms suit a lock that is held for a moment; later, those that have waited longest ask most often. With 60
    /// waiters that each hold the lock for 0.6 s, 8 of 100 give up after 89 s if all ask equally often, and 1 of 100
    /// with these pauses.
    private static func pause(after milliseconds: Int64) -> UInt32 {
        if milliseconds < 50 { 2_000 } else { UInt32(max(1, 16 - milliseconds / 2_000)) * 1_000 }
    }

    /// Milliseconds since the machine started (CLOCK_BOOTTIME), which do not jump.
    private static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Replaces the content of another database with that of this one, in one transaction.
    ///
    /// Other connections to that database see the old or the new content. Both must have pages of the same size.
    ///
    /// - Parameter other: a connection to the database that is replaced.
    /// - Throws: `SQLiteError` if the other database stays locked for its `busyTimeout`, or cannot be written.
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
            let failed = if code == SQLITE_DONE { end } else { code }
            throw SQLiteError(extendedCode: failed, message: "the database cannot be replaced")
        }
    }

    /// A prepared statement for the caller alone, until `release`.
    func statement(_ sql: String) throws -> OpaquePointer {
        if let kept = unsafe statements.removeValue(forKey: sql) { return unsafe kept }
        var prepared: OpaquePointer?
        try check(unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil))
        guard let prepared = unsafe prepared else {
            throw SQLiteError(extendedCode: SQLITE_MISUSE, message: "no statement")
        }
        return unsafe prepared
    }

    /// Resets the statement and clears its values, which may be secrets.
    func release(_ statement: OpaquePointer, sql: String) {
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
