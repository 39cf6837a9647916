public import Identifiers
public import LoginPolicy
internal import SQLite

/// What the accounts hold about one person, except secrets.
public struct Account: Equatable, Sendable {
    /// The number of the person at the 2FA server; nil if no phone is linked.
    public var authyID: AuthyID?
    /// Whether the account has a SoftToken (TOTP).
    public var hasSoftToken = false
    /// Whether one of the factors has succeeded.
    public var isConfirmed = false
    /// The number of grace logins that were used.
    public var graceUsed = 0
    /// Attempts at codes since the last right one, including those that are being checked right now.
    public var failures = 0
    /// When codes are accepted again, in seconds since 1970.
    ///
    /// It may have passed, and may be wrong after a jump of the clock: `lock` decides.
    public var lockedUntil: Int64?
    /// When the lock was set.
    var lockedAt: Instant?
    /// Locks since the last right code, each longer than the one before.
    public var locks = 0
    /// The stored count; see `failuresOfDay(at:)`.
    var failuresOfDay = 0
    /// When the day of `failuresOfDay` began.
    var dayBegan: Instant?
    /// Wrong codes that the person has not been told about.
    public var wrongCodes = 0
    /// Whether the account has, or ever had, an AuthyID.
    ///
    /// After the loss of a phone only an administrator can link another one: the login does not offer it.
    public var hadAuthyID = false
    /// When the person opted out of a factor, in seconds since 1970; nil if not.
    ///
    /// The settings decide whether that counts.
    public var optedOut: Int64?
    /// A pause, which may be over; nil if none was set.
    public var pause: FactorPause?
    /// The factor that the person wants to be tried first; nil for the one of the settings.
    public var prefers: Factor?
    /// The number of unused recovery codes.
    public var recoveryLeft = 0
    /// What the 2FA server last said about the person; nil if it was never asked.
    public var seen: ServerView?

    /// An account without anything.
    public init() {}

    /// How far the enrollment is: a factor has succeeded, a factor is linked, or there is none.
    public var state: AccountState {
        if isConfirmed { return .confirmed }
        return if authyID != nil || hasSoftToken { .linked } else { .none }
    }
}

/// A SoftToken as it is stored: the parameters to check a code (RFC 6238), and the last time step that was accepted.
public struct StoredSoftToken: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The bytes of the shared key.
    public var secret: [UInt8]
    /// "sha1", "sha256" or "sha512".
    public var algorithm: String
    /// 6 to 8.
    public var digits: Int
    /// Seconds, 15 to 60.
    public var period: Int
    /// The time step of the last code that was accepted: neither it nor an earlier one is accepted again.
    public var lastSpent: Int64?

    /// Takes the values as they are.
    public init(secret: [UInt8], algorithm: String = "sha1", digits: Int = 6, period: Int = 30, lastSpent: Int64? = nil)
    {
        self.secret = secret
        self.algorithm = algorithm
        self.digits = digits
        self.period = period
        self.lastSpent = lastSpent
    }

    /// The parameters, without the secret.
    public var description: String { "SoftToken(\(algorithm), \(digits) digits, \(period) s)" }
    /// Empty, so that a dump does not show the secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Accounts {
    /// The account of a person, empty if there is no row.
    ///
    /// - Parameter person: the person.
    /// - Returns: the account.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed, rather than an empty account;
    ///   `SQLiteError`.
    public func account(of person: Person) throws -> Account {
        guard let id = try id(of: person) else { return Account() }
        return try connection.first("SELECT \(Account.columns) FROM accounts WHERE id = ?1", id) {
            try Account($0, from: 0)
        } ?? Account()
    }

    /// The SoftToken of a person.
    ///
    /// - Parameter person: the person.
    /// - Returns: nil if the account has none.
    /// - Throws: `AccountsError` if the row is lost, was changed, or is damaged; `SQLiteError`.
    public func softToken(of person: Person) throws -> StoredSoftToken? {
        guard let id = try id(of: person) else { return nil }
        return try connection.first(
            """
            SELECT secret, algorithm, digits, period, last_spent
            FROM accounts WHERE id = ?1 AND secret IS NOT NULL
            """, id
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

    /// Whether there is an account of exactly this person.
    ///
    /// - Parameter person: the person.
    /// - Returns: whether there is a row.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func hasAccount(_ person: Person) throws -> Bool { try id(of: person) != nil }

    /// All accounts, sorted by name, without a check of their seals: see `damage`.
    ///
    /// - Returns: each person with the account.
    /// - Throws: `AccountsError.damaged` if a row cannot be read; `SQLiteError`.
    public func list() throws -> [(Person, Account)] {
        try connection.all(
            """
            SELECT name, uid, key, \(Account.columns)
            FROM accounts ORDER BY name, key, uid
            """
        ) { (try Person($0), try Account($0, from: 3)) }
    }

    /// The people who have this AuthyID, sorted by name.
    ///
    /// - Parameter authyID: the number at the 2FA server.
    /// - Returns: the people, none if nobody has it.
    /// - Throws: `AccountsError.damaged` if a row cannot be read; `SQLiteError`.
    public func holders(of authyID: AuthyID) throws -> [Person] {
        try connection.all(
            "SELECT name, uid, key FROM accounts WHERE authy_id = ?1 ORDER BY name, key, uid", authyID.value
        ) { try Person($0) }
    }

    /// The people who share a system account and are told apart by their SSH keys.
    ///
    /// - Parameters:
    ///   - name: the user name of the system account.
    ///   - uid: its uid.
    /// - Returns: the people with their keys, sorted by key.
    /// - Throws: `AccountsError.damaged` if a row cannot be read; `SQLiteError`.
    public func people(on name: String, uid: UInt32) throws -> [Person] {
        try connection.all(
            "SELECT name, uid, key FROM accounts WHERE name = ?1 AND uid = ?2 AND key <> '' ORDER BY key", name, uid
        ) { try Person($0) }
    }
}

extension Person {
    /// Reads name, uid and key, from the first column on.
    init(_ row: Row) throws {
        guard let name = row.text(0), let uid = row.integer(1).flatMap(UInt32.init(exactly:)), let key = row.text(2)
        else {
            throw AccountsError.damaged("a row without a name")
        }
        self.init(name: name, uid: uid, key: try KeyFingerprint(stored: key))
    }

    /// The key as the tables have it: its fingerprint, or "" for none.
    var storedKey: String { key?.description ?? "" }

    /// Name, uid and key, for the statements on tables that hold all three.
    var columns: [(any Bindable)?] { [name, uid, storedKey] }

    /// Selects the rows of a person in those tables; the values are `columns`.
    static let matches = "name = ?1 AND uid = ?2 AND key = ?3"
    /// The id of a person's account, for statements on the tables that refer to it; NULL if there is none.
    ///
    /// The values are `columns`. Nothing is checked here: what lets a person in goes through `Accounts.id(of:)`.
    static let account = "(SELECT id FROM accounts WHERE \(matches))"
}

extension KeyFingerprint {
    /// Reads a key as the tables have it; nil for none.
    init?(stored text: String) throws {
        if text.isEmpty { return nil }
        guard let key = KeyFingerprint(text) else { throw AccountsError.damaged("a key that is no fingerprint") }
        self = key
    }
}

extension Account {
    /// The columns that `init` reads.
    fileprivate static let columns = """
        authy_id, secret IS NOT NULL, confirmed, grace_used, failures, locked_until, had_authy_id, opted_out, \
        paused_until, pause_reason,
        prefers, seen_phone, seen_app, seen, paused_at, locks, locked_clock, day_failures, day_clock, wrong_codes,
        (SELECT count(*) FROM recovery WHERE recovery.account = accounts.id AND used IS NULL)
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
            FactorPause(from: row.integer(column + 14) ?? .max, until: until, reason: row.text(column + 9) ?? "")
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
