internal import SQLite

/// One write that waits for a commit.
protocol WriteRequest: Sendable {
    /// Does its part of the transaction; throws only if the whole transaction is lost.
    func run(in transaction: Transaction) throws

    /// Reports the end: nil after the commit, or the reason why there was none.
    func end(_ failure: (any Error)?)
}

/// The thread that writes.
///
/// Writes that arrive during a commit share the next one, so that the disk is waited for once for all of them.
final class Writer: Sendable {
    private let queue = WorkQueue<any WriteRequest>()
    private let thread: OwnThread
    /// The most writes that share a commit, so that none waits long for the others.
    private static let together = 256

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - connection: The connection, which only the thread uses from now on.
    ///   - requireInPlace: Throws once the file is no longer under its name; the commit counts as failed then.
    /// - Throws: `RecordStoreError.other` if the system cannot start a thread.
    init(_ connection: ConnectionBox, requireInPlace: @escaping @Sendable () throws -> Void) throws {
        let queue = queue
        guard
            let thread = OwnThread({
                Self.work(queue, connection: connection.connection, requireInPlace: requireInPlace)
            })
        else {
            throw RecordStoreError.other("no thread")
        }
        self.thread = thread
    }

    /// Hands a write to the thread; ends it with `RecordStoreError.closed` if the writer is closed.
    func put(_ write: any WriteRequest) {
        if !queue.enqueue(write) { write.end(RecordStoreError.closed) }
    }

    /// Waits until the pending writes are done; must be called at most once.
    func close() {
        queue.close()
        thread.join()
    }

    private static func work(
        _ queue: WorkQueue<any WriteRequest>, connection: Connection, requireInPlace: () throws -> Void
    ) {
        var done = 1
        var sync = Duration.zero
        // A caller that got its result is likely to write again at once. Waiting for it briefly saves a slow disk half
        // of its syncs.
        while let writes = queue.dequeue(
            limit: together, expected: queue.count + done, timeout: min(sync / 8, .milliseconds(1)))
        {
            let failure: (any Error)?
            (failure, sync) = commit(writes, connection: connection, requireInPlace: requireInPlace)
            for write in writes { write.end(failure) }
            done = writes.count
        }
    }

    /// Commits the writes; returns why none of them is on the disk, nil if all are, and how long the disk took.
    private static func commit(
        _ writes: [any WriteRequest], connection: Connection, requireInPlace: () throws -> Void
    ) -> (failure: (any Error)?, sync: Duration) {
        var start = ContinuousClock.now
        do {
            try connection.transaction(.immediate) {
                let transaction = Transaction(connection)
                for write in writes { try write.run(in: transaction) }
                try transaction.writeCounters()
                start = .now
            }
            let sync = ContinuousClock.now - start
            try requireInPlace()
            return (nil, sync)
        } catch { return (RecordStoreError.from(error), .zero) }
    }
}
