public import Identifiers
internal import SQLite

/// What an earlier round of the same attempt left.
public struct Attempt: Equatable, Sendable {
    /// How the attempt was decided; nil if it was not.
    public let outcome: Outcome?
    /// Whether an approval request was sent.
    public let pushed: Bool
}

extension Accounts {
    /// Seconds after which an attempt is forgotten: its key may come back, as process ids do.
    static let attemptMemory = 180
    /// The longest key of an attempt, in bytes.
    static let longestKey = 200

    /// What is known about an attempt.
    ///
    /// - Parameters:
    ///   - key: its key, any text of 1 to 200 bytes.
    ///   - now: seconds since 1970.
    /// - Returns: nil if nothing is known.
    /// - Throws: `AccountsError.invalid` for another key, `AccountsError.damaged` for an unknown outcome;
    ///   `SQLiteError`.
    public func attempt(_ key: String, now: Int64) throws -> Attempt? {
        try Self.check(key)
        let window = TimeWindow(Self.attemptMemory, before: now)
        let outcome = try connection.first(
            "SELECT outcome FROM attempts WHERE key = ?1 AND time > ?2 AND time <= ?3", key, window.after, window.until
        ) { try Outcome(stored: $0.text(0)) }
        let pushed = try hasPush(key, within: window)
        guard outcome != nil || pushed else { return nil }
        return Attempt(outcome: outcome, pushed: pushed)
    }

    func storeDecision(of key: String, _ outcome: Outcome, now: Int64) throws {
        try deleteExpired(from: .attempts, outside: TimeWindow(Self.attemptMemory, before: now))
        try connection.run(
            """
            INSERT INTO attempts (key, time, outcome) VALUES (?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET time = excluded.time, outcome = excluded.outcome
            """, key, now, outcome.rawValue)
    }

    static func check(_ key: String) throws {
        guard (1...longestKey).contains(key.utf8.count) else { throw AccountsError.invalid("key of an attempt") }
    }

    /// The tables whose rows count for a limited time, each with its key.
    enum ExpiringTable: String {
        case grace = "account, place"
        case pushes = "id"
        case onecodes = "rowid"
        case attempts = "key"
        case remembered = "account, service, address, key"
    }

    /// Deletes rows that no longer count, at most a hundred that are too old and a hundred in the future.
    ///
    /// A login pays for the rows that it adds, and not for a thousand others.
    func deleteExpired(from table: ExpiringTable, outside window: TimeWindow) throws {
        for (condition, time) in [("time <= ?1", window.after), ("time > ?1", window.until)] {
            try connection.run(
                """
                DELETE FROM \(table) WHERE (\(table.rawValue)) IN (
                    SELECT \(table.rawValue) FROM \(table) WHERE \(condition) LIMIT 100)
                """, time)
        }
    }
}

extension Outcome {
    init(stored text: String?) throws {
        guard let outcome = text.flatMap(Outcome.init(rawValue:)) else { throw AccountsError.damaged("an outcome") }
        self = outcome
    }
}
