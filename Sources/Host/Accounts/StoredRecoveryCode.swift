public import Identifiers
internal import SQLite

/// A recovery code as it is stored.
public struct StoredRecoveryCode: Equatable, Sendable {
    /// The number for `LoginCommit.Proof.recovery`.
    public let id: Int64
    /// The hash of the code (crypt(3)).
    public let hash: String

    /// Takes the values as they are.
    public init(id: Int64, hash: String) {
        self.id = id
        self.hash = hash
    }
}

extension Accounts {
    /// The unused recovery codes of a person.
    ///
    /// - Parameter person: the person.
    /// - Returns: the codes, oldest first.
    /// - Throws: `AccountsError.damaged` if a row cannot be read; `SQLiteError`.
    public func recoveryCodes(of person: Person) throws -> [StoredRecoveryCode] {
        try connection.all(
            "SELECT id, hash FROM recovery WHERE account = \(Person.account) AND used IS NULL ORDER BY id",
            values: person.columns
        ) { row in
            guard let id = row.integer(0), let hash = row.text(1) else {
                throw AccountsError.damaged("a recovery code")
            }
            return StoredRecoveryCode(id: id, hash: hash)
        }
    }

    /// Replaces all recovery codes of a person.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - hashes: at most a hundred hashes of codes (crypt(3)), of 10 to 384 bytes.
    /// - Returns: what changed.
    /// - Throws: `AccountsError.invalid` for other hashes, `AccountsError.altered` if the row is lost or was changed;
    ///   `SQLiteError`.
    public func setRecoveryCodes(_ person: Person, to hashes: [String]) throws -> AccountChange {
        try Self.check(hashes)
        return try change(person) { try replaceRecoveryCodes(of: person, with: hashes) }
    }

    static func check(_ hashes: [String]) throws {
        guard hashes.count <= 100, hashes.allSatisfy({ (10...384).contains($0.utf8.count) }) else {
            throw AccountsError.invalid("recovery codes")
        }
    }

    /// Replaces the codes with checked hashes.
    ///
    /// Runs inside a transaction.
    func replaceRecoveryCodes(of person: Person, with hashes: [String]) throws {
        try deleteRecoveryCodes(of: person)
        for hash in hashes {
            try connection.run(
                "INSERT INTO recovery (account, hash) VALUES (\(Person.account), ?4)", values: person.columns + [hash])
        }
    }

    /// Deletes all recovery codes of a person, used ones too.
    ///
    /// Runs inside a transaction.
    func deleteRecoveryCodes(of person: Person) throws {
        try connection.run("DELETE FROM recovery WHERE account = \(Person.account)", values: person.columns)
    }

    /// Uses a recovery code; false if it was used before.
    func useRecoveryCode(_ id: Int64, of person: Person, now: Int64) throws -> Bool {
        try connection.run(
            "UPDATE recovery SET used = ?5 WHERE id = ?4 AND account = \(Person.account) AND used IS NULL",
            values: person.columns + [id, now]) == 1
    }
}
