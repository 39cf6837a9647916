internal import SQLite
internal import Synchronization

/// A few read-only connections, shared by all threads.
///
/// A caller takes a free connection, or waits for its turn at one.
final class ReadConnections: Sendable {
    private final class Reader: Sendable {
        let connection: Mutex<ConnectionBox?>
        init(_ connection: ConnectionBox) { self.connection = Mutex(connection) }
    }

    private let readers: [Reader]
    private let turn = Atomic<Int>(0)

    init(_ file: RecordFile, count: Int = 2) throws {
        readers = try (0..<count).map { _ in
            let connection = try file.connect(Connection.Options())
            try connection.execute("PRAGMA query_only = ON; PRAGMA cache_size = -8000")
            return Reader(ConnectionBox(connection))
        }
    }

    /// Runs a body in a read transaction.
    ///
    /// The body sees the records as they were when it began to read, regardless of later writes.
    func read<T: Sendable>(_ body: (any RecordReading) throws -> T) throws -> T {
        let start = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        for offset in readers.indices {
            let reader = readers[(start &+ offset) & Int.max % readers.count]
            if let value = try reader.connection.withLockIfAvailable({ try Self.read(from: $0, body) }) { return value }
        }
        return try readers[start & Int.max % readers.count].connection.withLock { try Self.read(from: $0, body) }
    }

    private static func read<T>(from reader: ConnectionBox?, _ body: (any RecordReading) throws -> T) throws -> T {
        guard let connection = reader?.connection else { throw RecordStoreError.closed }
        return try connection.transaction(.deferred) { try body(ReadTransaction(connection: connection)) }
    }

    func close() {
        for reader in readers { reader.connection.withLock { $0 = nil } }
    }
}

/// A connection that moves between threads; its holder ensures that one thread uses it at a time.
struct ConnectionBox: @unchecked Sendable {
    let connection: Connection
    init(_ connection: Connection) { self.connection = connection }
}

/// What a body of `read` works on.
private struct ReadTransaction: SQLiteReading {
    let connection: Connection
    func statistics(of application: Int64) throws -> [MonthOfStatistics] { try storedStatistics(of: application) }
}
