public import LoginFlow
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
    /// use `Accounts.lock(of:rules:now:)`.
    public var lockedUntil: Int64?

    public init() {}

    public var state: AccountState { isConfirmed ? .confirmed : authyID != nil || hasSoftToken ? .linked : .none }
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

    public init(secret: [UInt8], algorithm: String = "sha1", digits: Int = 6, period: Int = 30, lastSpent: Int64? = nil) {
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
    public func account(of person: Person) throws -> Account {
        try connection.first(
            """
            SELECT authy_id, secret IS NOT NULL, confirmed, grace_used, failures, locked_until
            FROM accounts WHERE name = ?1 AND uid = ?2
            """, person.name, person.uid
        ) { try Account($0, from: 0) } ?? Account()
    }

    public func softToken(of person: Person) throws -> StoredSoftToken? {
        try connection.first(
            """
            SELECT secret, algorithm, digits, period, last_spent
            FROM accounts WHERE name = ?1 AND uid = ?2 AND secret IS NOT NULL
            """, person.name, person.uid
        ) { row in
            guard let secret = row.blob(0), let algorithm = row.text(1), let digits = row.integer(2), let period = row.integer(3) else {
                throw AccountsError.damaged("the SoftToken of \(person.name)")
            }
            return StoredSoftToken(
                secret: secret, algorithm: algorithm, digits: Int(digits), period: Int(period), lastSpent: row.integer(4))
        }
    }

    /// All accounts, by name.
    public func list() throws -> [(Person, Account)] {
        try connection.all(
            """
            SELECT name, uid, authy_id, secret IS NOT NULL, confirmed, grace_used, failures, locked_until
            FROM accounts ORDER BY name, uid
            """
        ) { row in
            guard let name = row.text(0), let uid = row.integer(1).flatMap(UInt32.init(exactly:)) else {
                throw AccountsError.damaged("a row without a name")
            }
            return (Person(name: name, uid: uid), try Account(row, from: 2))
        }
    }
}

extension Account {
    /// Reads authy_id, whether there is a secret, confirmed, grace_used, failures and locked_until, from this column on.
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
    }
}
