internal import CSQLite

extension Connection {
    /// Whether a transaction is open.
    ///
    /// After some errors, such as a full disk, SQLite rolls it back by itself.
    public var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    /// Runs `body` in a transaction, which may not be nested.
    ///
    /// - Parameters:
    ///   - start: the lock that the transaction begins with.
    ///   - body: runs inside the transaction.
    /// - Returns: the result of `body`.
    /// - Throws: the error of `body`, or `SQLiteError` of the transaction. All changes are rolled back then.
    @discardableResult
    public func transaction<T>(_ start: Start, _ body: () throws -> T) throws -> T {
        try run("BEGIN \(start.rawValue)")
        do {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            // The first error is the one to report.
            if isInTransaction { try? execute("ROLLBACK") }
            throw error
        }
    }
}
