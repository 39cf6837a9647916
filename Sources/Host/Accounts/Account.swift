public import Identifiers
public import LoginPolicy
internal import SQLite

/// What is known about a person.
public struct Account: Equatable, Sendable {
    public var authyID: AuthyID?
    public var hasSoftToken = false
    public var isConfirmed = false
    /// Grace logins that were used.
    public var graceUsed = 0
    /// Tries at codes since the last right one, those that are being checked at this moment included.
    public var failures = 0
    /// When codes are taken again, in seconds since 1970. May have passed, and may be wrong by a jump of the clock: for a decision
    /// use `lock`.
    public var lockedUntil: Int64?
    /// When the lock was set.
    var lockedAt: Instant?
    /// Locks since the last right code, each of which is longer than the one before.
    public var locks = 0
    /// As they were counted; see `failuresOfDay(at:)`.
    var failuresOfDay = 0
    var dayBegan: Instant?
    /// Tries at codes that were not right, of which the person has not been told.
    public var wrongCodes = 0
    /// Whether it has, or ever had, an AuthyID: a phone that is lost leads back to an administrator, and to no offer in a login.
    public var hadAuthyID = false
    /// Since when the person does without a factor, in seconds since 1970. Whether that counts is for the settings to say.
    public var optedOut: Int64?
    /// May have run out.
    public var pause: Pause?
    /// What the person wants to be tried first.
    public var prefers: Factor?
    /// Recovery codes that were not used.
    public var recoveryLeft = 0
    public var seen: ServerView?

    public init() {}

    public var state: AccountState { isConfirmed ? .confirmed : authyID != nil || hasSoftToken ? .linked : .none }
}

/// For how long a person is not asked, and why.
public struct Pause: Equatable, Sendable {
    /// The first second in which the person is asked again, in seconds since 1970.
    public let until: Int64
    /// When it was made.
    public let made: Int64
    public let reason: String

    public init(from made: Int64, until: Int64, reason: String) {
        self.made = made
        self.until = until
        self.reason = reason
    }

    /// Whether it holds now. One that is longer than the settings allow never does, nor one that was made in the future.
    public func holds(at now: Int64, maxHours: Int) -> Bool {
        until > now && made <= now.adding(Window.skew) && until <= made.adding(maxHours * 3_600)
    }
}

/// What the 2FA server last said about a person.
public struct ServerView: Equatable, Sendable {
    /// The number, masked by the server; nil where it named none.
    public let phone: String?
    /// Whether the person has a device for approval requests; nil where it did not say.
    public let hasApp: Bool?
    /// Seconds since 1970.
    public let time: Int64

    public init(phone: String?, hasApp: Bool?, time: Int64) {
        self.phone = phone
        self.hasApp = hasApp
        self.time = time
    }
}

/// A SoftToken as it is kept: what OATH needs to check a code, and the last one that was taken.
public struct StoredSoftToken: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    public var secret: [UInt8]
    /// "sha1", "sha256" or "sha512".
    public var algorithm: String
    /// 6 to 8.
    public var digits: Int
    /// Seconds, 15 to 60.
    public var period: Int
    /// The time step of the last code that was taken: neither it nor an earlier one is taken again.
    public var lastSpent: Int64?

    public init(secret: [UInt8], algorithm: String = "sha1", digits: Int = 6, period: Int = 30, lastSpent: Int64? = nil)
    {
        self.secret = secret
        self.algorithm = algorithm
        self.digits = digits
        self.period = period
        self.lastSpent = lastSpent
    }

    /// Without the secret.
    public var description: String { "SoftToken(\(algorithm), \(digits) digits, \(period) s)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Accounts {
    /// A person whom nothing is known about has an account without anything.
    /// - Throws: `AccountsError.altered`, among others: what cannot be trusted is no account without anything.
    public func account(of person: Person) throws -> Account {
        guard try verify(person) else { return Account() }
        return try connection.first(
            """
            SELECT \(Account.columns)
            FROM accounts WHERE name = ?1 AND uid = ?2
            """, person.storedName, person.uid
        ) { try Account($0, from: 0) } ?? Account()
    }

    public func softToken(of person: Person) throws -> StoredSoftToken? {
        try verify(person)
        return try connection.first(
            """
            SELECT secret, algorithm, digits, period, last_spent
            FROM accounts WHERE name = ?1 AND uid = ?2 AND secret IS NOT NULL
            """, person.storedName, person.uid
        ) { row in
            guard let secret = row.blob(0), let algorithm = row.text(1), let digits = row.integer(2),
                let period = row.integer(3)
            else {
                throw AccountsError.damaged("the SoftToken of \(person.name)")
            }
            return StoredSoftToken(
                secret: secret, algorithm: algorithm, digits: Int(digits), period: Int(period),
                lastSpent: row.integer(4))
        }
    }

    /// Whether there is an account of this very person.
    public func hasAccount(_ person: Person) throws -> Bool { try verify(person) }

    /// All accounts, by name, as they stand: see `damage`.
    public func list() throws -> [(Person, Account)] {
        try connection.all(
            """
            SELECT name, uid, \(Account.columns)
            FROM accounts ORDER BY name, uid
            """
        ) { (try Person($0), try Account($0, from: 2)) }
    }

    /// Those who have this AuthyID, by name.
    public func holders(of authyID: AuthyID) throws -> [Person] {
        try connection.all("SELECT name, uid FROM accounts WHERE authy_id = ?1 ORDER BY name, uid", authyID.value) {
            try Person($0)
        }
    }

    /// Those who are told apart by their SSH keys on one account of the system.
    public func people(on name: String, uid: UInt32) throws -> [Person] {
        let first = name + " SHA256:"
        return try connection.all(
            "SELECT name, uid FROM accounts WHERE name > ?1 AND name < ?2 AND uid = ?3 ORDER BY name", first,
            name + " SHA256;", uid
        ) { try Person($0) }.filter { $0.name == name && $0.key != nil }
    }
}

extension Person {
    /// Reads name and uid, from the first column on.
    init(_ row: Row) throws {
        guard let name = row.text(0), let uid = row.integer(1).flatMap(UInt32.init(exactly:)) else {
            throw AccountsError.damaged("a row without a name")
        }
        self.init(storedName: name, uid: uid)
    }
}

extension Account {
    /// What `init` reads.
    fileprivate static let columns = """
        authy_id, secret IS NOT NULL, confirmed, grace_used, failures, locked_until, had_authy_id, opted_out, paused_until, pause_reason,
        prefers, seen_phone, seen_app, seen, paused_at, locks, locked_clock, day_failures, day_clock, wrong_codes,
        (SELECT count(*) FROM recovery WHERE recovery.name = accounts.name AND recovery.uid = accounts.uid AND used IS NULL)
        """

    fileprivate init(_ row: Row, from column: Int32) throws {
        if let number = row.integer(column) {
            guard let id = AuthyID(number) else { throw AccountsError.damaged("AuthyID \(number)") }
            authyID = id
        }
        hasSoftToken = row.integer(column + 1) == 1
        isConfirmed = row.integer(column + 2) == 1
        graceUsed = Int(row.integer(column + 3) ?? 0)
        failures = Int(row.integer(column + 4) ?? 0)
        lockedUntil = row.integer(column + 5)
        hadAuthyID = row.integer(column + 6) == 1
        optedOut = row.integer(column + 7)
        pause = row.integer(column + 8).map { until in
            Pause(from: row.integer(column + 14) ?? .max, until: until, reason: row.text(column + 9) ?? "")
        }
        prefers = row.text(column + 10).flatMap(Factor.init(rawValue:))
        seen = row.integer(column + 13).map {
            ServerView(phone: row.text(column + 11), hasApp: row.integer(column + 12).map { $0 == 1 }, time: $0)
        }
        locks = Int(row.integer(column + 15) ?? 0)
        lockedAt = row.text(column + 16).flatMap(Instant.init(text:))
        failuresOfDay = Int(row.integer(column + 17) ?? 0)
        dayBegan = row.text(column + 18).flatMap(Instant.init(text:))
        wrongCodes = Int(row.integer(column + 19) ?? 0)
        recoveryLeft = Int(row.integer(column + 20) ?? 0)
    }
}
