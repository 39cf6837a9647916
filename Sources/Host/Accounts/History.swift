public import Identifiers
internal import SQLite

/// One login that was decided.
public struct HistoryRow: Equatable, Sendable {
    /// Seconds since 1970, by the clock of that moment.
    public let time: Int64
    /// The stored name of the person (`Person.storedName`).
    public let user: String
    /// Nil in rows of earlier versions.
    public let uid: UInt32?
    public let service: String
    public let rhost: String
    public let outcome: Outcome
    public let reason: String
    /// The one that was proven, or tried last.
    public let factor: Factor?
    public let address: String
}

/// Which logins are asked for; what is nil does not restrict.
public struct HistoryFilter: Equatable, Sendable {
    /// As the history has it: with the key behind it for those who are told apart by one.
    public var user: String?
    /// Whether `user` is also asked for with any key behind the name.
    public var withKeys = false
    public var service: String?
    public var outcome: Outcome?
    public var reason: String?
    /// The client's address or name.
    public var rhost: String?
    /// The first and the last second, since 1970.
    public var since: Int64?
    public var until: Int64?

    public init() {}
}

extension Accounts {
    /// Newest first, at most `limit` rows, of one user or of all.
    public func history(of user: String? = nil, limit: Int) throws -> [HistoryRow] {
        var filter = HistoryFilter()
        filter.user = user
        return try history(filter, limit: limit)
    }

    /// Newest first, at most `limit` rows.
    public func history(_ filter: HistoryFilter, limit: Int) throws -> [HistoryRow] {
        // Only what restricts stands in the query, so that the index on users is used.
        // Of names with a key behind them those between the two.
        let user = filter.withKeys ? "(user = ? OR user > ? AND user < ?)" : "user = ?"
        let users: [any Bindable] =
            filter.user.map { filter.withKeys ? [$0, "\($0) SHA256:", "\($0) SHA256;"] : [$0] } ?? []
        let others: [(column: String, value: (any Bindable)?)] = [
            ("service = ?", filter.service), ("outcome = ?", filter.outcome?.rawValue), ("reason = ?", filter.reason),
            ("rhost = ?", filter.rhost), ("time >= ?", filter.since), ("time <= ?", filter.until),
        ]
        let given = others.filter { $0.value != nil }
        let words = (users.isEmpty ? [] : [user]) + given.map(\.column)
        return try connection.all(
            """
            SELECT time, user, service, rhost, outcome, reason, factor, address, uid FROM history
            \(words.isEmpty ? "" : "WHERE \(words.joined(separator: " AND "))")
            ORDER BY id DESC LIMIT \(max(0, limit))
            """, values: users + given.map(\.value), read: HistoryRow.init)
    }

    func remember(_ settlement: Settlement, of person: Person, now: Int64) throws {
        try connection.run(
            """
            INSERT INTO history (time, user, service, rhost, outcome, reason, factor, address, uid)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """, now, person.storedName, plain(settlement.service), plain(settlement.rhost),
            settlement.outcome.rawValue,
            plain(settlement.reason), settlement.factor?.rawValue, plain(settlement.address), person.uid)
        try connection.run("DELETE FROM history WHERE id <= last_insert_rowid() - ?1", historyRows)
        try thinOut(person.storedName)
    }

    /// Nobody's logins push out those of all the others: of one user a share is kept. Looked at now and then, as it costs a walk over it.
    private func thinOut(_ user: String) throws {
        try connection.run(
            """
            DELETE FROM history WHERE last_insert_rowid() % 64 = 0 AND user = ?1
            AND id <= (SELECT id FROM history WHERE user = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
            """, user, historyRows / 20)
    }
}

/// At most 255 bytes, without control characters.
private func plain(_ text: String) -> String {
    var plain = String.UnicodeScalarView()
    var length = 0
    for scalar in text.unicodeScalars {
        length += UTF8.width(scalar)
        if length > 255 { break }
        plain.append(scalar.properties.generalCategory == .control ? "?" : scalar)
    }
    return String(plain)
}

extension HistoryRow {
    fileprivate init(_ row: Row) throws {
        time = row.integer(0) ?? 0
        user = row.text(1) ?? ""
        service = row.text(2) ?? ""
        rhost = row.text(3) ?? ""
        outcome = try Outcome(stored: row.text(4))
        reason = row.text(5) ?? ""
        factor = row.text(6).flatMap(Factor.init(rawValue:))
        address = row.text(7) ?? ""
        uid = row.integer(8).flatMap(UInt32.init(exactly:))
    }
}
