public import Identifiers
public import LoginPolicy
internal import SQLite

/// What an administrator, or the person, says of an account beside its factors.
extension Accounts {
    /// Notes that the person does without a factor. Factors that are there stay, and are asked for again after `optIn`.
    /// - Parameter state: what the account must be at this moment, for whoever has decided on what it was; nil for anything.
    /// - Returns: nil where it is something else. Nothing was written then.
    public func optOut(_ person: Person, now: Int64, onlyIn state: AccountState? = nil) throws -> Change? {
        try change(person, where: { state == nil || $0.state == state }) {
            try update(person, "opted_out = coalesce(opted_out, ?3)", now)
        }
    }

    public func optIn(_ person: Person) throws -> Change {
        try change(person, forgetsNamesakes: false) { try update(person, "opted_out = NULL") }
    }

    /// - Parameter pause: nil to end it.
    public func pause(_ person: Person, _ pause: Pause?) throws -> Change {
        try change(person, forgetsNamesakes: pause != nil) {
            try update(
                person, "paused_until = ?3, paused_at = ?4, pause_reason = ?5", pause?.until, pause?.made, pause?.reason
            )
        }
    }

    /// - Parameter factor: what is tried first; nil for what the settings say. A recovery code cannot be.
    public func prefer(_ person: Person, _ factor: Factor?) throws -> Change {
        guard factor != .recovery else { throw AccountsError.invalid("preference") }
        return try change(person) { try update(person, "prefers = ?3", factor?.rawValue) }
    }

    /// Notes what the server said of the AuthyID that the account has; of another one, nothing is noted.
    /// - Returns: whether the account has that AuthyID.
    @discardableResult
    public func see(_ person: Person, _ authyID: AuthyID, _ view: ServerView) throws -> Bool {
        try write(.now) {
            try update(
                person, "seen_phone = ?4, seen_app = ?5, seen = ?6", where: "authy_id = ?3", authyID.value, view.phone,
                view.hasApp.map { $0 ? 1 : 0 }, view.time)
        }
    }

    /// Marks an account confirmed for whom a factor was proven outside of a login, and undoes an opt-out.
    /// - Returns: false if the proof does not hold: the code was spent, or the account does not have the factor any more. Nothing was
    ///   written then.
    public func confirm(_ person: Person, _ proof: Settlement.Proof) throws -> Bool {
        try writeIfProven(.now) {
            guard try accept(proof, of: person, approved: true, now: 0) else { return false }
            try update(person, "opted_out = NULL")
            try connection.run("DELETE FROM onecodes WHERE name = ?1 AND uid = ?2", person.storedName, person.uid)
            try forgetRemembered(person)
            return true
        }
    }
}

// MARK: - Recovery codes

/// A recovery code as it is kept.
public struct StoredRecoveryCode: Equatable, Sendable {
    public let id: Int64
    /// As crypt(3) makes it.
    public let hash: String

    public init(id: Int64, hash: String) {
        self.id = id
        self.hash = hash
    }
}

extension Accounts {
    /// Those that were not used.
    public func recoveryCodes(of person: Person) throws -> [StoredRecoveryCode] {
        try connection.all(
            "SELECT id, hash FROM recovery WHERE name = ?1 AND uid = ?2 AND used IS NULL ORDER BY id",
            person.storedName, person.uid
        ) { row in
            guard let id = row.integer(0), let hash = row.text(1) else {
                throw AccountsError.damaged("a recovery code")
            }
            return StoredRecoveryCode(id: id, hash: hash)
        }
    }

    /// Puts these in place of all that there were.
    /// - Parameter hashes: at most a hundred, as crypt(3) makes them.
    public func setRecoveryCodes(_ person: Person, _ hashes: [String]) throws -> Change {
        try Self.check(hashes)
        return try change(person) { try put(hashes, person) }
    }

    static func check(_ hashes: [String]) throws {
        guard hashes.count <= 100, hashes.allSatisfy({ (10...384).contains($0.utf8.count) }) else {
            throw AccountsError.invalid("recovery codes")
        }
    }

    /// Inside a transaction, and checked.
    func put(_ hashes: [String], _ person: Person) throws {
        try connection.run("DELETE FROM recovery WHERE name = ?1 AND uid = ?2", person.storedName, person.uid)
        for hash in hashes {
            try connection.run(
                "INSERT INTO recovery (name, uid, hash) VALUES (?1, ?2, ?3)", person.storedName, person.uid, hash)
        }
    }

    /// Whether it had not been used, which it now is.
    func useRecoveryCode(_ id: Int64, of person: Person, now: Int64) throws -> Bool {
        try connection.run(
            "UPDATE recovery SET used = ?4 WHERE id = ?3 AND name = ?1 AND uid = ?2 AND used IS NULL",
            person.storedName, person.uid, id, now) == 1
    }
}

// MARK: - Not asking twice

/// What a login must have in common with one in which a factor was proven.
public struct Remembrance: Hashable, Sendable {
    public let service: String
    /// The client's whole address; never empty.
    public let address: String
    /// The fingerprint of the SSH key that was used, or "" for none.
    public let key: String

    public init(service: String, address: String, key: String) {
        self.service = service
        self.address = address
        self.key = key
    }
}

extension Accounts {
    /// Whether a factor was proven in a login like this one within so many seconds. Of an account without a proven factor nothing is.
    public func isRemembered(_ person: Person, _ login: Remembrance, seconds: Int, now: Int64) throws -> Bool {
        guard seconds > 0, !login.address.isEmpty else { return false }
        let window = Window(seconds, before: now)
        return try connection.first(
            """
            SELECT 1 FROM remembered JOIN accounts USING (name, uid)
            WHERE name = ?1 AND uid = ?2 AND service = ?3 AND address = ?4 AND key = ?5 AND time > ?6 AND time <= ?7 AND confirmed = 1
            """, person.storedName, person.uid, login.service, login.address, login.key, window.after, window.until
        ) { _ in true } ?? false
    }

    /// All that is remembered of a person, the newest first, with the time at which the factor was proven.
    public func remembered(of person: Person) throws -> [(login: Remembrance, time: Int64)] {
        try connection.all(
            "SELECT service, address, key, time FROM remembered WHERE name = ?1 AND uid = ?2 ORDER BY time DESC, service, address, key",
            person.storedName, person.uid
        ) { row in
            (
                Remembrance(service: row.text(0) ?? "", address: row.text(1) ?? "", key: row.text(2) ?? ""),
                row.integer(3) ?? 0
            )
        }
    }

    /// Forgets all of it at once; how much it was.
    public func forget(_ person: Person) throws -> Int { try write(.now) { try forgetRemembered(person) } }

    @discardableResult
    func forgetRemembered(_ person: Person) throws -> Int {
        try connection.run("DELETE FROM remembered WHERE name = ?1 AND uid = ?2", person.storedName, person.uid)
    }

    /// - Parameter seconds: after which it is of no use any more.
    func keep(_ login: Remembrance, of person: Person, seconds: Int, now: Int64) throws {
        guard seconds > 0, !login.address.isEmpty else { return }
        try forget(.remembered, outside: Window(seconds, before: now))
        try connection.run(
            """
            INSERT INTO remembered (name, uid, service, address, key, time) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT DO UPDATE SET time = excluded.time
            """, person.storedName, person.uid, login.service, login.address, login.key, now)
    }
}
