internal import Crypto
internal import Identifiers
internal import SQLite

/// What shows that a row of `accounts` is the one that was written for that person, and that none is lost.
///
/// SQLite has no checksums of its pages: two that are exchanged make rows unfindable, or show old ones, without an error. Each row carries a
/// keyed digest of its other columns, and a second table, whose pages cannot stand in for those of the first, names everybody who has a row.
/// The key is the database's id, which is no secret: this is against faults, and not against a person who can write the file.
struct Seal {
    /// What is sealed, in this order. A migration adds its columns at the end, and an entry to `counts`: rows are sealed anew after it.
    static let columns = """
        name, uid, authy_id, secret, algorithm, digits, period, last_spent, confirmed, grace_used, failures, locked_until, had_authy_id,
        opted_out, paused_until, paused_at, pause_reason, prefers, seen_phone, seen_app, seen, locks, locked_clock, day_failures, day_clock,
        wrong_codes, label
        """
    /// How many of `columns` a version of the tables seals, by the first version that does so, in ascending order.
    static let counts: [(version: Int64, count: Int32)] = [(3, 21), (4, 26), (5, 27)]
    static let count = counts.last?.count ?? 0

    /// - Parameter version: of tables that have seals.
    static func count(in version: Int64) -> Int32 { counts.last { $0.version <= version }?.count ?? count }

    private let key: SymmetricKey

    init(id: String) { key = SymmetricKey(data: Array(id.utf8)) }

    /// - Parameters:
    ///   - row: whose first columns are `columns`, or as many of them as `count` says.
    ///   - count: how many of them are sealed.
    /// - Returns: 16 bytes.
    func digest(of row: Row, count: Int32 = Self.count) -> [UInt8] {
        var bytes: [UInt8] = []
        for column in 0..<count { Self.append(row.value(column), to: &bytes) }
        return Array(code(bytes).prefix(16))
    }

    /// The person's number in the table of members.
    func member(_ name: String, _ uid: Int64) -> Int64 {
        var bytes = Array("member".utf8)
        Self.append(.text(name), to: &bytes)
        Self.append(.integer(uid), to: &bytes)
        return code(bytes).prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
    }

    private func code(_ bytes: [UInt8]) -> HMAC<SHA256>.MAC { HMAC<SHA256>.authenticationCode(for: bytes, using: key) }

    /// No two lists of values have the same bytes.
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
    /// Sees that the person's row is as it was written, or that there never was one.
    /// - Returns: whether there is one.
    /// - Throws: `AccountsError.altered` where the row is lost, or not as it was written.
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

    /// Makes a row for the person if there is none. Inside a transaction, and after `verify`.
    func ensure(_ person: Person) throws {
        let (name, uid) = (person.storedName, person.uid)
        let isNew = try connection.run(
            "INSERT INTO accounts (name, uid) VALUES (?1, ?2) ON CONFLICT DO NOTHING", name, uid)
        guard isNew == 1 else { return }
        try connection.run("INSERT INTO members (id) VALUES (?1) ON CONFLICT DO NOTHING", seal.member(name, Int64(uid)))
        try sealRow(of: person)
    }

    /// The only way in which a row is changed. Inside a transaction.
    /// - Parameters:
    ///   - changes: what stands behind SET; the values are ?3 and on.
    ///   - condition: what must hold of the row besides.
    /// - Returns: whether there was such a row.
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

    /// Deletes rows, whatever they hold. Inside a transaction.
    /// - Parameter condition: which; the values are ?1 and on.
    /// - Returns: the uids of those that were deleted.
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

    /// A row of `accounts`, by its primary key.
    struct Key: Hashable {
        let name: String
        let uid: Int64
    }

    /// Rows that are not as an earlier version wrote them.
    /// - Parameter version: of the tables as they are, from `Schema.firstSealed` on.
    func altered(in connection: Connection, version: Int64) throws -> Set<Key> {
        let count = Self.count(in: version)
        let columns = Self.columns.split(separator: ",").prefix(Int(count)).joined(separator: ",")
        let rows = try connection.all("SELECT \(columns), seal FROM accounts") { row in
            let isAsWritten = row.blob(count) == digest(of: row, count: count)
            return isAsWritten ? nil : Key(name: row.text(0) ?? "", uid: row.integer(1) ?? 0)
        }
        return Set(rows.compactMap(\.self))
    }

    /// Seals rows anew after a migration. Nobody leaves the table of members, so that a row that was lost before stays lost. Inside a
    /// transaction.
    /// - Parameter altered: rows that get no seal: they stay refused.
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

    /// Seals all rows as they stand, and makes the table of members anew. Inside a transaction.
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
    /// What is wrong with the rows, all of which are looked at.
    public struct Damage: Equatable, Sendable {
        /// Whose rows are not as they were written, as `Person.storedName` has them, by name.
        public var altered: [String] = []
        /// How many rows are lost. Nobody knows whose.
        public var lost = 0

        public init() {}
    }

    /// Looks at every row: some microseconds for each.
    public func damage() throws -> Damage { try seal.damage(in: connection) }
}
