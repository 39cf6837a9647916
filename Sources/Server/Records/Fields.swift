internal import Identifiers
internal import SQLite

/// Reads the columns of a row from left to right.
///
/// The readers without `OrNil` throw `RecordStoreError.damaged` if a column is null or has a value that cannot occur.
struct Fields {
    private let row: Row
    private var next: Int32 = 0

    init(_ row: Row) { self.row = row }

    private mutating func column() -> Int32 {
        defer { next += 1 }
        return next
    }

    mutating func integerOrNil() -> Int64? { row.integer(column()) }
    mutating func textOrNil() -> String? { row.text(column()) }
    mutating func blobOrNil() -> [UInt8]? { row.blob(column()) }
    mutating func integer() throws -> Int64 { try Self.present(integerOrNil()) }
    mutating func text() throws -> String { try Self.present(textOrNil()) }
    mutating func blob() throws -> [UInt8] { try Self.present(blobOrNil()) }
    mutating func flag() throws -> Bool { try integer() != 0 }
    mutating func count() throws -> WindowCounter { WindowCounter(since: try integer(), times: try integer()) }
    mutating func user() throws -> AuthyID { try Self.present(AuthyID(integer())) }

    static func present<T>(_ value: T?) throws -> T {
        guard let value else { throw RecordStoreError.damaged("a value is missing or unknown") }
        return value
    }
}
