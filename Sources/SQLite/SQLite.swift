internal import CSQLite
internal import Glibc

/// What SQLite said when it could not do something.
public struct SQLiteError: Error, Equatable, CustomStringConvertible {
    /// The extended result code, such as 261 (SQLITE_BUSY_RECOVERY).
    public let extendedCode: Int32
    public let message: String
    /// The primary result code, such as 5 (SQLITE_BUSY).
    public var code: Int32 { extendedCode & 0xFF }
    public var description: String { "\(message) (SQLite \(extendedCode))" }
}

/// What one parameter is given; nil is NULL.
public enum Value: Equatable, Sendable { case integer(Int64), text(String), blob([UInt8]) }
/// What may be given for a parameter.
public protocol Bindable { var value: Value { get } }

extension Int64: Bindable { public var value: Value { .integer(self) } }
extension Int: Bindable { public var value: Value { .integer(Int64(self)) } }
extension UInt32: Bindable { public var value: Value { .integer(Int64(self)) } }
extension String: Bindable { public var value: Value { .text(self) } }
extension [UInt8]: Bindable { public var value: Value { .blob(self) } }

/// One open database in WAL mode, for one thread at a time. Foreign keys are enforced, and the schema in the file is not trusted.
@safe public final class Connection {
    public struct Options: Sendable {
        /// Whether a missing file is made.
        public var create = false
        /// How long to wait for the locks of others, also while they recover the WAL, in milliseconds.
        public var busyTimeout: Int32 = 5000
        /// The commit that makes the WAL this long copies it back into the database, in pages.
        public var walPages: Int32 = 1000
        /// Whether the last connection to close copies the WAL back and removes it, or leaves it to the next one that opens.
        public var checkpointOnClose = true

        public init() {}
    }

    /// How a transaction begins: with the write lock, or with whatever lock its first statement needs.
    public enum Start: String, Sendable { case immediate = "BEGIN IMMEDIATE", deferred = "BEGIN DEFERRED" }

    fileprivate let handle: OpaquePointer
    private let options: Options
    /// Sees the text of each statement before it runs.
    public var trace: ((String) -> Void)?

    /// Opens for reading and writing. The file itself may not be a symlink; folders above it may.
    /// - Throws: `SQLiteError`, also where the file can only be read.
    public init(path: String, _ options: Options = Options()) throws {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE
        var opened: OpaquePointer?
        let code = unsafe sqlite3_open_v2(try Self.real(path), &opened, flags | (options.create ? SQLITE_OPEN_CREATE : 0), nil)
        guard let opened = unsafe opened else { throw SQLiteError(extendedCode: code, message: "out of memory") }
        unsafe handle = opened
        self.options = options
        try check(code)
        if unsafe sqlite3_db_readonly(handle, "main") != 0 { throw SQLiteError(extendedCode: SQLITE_READONLY, message: "can only be read") }
        try configure()
    }

    deinit { unsafe sqlite3_close_v2(handle) }

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
        try check(unsafe sqlite3_busy_timeout(handle, options.busyTimeout))
        for (option, on) in [
            (SQLITE_DBCONFIG_TRUSTED_SCHEMA, false), (SQLITE_DBCONFIG_DEFENSIVE, true), (SQLITE_DBCONFIG_ENABLE_FKEY, true),
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
                if let context = unsafe context { unsafe Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().committed(pages) }
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Copies a long WAL back; the next commit of this connection then begins it anew. But whoever opens first, with no other connection
    /// open, goes on at its end however much of it was copied back: connections of a single commit would make it ever longer, so
    /// a little later it is also cut. Nobody is waited for, and a failure loses nothing: the next commit tries again.
    private func committed(_ pages: Int32) {
        guard pages >= options.walPages else { return }
        let mode = pages - options.walPages < options.walPages / 8 ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE
        unsafe sqlite3_busy_timeout(handle, 0)
        unsafe sqlite3_wal_checkpoint_v2(handle, "main", mode, nil, nil)
        unsafe sqlite3_busy_timeout(handle, options.busyTimeout)
    }

    /// Runs any number of statements without parameters.
    public func execute(_ sql: String) throws {
        trace?(sql)
        try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Runs one statement to its end and returns the number of rows that it inserted, changed or deleted.
    @discardableResult
    public func run(_ sql: String, _ values: (any Bindable)?...) throws -> Int {
        let before = unsafe sqlite3_total_changes64(handle)
        let answer = try Row(self, sql, values)
        while try answer.step() {}
        return Int(unsafe sqlite3_total_changes64(handle) - before)
    }

    /// The first row of the answer, or nil if there is none.
    public func first<T>(_ sql: String, _ values: (any Bindable)?..., read: (Row) throws -> T) throws -> T? {
        let row = try Row(self, sql, values)
        return try row.step() ? read(row) : nil
    }

    /// All rows of the answer.
    public func all<T>(_ sql: String, _ values: (any Bindable)?..., read: (Row) throws -> T) throws -> [T] {
        let row = try Row(self, sql, values)
        var rows: [T] = []
        while try row.step() { rows.append(try read(row)) }
        return rows
    }

    /// Runs `body` in a transaction: whatever `body` or the commit throws undoes all of it. It may not be nested.
    public func transaction<T>(_ start: Start, _ body: () throws -> T) throws -> T {
        try execute(start.rawValue)
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // After some errors SQLite has rolled back by itself.
            if unsafe sqlite3_get_autocommit(handle) == 0 { try execute("ROLLBACK") }
            throw error
        }
    }

    fileprivate func check(_ code: Int32) throws {
        guard code != SQLITE_OK else { return }
        throw unsafe SQLiteError(extendedCode: code, message: String(cString: sqlite3_errmsg(handle)))
    }
}

/// A row of an answer, while it is being read. Columns are counted from 0; a NULL reads as nil.
@safe public final class Row {
    private let connection: Connection
    private let handle: OpaquePointer

    fileprivate init(_ connection: Connection, _ sql: String, _ values: [(any Bindable)?]) throws {
        connection.trace?(sql)
        var prepared: OpaquePointer?
        try connection.check(unsafe sqlite3_prepare_v2(connection.handle, sql, -1, &prepared, nil))
        guard let prepared = unsafe prepared else { throw SQLiteError(extendedCode: SQLITE_MISUSE, message: "no statement") }
        self.connection = connection
        unsafe handle = prepared
        guard Int(unsafe sqlite3_bind_parameter_count(handle)) == values.count else {
            throw SQLiteError(extendedCode: SQLITE_RANGE, message: "the statement does not take \(values.count) values")
        }
        for (index, value) in zip(Int32(1)..., values) { try connection.check(bind(value?.value, at: index)) }
    }

    deinit { unsafe sqlite3_finalize(handle) }

    private func bind(_ value: Value?, at index: Int32) -> Int32 {
        switch value {
        case nil: unsafe sqlite3_bind_null(handle, index)
        case .integer(let number): unsafe sqlite3_bind_int64(handle, index, number)
        case .text(var text): text.withUTF8 { unsafe csqlite_bind_text(handle, index, $0.baseAddress, $0.count) }
        case .blob(let bytes): unsafe bytes.withUnsafeBytes { unsafe csqlite_bind_blob(handle, index, $0.baseAddress, $0.count) }
        }
    }

    /// Goes on to the next row; false at the end.
    fileprivate func step() throws -> Bool {
        let code = unsafe sqlite3_step(handle)
        if code != SQLITE_ROW && code != SQLITE_DONE { try connection.check(code) }
        return code == SQLITE_ROW
    }

    public func integer(_ column: Int32) -> Int64? {
        unsafe sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : sqlite3_column_int64(handle, column)
    }

    public func text(_ column: Int32) -> String? {
        guard let start = unsafe sqlite3_column_text(handle, column) else { return nil }
        let bytes = unsafe UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    public func blob(_ column: Int32) -> [UInt8]? {
        if unsafe sqlite3_column_type(handle, column) == SQLITE_NULL { return nil }
        let bytes = unsafe UnsafeRawBufferPointer(start: sqlite3_column_blob(handle, column), count: Int(sqlite3_column_bytes(handle, column)))
        return unsafe [UInt8](bytes)
    }
}
