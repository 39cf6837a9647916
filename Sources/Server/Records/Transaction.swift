internal import Identifiers
internal import SQLite

/// What a body of `write` works on.
///
/// Bodies run one after another and share a commit; if a body throws, only its own changes are undone.
final class Transaction: RecordWriting, SQLiteReading {
    let connection: Connection
    /// The counts of the finished bodies.
    private var counters = MonthlyCounters()
    /// The counts of the running body.
    private var ownCounters = MonthlyCounters()

    init(_ connection: Connection) { self.connection = connection }

    /// Runs one body within the open transaction.
    ///
    /// - Parameter body: Reads and writes; if it throws, its changes are undone.
    /// - Returns: What the body returned or threw.
    /// - Throws: The error after which SQLite has rolled back the whole transaction, such as a full disk.
    func run<T>(_ body: (any RecordWriting) throws -> T) throws -> Result<T, any Error> {
        ownCounters = MonthlyCounters()
        try connection.run("SAVEPOINT body")
        do {
            let result = try body(self)
            try connection.run("RELEASE body")
            counters.add(ownCounters)
            return .success(result)
        } catch {
            guard connection.isInTransaction else { throw error }
            try connection.run("ROLLBACK TO body")
            try connection.run("RELEASE body")
            return .failure(error)
        }
    }

    /// Writes the counts; it is the last step of a transaction.
    func writeCounters() throws {
        for month in counters.months.values {
            try change(
                """
                INSERT INTO months (\(MonthOfStatistics.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                ON CONFLICT DO UPDATE SET
                    api_calls = min(api_calls + excluded.api_calls, ?9), \
                codes_accepted = min(codes_accepted + excluded.codes_accepted, ?9),
                    calls = min(calls + excluded.calls, ?9), messages = min(messages + excluded.messages, ?9),
                    users_added = min(users_added + excluded.users_added, ?9)
                """, month.application, month.year, month.month, month.apiCalls, month.codesAccepted, month.calls,
                month.messages,
                month.usersAdded, MonthlyCounters.most)
        }
    }

    func count(_ month: MonthOfStatistics) throws {
        guard month.isPlausible else { throw RecordStoreError.invalid("count") }
        let key = MonthlyCounters.key(month)
        if counters.months[key] == nil, ownCounters.months[key] == nil, try application(month.application) == nil {
            throw RecordStoreError.conflict("a count of no application")
        }
        ownCounters.add(month)
    }

    func statistics(of application: Int64) throws -> [MonthOfStatistics] {
        var sum = counters
        sum.add(ownCounters)
        return sum.added(to: try storedStatistics(of: application), of: application)
    }

    /// Runs a statement and returns the number of changed rows.
    ///
    /// A body that continues after an error that rolled everything back must not write outside of a transaction.
    @discardableResult
    func change(_ sql: String, _ values: (any Bindable)?...) throws -> Int {
        guard connection.isInTransaction else { throw RecordStoreError.other("the transaction is over") }
        return try connection.run(sql, values: values)
    }

    /// Runs a statement that must insert or change a row; no changed row means that the existing one has another owner.
    func changeOne(_ sql: String, _ values: (any Bindable)?...) throws {
        guard connection.isInTransaction else { throw RecordStoreError.other("the transaction is over") }
        if try connection.run(sql, values: values) == 0 {
            throw RecordStoreError.conflict("it belongs to somebody else")
        }
    }
}

// Applications and their keys.
extension Transaction {
    func addApplication(name: String, callback: Application.Callback?, at now: Int64) throws -> Application {
        guard connection.isInTransaction else { throw RecordStoreError.other("the transaction is over") }
        let added = try connection.first(
            """
            INSERT INTO applications (name, url, method, created) VALUES (?1, ?2, ?3, ?4) \
            RETURNING \(Application.columnsAlone)
            """,
            name, callback?.url, callback?.method.rawValue, now
        ) { row in
            var fields = Fields(row)
            return try Application(&fields)
        }
        return try Fields.present(added)
    }

    func put(_ application: Application) throws {
        try change(
            """
            INSERT INTO applications (id, name, url, method, created, revoked) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT DO UPDATE SET
                name = excluded.name, url = excluded.url, method = excluded.method, created = excluded.created, \
            revoked = excluded.revoked
            """, application.id, application.name, application.callback?.url, application.callback?.method.rawValue,
            application.created,
            application.revoked)
    }

    func putWrongCodes(inTenMinutes: WindowCounter, inDay: WindowCounter, of application: Int64) throws {
        try change(
            "UPDATE applications SET wrong_since = ?2, wrong = ?3, day_wrong_since = ?4, day_wrong = ?5 WHERE id = ?1",
            application,
            inTenMinutes.since, inTenMinutes.times, inDay.since, inDay.times)
    }

    func put(_ key: APIKeyRecord) throws {
        try changeOne(
            """
            INSERT INTO api_keys (hash, application, sealed, hint, created, ends) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT DO UPDATE SET sealed = excluded.sealed, hint = excluded.hint, created = excluded.created, \
            ends = excluded.ends
            WHERE application = excluded.application
            """, key.hash, key.application, key.sealed, key.hint, key.created, key.ends)
    }

    func setValue(_ name: String, to value: [UInt8]?) throws {
        guard let value else { return _ = try change("DELETE FROM server_values WHERE name = ?1", name) }
        try change(
            "INSERT INTO server_values (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
            name, value)
    }
}
