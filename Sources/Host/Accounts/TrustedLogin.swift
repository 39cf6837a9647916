public import Identifiers
internal import SQLite

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
    public func isRemembered(_ person: Person, like login: TrustedLogin, seconds: Int, now: Int64) throws -> Bool {
        guard seconds > 0, !login.address.isEmpty else { return false }
        let window = TimeWindow(seconds, before: now)
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
    func rememberLogin(_ login: TrustedLogin, of person: Person, seconds: Int, now: Int64) throws {
        guard seconds > 0, !login.address.isEmpty else { return }
        try deleteExpired(from: .remembered, outside: TimeWindow(seconds, before: now))
        try connection.run(
            """
            INSERT INTO remembered (account, service, address, key, time) VALUES (\(Person.account), ?4, ?5, ?6, ?7)
            ON CONFLICT DO UPDATE SET time = excluded.time
            """, values: person.columns + [login.service, login.address, login.key, now])
    }
}
