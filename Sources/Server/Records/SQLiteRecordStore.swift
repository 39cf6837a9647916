internal import SQLite
internal import Synchronization

/// The records in one SQLite file. Several processes may have it open.
///
/// Readings run on the caller's thread: what they need is in memory, or one page away. Writings run on one thread, which commits
/// together what came together; a writing returns when the disk has it.
public final class SQLiteRecordStore: RecordStore {
    let file: RecordFile
    private let readers: Readers
    private let writer: Writer
    private let identity: RecordFile.Identity
    private let isClosed = Mutex(false)

    /// - Parameters:
    ///   - path: of the file; "-wal" and "-shm" are put behind it for two more. Its folder is to be the server's alone.
    ///   - create: whether a missing file is made.
    /// - Throws: `RecordStoreError`.
    public init(path: String, create: Bool) throws {
        do {
            file = try RecordFile(path)
            let connection = try file.open(create: create, Self.options)
            try connection.execute("PRAGMA synchronous = FULL; PRAGMA cache_size = -16000")
            readers = try Readers(file)
            let (file, identity) = (file, RecordFile.Identity(file))
            self.identity = identity
            writer = try Writer(Unshared(connection)) { try identity.require(file) }
        } catch { throw RecordStoreError.from(error) }
    }

    deinit { close() }

    /// Whether the next process that opens the path would find these records.
    /// - Throws: `RecordStoreError.gone` once the file or its log was removed or replaced. What is written then fails likewise.
    public func requireInPlace() throws { try identity.require(file) }

    /// Ends what was begun and closes the file; whatever comes later is an error.
    public func close() {
        let wasClosed = isClosed.withLock { closed in
            defer { closed = true }
            return closed
        }
        if wasClosed { return }
        writer.close()
        readers.close()
    }

    public func read<T: Sendable>(_ body: @Sendable (any RecordReading) throws -> T) async throws -> T {
        do { return try readers.read(body) } catch { throw RecordStoreError.from(error) }
    }

    public func write<T: Sendable>(_ body: @escaping @Sendable (any RecordWriting) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { writer.put(Writing(body, $0)) }
    }

    private static var options: Connection.Options {
        var options = Connection.Options()
        // To begin the log anew costs nothing, to make it longer costs a sync much: it is cut only where a long reading made it very long.
        options.walPages = 2000
        options.cutPages = 16_000
        return options
    }
}

/// One body of `write`, and whoever waits for it.
private final class Writing<T: Sendable>: Write {
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
