internal import CSQLite

/// An error that SQLite returned.
public struct SQLiteError: Error, Equatable, CustomStringConvertible {
    /// The extended result code, such as 261 (SQLITE_BUSY_RECOVERY).
    public let extendedCode: Int32
    /// The error text of SQLite, or of this target.
    public let message: String
    /// The primary result code, such as 5 (SQLITE_BUSY).
    public var code: Int32 { extendedCode & 0xFF }
    /// Whether the file is not a database, or a damaged one.
    public var isNoDatabase: Bool { code == SQLITE_NOTADB || code == SQLITE_CORRUPT }
    /// The message and the extended result code.
    public var description: String { "\(message) (SQLite \(extendedCode))" }
}
