internal import CSQLite

/// A row of a result while it is being read.
///
/// Columns are counted from 0; a NULL reads as nil.
@safe public final class Row {
    private let connection: Connection
    private let sql: String
    let handle: OpaquePointer

    init(_ connection: Connection, _ sql: String, _ values: [(any Bindable)?]) throws {
        connection.trace?(sql)
        unsafe handle = try connection.statement(sql)
        self.connection = connection
        self.sql = sql
        guard Int(unsafe sqlite3_bind_parameter_count(handle)) == values.count else {
            throw SQLiteError(extendedCode: SQLITE_RANGE, message: "the statement does not take \(values.count) values")
        }
        for (index, value) in zip(Int32(1)..., values) {
            try connection.check(unsafe value?.value.bind(to: handle, index) ?? sqlite3_bind_null(handle, index))
        }
    }

    deinit { unsafe connection.release(handle, sql: sql) }

    /// Advances to the next row; false at the end.
    func step() throws -> Bool {
        let code = unsafe sqlite3_step(handle)
        if code != SQLITE_ROW && code != SQLITE_DONE { try connection.check(code) }
        return code == SQLITE_ROW
    }

    /// The column as an integer, converted by the rules of sqlite3_column_int64.
    public func integer(_ column: Int32) -> Int64? {
        if unsafe sqlite3_column_type(handle, column) == SQLITE_NULL { return nil }
        return unsafe sqlite3_column_int64(handle, column)
    }

    /// The column as a text, converted by the rules of sqlite3_column_text.
    public func text(_ column: Int32) -> String? {
        guard let start = unsafe sqlite3_column_text(handle, column) else { return nil }
        let bytes = unsafe UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    /// The column with its own type; a floating-point number reads as its text.
    public func value(_ column: Int32) -> Value? {
        switch unsafe sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: integer(column).map { .integer($0) }
        case SQLITE_BLOB: blob(column).map { .blob($0) }
        default: text(column).map { .text($0) }
        }
    }

    /// The bytes of the column.
    public func blob(_ column: Int32) -> [UInt8]? {
        if unsafe sqlite3_column_type(handle, column) == SQLITE_NULL { return nil }
        let start = unsafe sqlite3_column_blob(handle, column)
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }
}

/// A value for a parameter of a statement; nil stands for NULL.
public protocol Bindable {
    /// The value that is bound.
    var value: Value { get }
}

/// A value that SQLite stores.
public enum Value: Equatable, Sendable {
    case integer(Int64)
    case text(String)
    case blob([UInt8])
}

extension Int64: Bindable {
    /// The number as an integer.
    public var value: Value { .integer(self) }
}

extension Bool: Bindable {
    /// 1 for true, 0 for false.
    public var value: Value { .integer(self ? 1 : 0) }
}

extension Int: Bindable {
    /// The number as an integer.
    public var value: Value { .integer(Int64(self)) }
}

extension UInt32: Bindable {
    /// The number as an integer.
    public var value: Value { .integer(Int64(self)) }
}

extension String: Bindable {
    /// The text as UTF-8.
    public var value: Value { .text(self) }
}

extension [UInt8]: Bindable {
    /// The bytes as a blob.
    public var value: Value { .blob(self) }
}

extension Value {
    fileprivate func bind(to statement: OpaquePointer, _ index: Int32) -> Int32 {
        switch self {
        case .integer(let number): unsafe sqlite3_bind_int64(statement, index, number)
        case .text(var text): text.withUTF8 { unsafe csqlite_bind_text(statement, index, $0.baseAddress, $0.count) }
        case .blob(let bytes):
            unsafe bytes.withUnsafeBytes { unsafe csqlite_bind_blob(statement, index, $0.baseAddress, $0.count) }
        }
    }
}
