internal import Crypto
internal import Identifiers
internal import SQLite

/// Shows that a row of `accounts` is the one that was written for that person, and that no row is lost.
///
/// SQLite has no checksums of its pages: two that are swapped make rows unfindable, or show old ones, without an error.
/// So each row has a keyed digest of its other columns, and a second table, whose pages cannot stand in for those of
/// the first, lists everybody who has a row. The key is the id of the database, which is not secret: seals protect
/// against faults, and not against a person who can write the file.
struct Seal {
    /// The sealed columns, in this order.
    ///
    /// A migration adds its columns at the end, and an entry to `counts`: all rows are then sealed anew.
    static let columns = """
        name, uid, authy_id, secret, algorithm, digits, period, last_spent, confirmed, grace_used, failures, \
        locked_until, had_authy_id,
        opted_out, paused_until, paused_at, pause_reason, prefers, seen_phone, seen_app, seen, locks, locked_clock, \
        day_failures, day_clock,
        wrong_codes, label
        """
    /// The number of `columns` that a version of the tables seals, by the first such version, in ascending order.
    static let counts: [(version: Int64, count: Int32)] = [(3, 21), (4, 26), (5, 27)]
    static let count = counts.last?.count ?? 0

    /// The number of sealed columns in a version of the tables that has seals.
    static func count(in version: Int64) -> Int32 { counts.last { $0.version <= version }?.count ?? count }

    private let key: SymmetricKey

    init(id: String) { key = SymmetricKey(data: Array(id.utf8)) }

    /// The seal of a row: the first 16 bytes of an HMAC-SHA256 (RFC 2104).
    ///
    /// - Parameters:
    ///   - row: its first columns are `columns`, or as many of them as `count` says.
    ///   - count: the number of columns that are sealed.
    /// - Returns: 16 bytes.
    func digest(of row: Row, count: Int32 = Self.count) -> [UInt8] {
        var bytes: [UInt8] = []
        for column in 0..<count { Self.append(row.value(column), to: &bytes) }
        return Array(code(bytes).prefix(16))
    }

    /// The number of a person in the table of members.
    func member(_ name: String, _ uid: Int64) -> Int64 {
        var bytes = Array("member".utf8)
        Self.append(.text(name), to: &bytes)
        Self.append(.integer(uid), to: &bytes)
        return code(bytes).prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
    }

    private func code(_ bytes: [UInt8]) -> HMAC<SHA256>.MAC { HMAC<SHA256>.authenticationCode(for: bytes, using: key) }

    /// Encodes a value so that no two lists of values have the same bytes.
    private static func append(_ value: Value?, to bytes: inout [UInt8]) {
        switch value {
        case nil: bytes += "n".utf8
        case .integer(let number)?: bytes += "i\(number);".utf8
        case .text(let text)?: bytes += "t\(text.utf8.count):\(text)".utf8
        case .blob(let blob)?: bytes += Array("b\(blob.count):".utf8) + blob
        }
    }
}

extension Accounts {
    /// Checks that the row of a person is as it was written, or that there never was one.
    ///
    /// - Parameter person: the person.
    /// - Returns: whether there is a row.
    /// - Throws: `AccountsError.altered` if the row is lost, or is not as it was written; `SQLiteError`.
    @discardableResult
    func verify(_ person: Person) throws -> Bool {
        let isSealed = try connection.first(
            "SELECT \(Seal.columns), seal FROM accounts WHERE name = ?1 AND uid = ?2", person.storedName, person.uid
        ) { row in row.blob(Seal.count) == seal.digest(of: row) }
        if isSealed == nil, try !isMember(person) { return false }
        guard isSealed == true else { throw AccountsError.altered(person.storedName, uid: person.uid) }
        return true
    }

    private func isMember(_ person: Person) throws -> Bool {
        let number = seal.member(person.storedName, Int64(person.uid))
        return try connection.first("SELECT 1 FROM members WHERE id = ?1", number) { _ in true } ?? false
    }

    /// Adds a row for the person if there is none.
    ///
    /// Runs inside a transaction, after `verify`.
    func ensure(_ person: Person) throws {
        let (name, uid) = (person.storedName, person.uid)
        let isNew = try connection.run(
            "INSERT INTO accounts (name, uid) VALUES (?1, ?2) ON CONFLICT DO NOTHING", name, uid)
        guard isNew == 1 else { return }
        try connection.run("INSERT INTO members (id) VALUES (?1) ON CONFLICT DO NOTHING", seal.member(name, Int64(uid)))
        try sealRow(of: person)
    }

    /// Changes a row; rows are changed in no other way.
    ///
    /// Runs inside a transaction.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - changes: the text behind SET; its values are ?3 and on.
    ///   - condition: what must also hold for the row.
    ///   - values: the values of `changes` and `condition`.
    /// - Returns: whether there was such a row.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    @discardableResult
    func update(_ person: Person, _ changes: String, where condition: String = "TRUE", _ values: (any Bindable)?...)
        throws -> Bool
    {
        try verify(person)
        let statement = "UPDATE accounts SET \(changes) WHERE name = ?1 AND uid = ?2 AND \(condition)"
        let count = try connection.run(statement, values: [person.storedName, person.uid] + values)
        guard count > 0 else { return false }
        try sealRow(of: person)
        return true
    }

    private func sealRow(of person: Person) throws {
        let digest = try connection.first(
            "SELECT \(Seal.columns) FROM accounts WHERE name = ?1 AND uid = ?2", person.storedName, person.uid
        ) { seal.digest(of: $0) }
        try connection.run(
            "UPDATE accounts SET seal = ?3 WHERE name = ?1 AND uid = ?2", person.storedName, person.uid, digest)
    }

    /// Deletes rows, whatever they hold.
    ///
    /// Runs inside a transaction.
    ///
    /// - Parameters:
    ///   - condition: selects the rows; its values are ?1 and on.
    ///   - values: the values of `condition`.
    /// - Returns: the uids of the deleted rows.
    /// - Throws: `SQLiteError`.
    @discardableResult
    func delete(where condition: String, _ values: (any Bindable)?...) throws -> [UInt32] {
        let gone = try connection.all("DELETE FROM accounts WHERE \(condition) RETURNING name, uid", values: values) {
            row in
            (name: row.text(0) ?? "", uid: row.integer(1) ?? 0)
        }
        for person in gone {
            try connection.run("DELETE FROM members WHERE id = ?1", seal.member(person.name, person.uid))
        }
        return gone.compactMap { UInt32(exactly: $0.uid) }
    }
}

// MARK: - All rows at once

extension Seal {
    func damage(in connection: Connection) throws -> Accounts.Damage {
        var damage = Accounts.Damage()
        var members = Set(try connection.all("SELECT id FROM members") { $0.integer(0) ?? 0 })
        _ = try connection.all("SELECT \(Self.columns), seal FROM accounts ORDER BY name, uid") { row in
            let name = row.text(0) ?? ""
            if row.blob(Self.count) != digest(of: row) { damage.altered.append(name) }
            members.remove(member(name, row.integer(1) ?? 0))
        }
        damage.lost = members.count
        return damage
    }

    /// The primary key of a row of `accounts`.
    struct Key: Hashable {
        let name: String
        let uid: Int64
    }

    /// The rows that are not as an earlier version wrote them.
    ///
    /// - Parameters:
    ///   - connection: the open database.
    ///   - version: the version of its tables, `Schema.firstSealed` or later.
    /// - Returns: the keys of those rows.
    /// - Throws: `SQLiteError`.
    func altered(in connection: Connection, version: Int64) throws -> Set<Key> {
        let count = Self.count(in: version)
        let columns = Self.columns.split(separator: ",").prefix(Int(count)).joined(separator: ",")
        let rows = try connection.all("SELECT \(columns), seal FROM accounts") { row in
            let isAsWritten = row.blob(count) == digest(of: row, count: count)
            return isAsWritten ? nil : Key(name: row.text(0) ?? "", uid: row.integer(1) ?? 0)
        }
        return Set(rows.compactMap(\.self))
    }

    /// Seals rows anew after a migration.
    ///
    /// Runs inside a transaction.
    ///
    /// The table of members keeps all its rows, so that a row that was lost before stays lost.
    ///
    /// - Parameters:
    ///   - connection: the open database.
    ///   - altered: rows that get no seal, so that they stay refused.
    /// - Throws: `SQLiteError`.
    func renew(in connection: Connection, except altered: Set<Key>) throws {
        let rows = try connection.all("SELECT \(Self.columns) FROM accounts") { row in
            (key: Key(name: row.text(0) ?? "", uid: row.integer(1) ?? 0), digest: digest(of: row))
        }
        for (key, digest) in rows {
            let seal = altered.contains(key) ? nil : digest
            try connection.run("UPDATE accounts SET seal = ?3 WHERE name = ?1 AND uid = ?2", key.name, key.uid, seal)
            try connection.run("INSERT INTO members (id) VALUES (?1) ON CONFLICT DO NOTHING", member(key.name, key.uid))
        }
    }

    /// Seals all rows as they stand, and fills the table of members anew.
    ///
    /// Runs inside a transaction.
    func all(in connection: Connection) throws {
        try connection.run("DELETE FROM members")
        let rows = try connection.all("SELECT \(Self.columns) FROM accounts") { row in
            (name: row.text(0) ?? "", uid: row.integer(1) ?? 0, digest: digest(of: row))
        }
        for row in rows {
            try connection.run(
                "UPDATE accounts SET seal = ?3 WHERE name = ?1 AND uid = ?2", row.name, row.uid, row.digest)
            try connection.run("INSERT INTO members (id) VALUES (?1)", member(row.name, row.uid))
        }
    }
}

extension Accounts {
    /// What is wrong with the rows.
    public struct Damage: Equatable, Sendable {
        /// The stored names (`Person.storedName`) of rows that are not as they were written, sorted.
        public var altered: [String] = []
        /// The number of lost rows; their names are not known.
        public var lost = 0

        /// No damage.
        public init() {}
    }

    /// Checks every row, which takes some microseconds for each.
    ///
    /// - Returns: what is wrong, or an empty `Damage`.
    /// - Throws: `SQLiteError`.
    public func damage() throws -> Damage { try seal.damage(in: connection) }
}
