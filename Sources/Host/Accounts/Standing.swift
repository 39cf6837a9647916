public import Identifiers
public import LoginPolicy
internal import SQLite

/// What an administrator or the person sets on an account beside its factors.
extension Accounts {
    /// Notes that the person opts out of a factor; existing factors stay, and are asked for again after `optIn`.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - now: seconds since 1970.
    ///   - state: the state that the account must have, if the caller has decided by it; nil for any.
    /// - Returns: nil if the state differs. Nothing was written then.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func optOut(_ person: Person, now: Int64, onlyIn state: AccountState? = nil) throws -> Change? {
        try change(person, where: { state == nil || $0.state == state }) {
            try update(person, "opted_out = coalesce(opted_out, ?2)", now)
        }
    }

    /// Undoes an opt-out.
    ///
    /// - Parameter person: the person.
    /// - Returns: what changed.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func optIn(_ person: Person) throws -> Change {
        try change(person, forgetsNamesakes: false) { try update(person, "opted_out = NULL") }
    }

    /// Sets or ends a pause.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - pause: the pause; nil to end it.
    /// - Returns: what changed.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func pause(_ person: Person, _ pause: Pause?) throws -> Change {
        try change(person, forgetsNamesakes: pause != nil) {
            try update(
                person, "paused_until = ?2, paused_at = ?3, pause_reason = ?4", pause?.until, pause?.made, pause?.reason
            )
        }
    }

    /// Sets the factor that is tried first.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - factor: any factor but a recovery code; nil for the one of the settings.
    /// - Returns: what changed.
    /// - Throws: `AccountsError.invalid` for a recovery code, `AccountsError.altered` if the row is lost or was
    ///   changed; `SQLiteError`.
    public func prefer(_ person: Person, _ factor: Factor?) throws -> Change {
        guard factor != .recovery else { throw AccountsError.invalid("preference") }
        return try change(person) { try update(person, "prefers = ?2", factor?.rawValue) }
    }

    /// Stores what the server said about the AuthyID of the account, and nothing about another AuthyID.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - authyID: the number that the server was asked about.
    ///   - view: what it said.
    /// - Returns: whether the account has that AuthyID.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    @discardableResult
    public func see(_ person: Person, _ authyID: AuthyID, _ view: ServerView) throws -> Bool {
        try write(.now) {
            try update(
                person, "seen_phone = ?3, seen_app = ?4, seen = ?5", where: "authy_id = ?2", authyID.value, view.phone,
                view.hasApp.map { $0 ? 1 : 0 }, view.time)
        }
    }

    /// Marks an account confirmed by a factor that was proven outside of a login, and undoes an opt-out.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - proof: what was proven.
    /// - Returns: false if the proof does not hold: the code was spent, or the account no longer has the factor.
    ///   Nothing was written then.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func confirm(_ person: Person, _ proof: LoginCommit.Proof) throws -> Bool {
        try writeIfProven(.now) {
            guard try accept(proof, of: person, approved: true, now: 0) else { return false }
            try update(person, "opted_out = NULL")
            try deleteOneCodes(of: person)
            try forgetRemembered(person)
            return true
        }
    }
}

// MARK: - Recovery codes

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
    public func setRecoveryCodes(_ person: Person, _ hashes: [String]) throws -> Change {
        try Self.check(hashes)
        return try change(person) { try put(hashes, person) }
    }

    static func check(_ hashes: [String]) throws {
        guard hashes.count <= 100, hashes.allSatisfy({ (10...384).contains($0.utf8.count) }) else {
            throw AccountsError.invalid("recovery codes")
        }
    }

    /// Replaces the codes with checked hashes.
    ///
    /// Runs inside a transaction.
    func put(_ hashes: [String], _ person: Person) throws {
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

// MARK: - Not asking twice

/// What a login must have in common with an earlier one in which a factor was proven.
public struct TrustedLogin: Hashable, Sendable {
    /// The PAM service.
    public let service: String
    /// The complete address of the client; never empty.
    public let address: String
    /// The fingerprint of the SSH key that was used, or "" for none.
    public let key: String

    /// Takes the values as they are.
    public init(service: String, address: String, key: String) {
        self.service = service
        self.address = address
        self.key = key
    }
}

extension Accounts {
    /// Whether a factor was proven in a login like this one within the last `seconds`; never for an unconfirmed
    /// account.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - login: what the logins must have in common.
    ///   - seconds: how long a login is remembered; 0 for not at all.
    ///   - now: seconds since 1970.
    /// - Returns: whether the login need not be asked.
    /// - Throws: `SQLiteError`.
    public func isRemembered(_ person: Person, _ login: TrustedLogin, seconds: Int, now: Int64) throws -> Bool {
        guard seconds > 0, !login.address.isEmpty else { return false }
        let window = Window(seconds, before: now)
        return try connection.first(
            """
            SELECT 1 FROM remembered JOIN accounts ON accounts.id = remembered.account
            WHERE account = \(Person.account) AND service = ?4 AND address = ?5 AND remembered.key = ?6 \
            AND time > ?7 AND time <= ?8 AND confirmed = 1
            """, values: person.columns + [login.service, login.address, login.key, window.after, window.until]
        ) { _ in true } ?? false
    }

    /// All remembered logins of a person, with the time at which the factor was proven.
    ///
    /// - Parameter person: the person.
    /// - Returns: the logins, newest first; times are in seconds since 1970.
    /// - Throws: `SQLiteError`.
    public func remembered(of person: Person) throws -> [(login: TrustedLogin, time: Int64)] {
        try connection.all(
            """
            SELECT service, address, key, time FROM remembered \
            WHERE account = \(Person.account) ORDER BY time DESC, service, address, key
            """, values: person.columns
        ) { row in
            (
                TrustedLogin(service: row.text(0) ?? "", address: row.text(1) ?? "", key: row.text(2) ?? ""),
                row.integer(3) ?? 0
            )
        }
    }

    /// Deletes all remembered logins of a person.
    ///
    /// - Parameter person: the person.
    /// - Returns: the number of deleted logins.
    /// - Throws: `SQLiteError`.
    public func forget(_ person: Person) throws -> Int { try write(.now) { try forgetRemembered(person) } }

    @discardableResult
    func forgetRemembered(_ person: Person) throws -> Int {
        try connection.run("DELETE FROM remembered WHERE account = \(Person.account)", values: person.columns)
    }

    /// Remembers a login for `seconds`, and deletes logins that are older.
    func keep(_ login: TrustedLogin, of person: Person, seconds: Int, now: Int64) throws {
        guard seconds > 0, !login.address.isEmpty else { return }
        try forget(.remembered, outside: Window(seconds, before: now))
        try connection.run(
            """
            INSERT INTO remembered (account, service, address, key, time) VALUES (\(Person.account), ?4, ?5, ?6, ?7)
            ON CONFLICT DO UPDATE SET time = excluded.time
            """, values: person.columns + [login.service, login.address, login.key, now])
    }
}
