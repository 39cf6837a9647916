/// Everything that the server stores; `SQLiteRecordStore` keeps it in SQLite, and another database can take its place.
///
/// A body runs alone in its transaction, possibly on a thread of the store. It must be quick and must not wait for
/// anything. If a write fails, `write` throws and nothing of its body is kept.
public protocol RecordStore: Sendable {
    /// Runs a body in a read transaction.
    ///
    /// - Parameter body: Sees only what is durable, and one state of it.
    /// - Returns: What the body returned.
    /// - Throws: What the body threw, or `RecordStoreError` if the records cannot be read.
    func read<T: Sendable>(_ body: @Sendable (any RecordReading) throws -> T) async throws -> T

    /// Runs a body in a write transaction: all of it is on the disk when this returns, or none of it ever is.
    ///
    /// - Parameter body: Reads and writes; if it throws, nothing of it is kept.
    /// - Returns: What the body returned.
    /// - Throws: What the body threw, or `RecordStoreError` if the records cannot be written.
    func write<T: Sendable>(_ body: @escaping @Sendable (any RecordWriting) throws -> T) async throws -> T

    /// Copies the records into a new file that only this user can access, while other threads continue.
    ///
    /// - Parameter path: The path of the new file, in an existing folder.
    /// - Throws: `RecordStoreError.exists` if the path is taken; another `RecordStoreError` if the copy fails.
    func backUp(to path: String) async throws
}
