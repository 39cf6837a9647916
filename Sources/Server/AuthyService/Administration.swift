internal import Identifiers
internal import Records
internal import ServerSettings

// The administrator's commands.

/// The reason why an administrator's command failed.
public struct AdministrationError: Error, Sendable {
    /// What went wrong, in one line.
    public let message: String
    /// What to do about it; nil if nothing is known to help.
    public let hint: String?

    /// Makes an error with a message and a hint.
    public init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}

extension APIService {
    // Commands run in processes of their own. They leave news here; the server looks for it and wakes the waiters.

    private static let changeMarkName = "news"

    func markChange(in records: any RecordWriting) throws {
        try records.setValue(Self.changeMarkName, to: Random.bytes(8))
    }

    /// Returns a value that changes whenever a command changed a user or a key.
    ///
    /// - Returns: 8 random bytes; nil before the first change.
    /// - Throws: `RecordStoreError` if the records cannot be read.
    public func changeMark() async throws -> [UInt8]? { try await store.read { try $0.value(Self.changeMarkName) } }
}

extension APIService {
    /// Deletes rows that were over before the retention time, at most 1000 of each kind.
    ///
    /// - Returns: The number of deleted rows.
    /// - Throws: `RecordStoreError` if the server cannot store it.
    public func purge() async throws -> Int {
        let before = now() - Int64(settings.retentionDays) * Interval.day
        return try await store.write { try $0.purge(before: before, limit: 1_000) }
    }
}
