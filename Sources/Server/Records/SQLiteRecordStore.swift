internal import SQLite
internal import Synchronization

/// The records in one SQLite file, which several processes may have open.
///
/// Reads run on the caller's thread: what they need is in memory or one page away. Writes run on one thread, which
/// commits pending writes together; a write returns when it is on the disk.
public final class SQLiteRecordStore: RecordStore {
    let file: RecordFile
    private let readers: ReadConnections
    private let writer: Writer
    private let identity: RecordFile.Identity
    private let isClosed = Mutex(false)

    /// Opens the records, and migrates older tables.
    ///
    /// - Parameters:
    ///   - path: The path of the file; SQLite keeps two more files with the suffixes `-wal` and `-shm` beside it. Only
    ///     the server may have access to its folder.
    ///   - create: Whether a missing file is created.
    /// - Throws: `RecordStoreError` if the file cannot be opened, is damaged, or is from a newer version.
    public init(path: String, create: Bool) throws {
        do {
            file = try RecordFile(path)
            let connection = try file.open(create: create, Self.options)
            try connection.execute("PRAGMA synchronous = FULL; PRAGMA cache_size = -16000")
            readers = try ReadConnections(file)
            let (file, identity) = (file, RecordFile.Identity(file))
            self.identity = identity
            writer = try Writer(ConnectionBox(connection)) { try identity.require(file) }
        } catch { throw RecordStoreError.from(error) }
    }

    deinit { close() }

    /// Checks that another process that opens the path now would find these records.
    ///
    /// - Throws: `RecordStoreError.gone` once the file or its log was removed or replaced; later writes fail in the
    ///   same way.
    public func requireInPlace() throws { try identity.require(file) }

    /// Finishes pending writes and closes the file; later calls throw `RecordStoreError.closed`.
    public func close() {
        let wasClosed = isClosed.withLock { closed in
            defer { closed = true }
            return closed
        }
        if wasClosed { return }
        writer.close()
        readers.close()
    }

    /// Runs a body in a read transaction, on the caller's thread.
    ///
    /// - Parameter body: Sees one state of the durable records.
    /// - Returns: What the body returned.
    /// - Throws: What the body threw, or `RecordStoreError` if the records cannot be read.
    public func read<T: Sendable>(_ body: @Sendable (any RecordReading) throws -> T) async throws -> T {
        do { return try readers.read(body) } catch { throw RecordStoreError.from(error) }
    }

    /// Runs a body in a write transaction, on the writer's thread, and returns when it is on the disk.
    ///
    /// - Parameter body: Reads and writes; if it throws, nothing of it is kept.
    /// - Returns: What the body returned.
    /// - Throws: What the body threw, or `RecordStoreError` if the records cannot be written.
    public func write<T: Sendable>(_ body: @escaping @Sendable (any RecordWriting) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { writer.put(PendingWrite(body, $0)) }
    }

    private static var options: Connection.Options {
        var options = Connection.Options()
        // Restarting the log costs nothing, and growing it costs expensive syncs. Truncate it only if a long read made
        // it very long.
        options.walPages = 2000
        options.cutPages = 16_000
        return options
    }
}

/// A body of `write` and the continuation that waits for its result.
private final class PendingWrite<T: Sendable>: WriteRequest {
    private let body: @Sendable (any RecordWriting) throws -> T
    private let waiting: CheckedContinuation<T, any Error>
    private let result = Mutex<Result<T, any Error>?>(nil)

    init(_ body: @escaping @Sendable (any RecordWriting) throws -> T, _ waiting: CheckedContinuation<T, any Error>) {
        self.body = body
        self.waiting = waiting
    }

    func run(in transaction: Transaction) throws {
        let result = try transaction.run(body)
        self.result.withLock { $0 = result }
    }

    func end(_ failure: (any Error)?) {
        let result = result.withLock { $0 } ?? .failure(RecordStoreError.other("nothing was done"))
        switch (result, failure) {
        case (.failure(let error), nil): waiting.resume(throwing: RecordStoreError.from(error))
        case (_, let failure?): waiting.resume(throwing: failure)
        case (.success(let value), nil): waiting.resume(returning: value)
        }
    }
}
