public import Identifiers
internal import SQLite

/// One login that was decided.
public struct HistoryRow: Equatable, Sendable {
    /// The number of the row; later rows have larger ones.
    public let id: Int64
    /// Seconds since 1970, by the clock at that time.
    public let time: Int64
    /// The user name.
    public let user: String
    /// The uid of the user; nil in rows of earlier versions.
    public let uid: UInt32?
    /// The SSH key that tells the person apart on a shared account; nil for none.
    public let key: KeyFingerprint?
    /// The PAM service.
    public let service: String
    /// The client's address or name, as PAM has it; empty for a local login.
    public let rhost: String
    /// How the login ended.
    public let outcome: Outcome
    /// The word for the reason of the outcome.
    public let reason: String
    /// The factor that was proven or tried last; nil if there was none.
    public let factor: Factor?
    /// The place of the client (`Address.place`), or the beginning of its name; empty for a local login.
    public let address: String

    /// The user name, and behind a blank the key if there is one; see `Person.nameWithKey`.
    public var nameWithKey: String { Person(name: user, uid: 0, key: key).nameWithKey }
}

/// The logins to read; a nil property does not restrict them.
public struct HistoryFilter: Equatable, Sendable {
    /// The user name.
    public var user: String?
    /// The key of the person among those who share the account of `user`; nil for the account itself.
    public var key: KeyFingerprint?
    /// Whether to include everybody who shares the account of `user`, whatever `key` is.
    public var withKeys = false
    /// The PAM service.
    public var service: String?
    /// How the login ended.
    public var outcome: Outcome?
    /// The word for the reason of the outcome.
    public var reason: String?
    /// The client's address or name.
    public var rhost: String?
    /// The first second, since 1970.
    public var since: Int64?
    /// The last second, since 1970.
    public var until: Int64?
    /// The number of a row: only rows after that one.
    public var after: Int64?

    /// A filter that restricts nothing.
    public init() {}
}

extension Accounts {
    /// The newest logins of one user or of all.
    ///
    /// - Parameters:
    ///   - user: the user name, for logins without a key that tells people apart; nil for all logins.
    ///   - limit: the most rows.
    /// - Returns: the rows, newest first.
    /// - Throws: `AccountsError.damaged` for an unknown outcome; `SQLiteError`.
    public func history(of user: String? = nil, limit: Int) throws -> [HistoryRow] {
        var filter = HistoryFilter()
        filter.user = user
        return try history(filter, limit: limit)
    }

    /// The newest logins that a filter lets through.
    ///
    /// - Parameters:
    ///   - filter: the logins to read.
    ///   - limit: the most rows.
    /// - Returns: the rows, newest first.
    /// - Throws: `AccountsError.damaged` for an unknown outcome; `SQLiteError`.
    public func history(_ filter: HistoryFilter, limit: Int) throws -> [HistoryRow] {
        // The query names only columns that restrict, so that the index on people is used.
        let isOfOne = filter.user != nil && !filter.withKeys
        let keyOfOne: String? = if isOfOne { filter.key?.description ?? "" } else { nil }
        let all: [(column: String, value: (any Bindable)?)] = [
            ("user = ?", filter.user), ("key = ?", keyOfOne),
            ("service = ?", filter.service), ("outcome = ?", filter.outcome?.rawValue), ("reason = ?", filter.reason),
            ("rhost = ?", filter.rhost), ("time >= ?", filter.since), ("time <= ?", filter.until),
            ("id > ?", filter.after),
        ]
        let given = all.filter { $0.value != nil }
        return try connection.all(
            """
            SELECT time, user, service, rhost, outcome, reason, factor, address, uid, key, id FROM history
            WHERE \((["TRUE"] + given.map(\.column)).joined(separator: " AND "))
            ORDER BY id DESC LIMIT \(max(0, limit))
            """, values: given.map(\.value), read: HistoryRow.init)
    }

    /// The number of the newest row; 0 if there is none.
    ///
    /// - Throws: `SQLiteError`.
    public func lastHistoryID() throws -> Int64 {
        try connection.first("SELECT max(id) FROM history") { $0.integer(0) ?? 0 } ?? 0
    }

    /// A number that differs from the one before once another process has changed the accounts.
    ///
    /// - Throws: `SQLiteError`.
    public func changeMark() throws -> Int64 {
        try connection.first("PRAGMA data_version") { $0.integer(0) ?? 0 } ?? 0
    }

    func appendHistory(_ commit: LoginCommit, of person: Person, now: Int64) throws {
        try connection.run(
            """
            INSERT INTO history (time, user, service, rhost, outcome, reason, factor, address, uid, key)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """, now, person.name, plain(commit.service), plain(commit.rhost), commit.outcome.rawValue,
            plain(commit.reason), commit.factor?.rawValue, plain(commit.address), person.uid, person.storedKey)
        try connection.run("DELETE FROM history WHERE id <= last_insert_rowid() - ?1", historyRows)
        try thinOut(person)
    }

    /// Keeps only a share of the rows for one person, so that nobody pushes out the logins of all others.
    ///
    /// It runs once in a while, as it walks over the rows of the person.
    private func thinOut(_ person: Person) throws {
        try connection.run(
            """
            DELETE FROM history WHERE last_insert_rowid() % 64 = 0 AND user = ?1 AND key = ?2
            AND id <= (SELECT id FROM history WHERE user = ?1 AND key = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)
            """, person.name, person.storedKey, historyRows / 20)
    }
}

/// At most 255 bytes, with ? in place of control characters.
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
        key = try KeyFingerprint(stored: row.text(9) ?? "")
        id = row.integer(10) ?? 0
    }
}
