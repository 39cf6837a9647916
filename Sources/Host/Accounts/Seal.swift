internal import Crypto
internal import Identifiers
internal import SQLite

/// Shows that a row of `accounts` is the one that was written for that person, and that no row is lost.
///
/// SQLite has no checksums of its pages: two that are swapped make rows unfindable, or show old ones, without an error.
/// So each row has a keyed digest of its other columns, and a second table lists everybody who has a row. People are
/// found by an index, and members by the number of the row: no page can stand in for one of either kind. The key is the
/// id of the database, which is not secret: seals protect against faults, and not against a person who can write the
/// file.
struct Seal {
    /// The sealed columns, in this order.
    ///
    /// A migration adds its columns at the end, and an entry to `counts`: all rows are then sealed anew.
    static let columns = """
        name, uid, authy_id, secret, algorithm, digits, period, last_spent, confirmed, grace_used, failures, \
        locked_until, had_authy_id,
        opted_out, paused_until, paused_at, pause_reason, prefers, seen_phone, seen_app, seen, locks, locked_clock, \
        day_failures, day_clock,
        wrong_codes, label, id, key
        """
    private static let (nameColumn, uidColumn): (Int32, Int32) = (0, 1)
    private static let (idColumn, keyColumn): (Int32, Int32) = (27, 28)
    /// The number of `columns` that a version of the tables seals, by the first such version, in ascending order.
    static let counts: [(version: Int64, count: Int32)] = [(3, 21), (4, 26), (5, 27), (6, 29)]
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
    ///
    /// It is made of the user name with the key behind it, as in all versions: a member whose row is lost has no other
    /// trace, so these numbers outlive every migration.
    func member(_ person: Person) -> Int64 { member(nameWithKey: person.nameWithKey, uid: Int64(person.uid)) }

    private func member(nameWithKey: String, uid: Int64) -> Int64 {
        var bytes = Array("member".utf8)
        Self.append(.text(nameWithKey), to: &bytes)
        Self.append(.integer(uid), to: &bytes)
        return code(bytes).prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
    }

    /// The number of the person of a row whose first columns are `columns`, or as many of them as `count` says.
    fileprivate func member(of row: Row, count: Int32 = Self.count) -> Int64 {
        member(nameWithKey: Self.nameWithKey(of: row, count: count), uid: row.integer(Self.uidColumn) ?? 0)
    }

    /// The user name of such a row, and behind a blank the key if there is one; until version 5, `name` was both.
    fileprivate static func nameWithKey(of row: Row, count: Int32 = Self.count) -> String {
        let name = row.text(nameColumn) ?? ""
        guard count > keyColumn, let key = row.text(keyColumn), !key.isEmpty else { return name }
        return "\(name) \(key)"
    }

    /// The id of a row that is as it was written for a person; nil if it is not.
    ///
    /// An index that is damaged can lead to the row of another person, which is as it was written for that one.
    func id(of row: Row, for person: Person) -> Int64? {
        guard row.blob(Self.count) == digest(of: row), row.text(Self.nameColumn) == person.name,
            row.integer(Self.uidColumn) == Int64(person.uid), row.text(Self.keyColumn) == person.storedKey
        else {
            return nil
        }
        return row.integer(Self.idColumn)
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
    /// The id of a person's row, which is as it was written; here alone a person is looked up to be let in.
    ///
    /// - Parameter person: the person.
    /// - Returns: the id; nil if there never was a row.
    /// - Throws: `AccountsError.altered` if the row is lost, or is not as it was written; `SQLiteError`.
    func id(of person: Person) throws -> Int64? {
        let found = try connection.first(
            "SELECT \(Seal.columns), seal FROM accounts WHERE \(Person.matches)", values: person.columns
        ) { seal.id(of: $0, for: person) }
        switch found {
        case .some(.some(let id)): return id
        case .some(.none): throw AccountsError.altered(person.nameWithKey, uid: person.uid)
        case .none:
            let isMember = try connection.first("SELECT 1 FROM members WHERE id = ?1", seal.member(person)) { _ in true
            }
            guard isMember == nil else { throw AccountsError.altered(person.nameWithKey, uid: person.uid) }
            return nil
        }
    }

    /// The id of the person's row, which is added if there is none.
    ///
    /// Runs inside a transaction.
    ///
    /// - Parameter person: the person.
    /// - Returns: the id.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    @discardableResult
    func ensure(_ person: Person) throws -> Int64 {
        if let id = try id(of: person) { return id }
        let added = try connection.first(
            "INSERT INTO accounts (name, uid, key) VALUES (?1, ?2, ?3) RETURNING \(Seal.columns)",
            values: person.columns, read: seal.sealed)
        guard let added else { throw AccountsError.damaged("no id for a row") }
        try connection.run("INSERT INTO members (id) VALUES (?1) ON CONFLICT DO NOTHING", seal.member(person))
        try store(added)
        return added.id
    }

    /// Changes a row; rows are changed in no other way.
    ///
    /// Runs inside a transaction.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - changes: the text behind SET; its values are ?2 and on.
    ///   - condition: what must also hold for the row.
    ///   - values: the values of `changes` and `condition`.
    /// - Returns: whether there was such a row.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    @discardableResult
    func update(_ person: Person, _ changes: String, where condition: String = "TRUE", _ values: (any Bindable)?...)
        throws -> Bool
    {
        guard let id = try id(of: person) else { return false }
        let changed = try connection.first(
            "UPDATE accounts SET \(changes) WHERE id = ?1 AND \(condition) RETURNING \(Seal.columns)",
            values: [id] + values, read: seal.sealed)
        guard let changed else { return false }
        try store(changed)
        return true
    }

    private func store(_ seal: (id: Int64, digest: [UInt8])) throws {
        try connection.run("UPDATE accounts SET seal = ?2 WHERE id = ?1", seal.id, seal.digest)
    }

    /// Deletes rows, whatever they hold, and all that refers to them.
    ///
    /// Runs inside a transaction.
    ///
    /// - Parameters:
    ///   - condition: selects the rows; its values are ?1 and on.
    ///   - values: the values of `condition`.
    /// - Returns: the uids of the deleted rows.
    /// - Throws: `SQLiteError`.
    @discardableResult
    func delete(where condition: String, _ values: [(any Bindable)?]) throws -> [UInt32] {
        let gone = try connection.all(
            "DELETE FROM accounts WHERE \(condition) RETURNING \(Seal.columns)", values: values
        ) { row in (member: seal.member(of: row), uid: row.integer(1) ?? 0) }
        for person in gone { try connection.run("DELETE FROM members WHERE id = ?1", person.member) }
        return gone.compactMap { UInt32(exactly: $0.uid) }
    }
}

// MARK: - All rows at once

extension Seal {
    /// The id of a row and the seal that it must have; its columns are `columns`.
    fileprivate func sealed(_ row: Row) throws -> (id: Int64, digest: [UInt8]) {
        guard let id = row.integer(Self.idColumn) else { throw AccountsError.damaged("a row without an id") }
        return (id, digest(of: row))
    }

    func damage(in connection: Connection) throws -> Accounts.Damage {
        var damage = Accounts.Damage()
        var members = Set(try connection.all("SELECT id FROM members") { $0.integer(0) ?? 0 })
        _ = try connection.all("SELECT \(Self.columns), seal FROM accounts ORDER BY name, key, uid") { row in
            if row.blob(Self.count) != digest(of: row) { damage.altered.append(Self.nameWithKey(of: row)) }
            members.remove(member(of: row))
        }
        damage.lost = members.count
        return damage
    }

    /// The rows that are not as an earlier version wrote them.
    ///
    /// - Parameters:
    ///   - connection: the open database.
    ///   - version: the version of its tables, `Schema.firstSealed` or later.
    /// - Returns: the numbers of their people in the table of members.
    /// - Throws: `SQLiteError`.
    func altered(in connection: Connection, version: Int64) throws -> Set<Int64> {
        let count = Self.count(in: version)
        let columns = Self.columns.split(separator: ",").prefix(Int(count)).joined(separator: ",")
        let rows = try connection.all("SELECT \(columns), seal FROM accounts") { row in
            let isAsWritten = row.blob(count) == digest(of: row, count: count)
            return isAsWritten ? nil : member(of: row, count: count)
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
    ///   - altered: the people whose rows get no seal, so that they stay refused.
    /// - Throws: `SQLiteError`.
    func renew(in connection: Connection, except altered: Set<Int64>) throws {
        for row in try rows(in: connection) {
            let digest: [UInt8]? = if altered.contains(row.member) { nil } else { row.seal.digest }
            try connection.run("UPDATE accounts SET seal = ?2 WHERE id = ?1", row.seal.id, digest)
            try connection.run("INSERT INTO members (id) VALUES (?1) ON CONFLICT DO NOTHING", row.member)
        }
    }

    /// Seals all rows as they stand, and fills the table of members anew.
    ///
    /// Runs inside a transaction.
    func all(in connection: Connection) throws {
        try connection.run("DELETE FROM members")
        try renew(in: connection, except: [])
    }

    private func rows(in connection: Connection) throws -> [(member: Int64, seal: (id: Int64, digest: [UInt8]))] {
        try connection.all("SELECT \(Self.columns) FROM accounts") { (member(of: $0), try sealed($0)) }
    }
}

extension Accounts {
    /// What is wrong with the rows.
    public struct Damage: Equatable, Sendable {
        /// The people (`Person.nameWithKey`) whose rows are not as they were written, sorted.
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
