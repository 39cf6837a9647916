internal import SQLite

/// What waits for a commit.
protocol Write: Sendable {
    /// Does its part of the transaction. It throws only if the whole transaction is lost.
    func run(in transaction: Transaction) throws
    /// Comes after the commit, or with why there was none.
    func end(_ failure: (any Error)?)
}

/// The thread that writes. What comes while it commits waits, and shares the next commit: the disk is waited for once for all of them.
final class Writer: Sendable {
    private let queue = WorkQueue<any Write>()
    private let thread: OwnThread
    /// How many share a commit at most, so that none waits long for the others.
    private static let together = 256

    /// - Parameters:
    ///   - connection: for the thread alone from now on.
    ///   - requireInPlace: throws once the file is not under its name any more: then nothing that was committed counts.
    init(_ connection: Unshared, requireInPlace: @escaping @Sendable () throws -> Void) throws {
        let queue = queue
        guard let thread = OwnThread({ Self.work(queue, connection.connection, requireInPlace) }) else {
            throw RecordStoreError.other("no thread")
        }
        self.thread = thread
    }

    /// Hands it to the thread. It ends with an error if the writer is closed.
    func put(_ write: any Write) {
        if !queue.put(write) { write.end(RecordStoreError.closed) }
    }

    /// Waits until what was put is done; only once.
    func close() {
        queue.close()
        thread.join()
    }

    private static func work(
        _ queue: WorkQueue<any Write>, _ connection: Connection, _ requireInPlace: () throws -> Void
    ) {
        var done = 1
        var sync = Duration.zero
        // Whoever got an answer is likely to come again at once. To wait for them a little spares a slow disk half of its syncs.
        while let writes = queue.take(
            limit: together, hope: queue.count + done, patience: min(sync / 8, .milliseconds(1)))
        {
            let failure: (any Error)?
            (failure, sync) = commit(writes, connection, requireInPlace)
            for write in writes { write.end(failure) }
            done = writes.count
        }
    }

    /// Why none of it is on the disk, nil if all of it is; and how long the disk took.
    private static func commit(
        _ writes: [any Write], _ connection: Connection, _ requireInPlace: () throws -> Void
    ) -> (failure: (any Error)?, sync: Duration) {
        var start = ContinuousClock.now
        do {
            try connection.transaction(.immediate) {
                let transaction = Transaction(connection)
                for write in writes { try write.run(in: transaction) }
                try transaction.writeTally()
                start = .now
            }
            let sync = ContinuousClock.now - start
            try requireInPlace()
            return (nil, sync)
        } catch { return (RecordStoreError.from(error), .zero) }
    }
}
