public import Identifiers
internal import LoginPolicy
internal import SQLite

/// An account before and after a command of an administrator.
public struct AccountChange: Equatable, Sendable {
    /// The account before the change.
    public let before: Account
    /// The account after the change.
    public let after: Account
    /// The uids of other accounts with the same name, which were deleted.
    public let forgotten: [UInt32]
}

/// What `unlock` cleared.
public struct Unlocked: Equatable, Sendable {
    /// Attempts at codes since the last right one.
    public let failures: Int
    /// Attempts of the day.
    public let failuresOfDay: Int
    /// The end of the lock, in seconds since 1970; nil if there was none.
    public let lockedUntil: Int64?
    /// Approval requests of the last ten minutes, including denied ones.
    public let pushes: Int
    /// OneCodes that counted against the person.
    public let oneCodes: Int
    /// A spent time step in the future; nil if there was none.
    public let spentStep: Int64?
}

/// Commands of the administrator.
extension Accounts {
    /// Gives the person an AuthyID in place of the one before.
    ///
    /// A confirmed account stays confirmed, even with a new AuthyID or SoftToken: only `unlink` leads back to
    /// enrollment and its grace.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - authyID: the number at the 2FA server.
    /// - Returns: what changed.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func link(_ person: Person, to authyID: AuthyID) throws -> AccountChange {
        try change(person) { try setAuthyID(of: person, to: authyID) }
    }

    /// Links an account like `link`, if it is as it was read: others may have changed it while the server was asked.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - authyID: the number at the 2FA server.
    ///   - seen: the account as it was read.
    /// - Returns: nil if its AuthyID differs, or if it was confirmed since. Nothing was written then.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func link(_ person: Person, to authyID: AuthyID, ifStill seen: Account) throws -> AccountChange? {
        try change(person, where: { $0.authyID == seen.authyID && $0.isConfirmed == seen.isConfirmed }) {
            try setAuthyID(of: person, to: authyID)
        }
    }

    private func setAuthyID(of person: Person, to authyID: AuthyID) throws {
        try update(
            person,
            """
            seen_phone = CASE WHEN authy_id = ?2 THEN seen_phone END, \
            seen_app = CASE WHEN authy_id = ?2 THEN seen_app END,
                seen = CASE WHEN authy_id = ?2 THEN seen END, authy_id = ?2, had_authy_id = 1
            """, authyID.value)
    }

    /// Gives the person a SoftToken in place of the one before.
    ///
    /// If it is the same one again, spent codes stay spent; `lastSpent` of the new one is ignored. For a confirmed
    /// account see `link`.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - token: the new SoftToken.
    /// - Returns: what changed.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func setSoftToken(_ person: Person, to token: StoredSoftToken) throws -> AccountChange {
        try change(person) { try storeSoftToken(token, of: person) }
    }

    /// Gives a SoftToken and recovery codes to a person without a factor, in place of old codes.
    ///
    /// - Parameters:
    ///   - token: the SoftToken.
    ///   - hashes: as for `setRecoveryCodes`.
    ///   - person: the person.
    /// - Returns: nil if the account has a factor, or had one confirmed. Nothing was written then.
    /// - Throws: `AccountsError.invalid` for other hashes, `AccountsError.altered` if the row is lost or was changed;
    ///   `SQLiteError`.
    public func importSoftToken(_ token: StoredSoftToken, recoveryCodes hashes: [String], for person: Person) throws
        -> AccountChange?
    {
        try Self.check(hashes)
        return try change(person, where: { $0.state == .none }) {
            try storeSoftToken(token, of: person)
            try replaceRecoveryCodes(of: person, with: hashes)
        }
    }

    private func storeSoftToken(_ token: StoredSoftToken, of person: Person) throws {
        try update(
            person,
            """
            last_spent = CASE WHEN secret = ?2 AND period = ?5 THEN last_spent END, secret = ?2, algorithm = ?3, \
            digits = ?4, period = ?5
            """, token.secret, token.algorithm, token.digits, token.period)
    }

    /// Removes all factors, including recovery codes, and the note that one succeeded.
    ///
    /// Used grace logins, failures and a lock stay, and so does the note that there was an AuthyID.
    ///
    /// - Parameter person: the person.
    /// - Returns: what changed.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func unlink(_ person: Person) throws -> AccountChange {
        try change(person, forgetsNamesakes: false) {
            try update(
                person,
                """
                authy_id = NULL, secret = NULL, algorithm = NULL, digits = NULL, period = NULL, last_spent = NULL, \
                confirmed = 0,
                    seen_phone = NULL, seen_app = NULL, seen = NULL
                """)
            try deleteRecoveryCodes(of: person)
        }
    }

    /// Sets how many grace logins count as used, at once: no login shares one that was spent before.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - used: the number, not negative.
    /// - Returns: what changed.
    /// - Throws: `AccountsError.invalid` for a negative number, `AccountsError.altered` if the row is lost or was
    ///   changed; `SQLiteError`.
    public func setGraceUsed(_ person: Person, to used: Int) throws -> AccountChange {
        guard used >= 0 else { throw AccountsError.invalid("number of grace logins") }
        return try change(person, forgetsNamesakes: false) {
            try update(person, "grace_used = ?2", used)
            try connection.run("DELETE FROM grace WHERE account = \(Person.account)", values: person.columns)
        }
    }

    /// Lets the person try again at once.
    ///
    /// Clears the lock, the failures, also those of the day, and the approval requests and OneCodes that count against
    /// the person. A time step that was spent while the clock was ahead, by more than the clock of a phone may be, is
    /// cleared too.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - now: seconds since 1970.
    /// - Returns: what was cleared.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func unlock(_ person: Person, now: Int64) throws -> Unlocked {
        try write(.now) {
            let before = try account(of: person)
            let token = try softToken(of: person)
            let ahead = token?.stepAhead(of: now)
            try update(
                person,
                "failures = 0, locked_until = NULL, locked_clock = NULL, locks = 0, day_failures = 0, day_clock = NULL")
            if ahead != nil { try update(person, "last_spent = NULL") }
            let pushes = try connection.run("DELETE FROM pushes WHERE \(Person.matches)", values: person.columns)
            let oneCodes = try deleteOneCodes(of: person)
            if person.key == nil { try forgetIfEmpty(person) }
            return Unlocked(
                failures: before.failures, failuresOfDay: before.failuresOfDay(at: instant(now)),
                lockedUntil: before.lockedUntil,
                pushes: pushes, oneCodes: oneCodes, spentStep: ahead)
        }
    }

    func change(_ person: Person, forgetsNamesakes: Bool = true, _ update: () throws -> Void) throws -> AccountChange {
        try write(.now) { try changing(person, forgetsNamesakes: forgetsNamesakes, update) }
    }

    /// Changes the account if it meets a condition.
    ///
    /// Returns nil if it does not. Nothing was written then.
    func change(_ person: Person, where holds: (Account) -> Bool, _ update: () throws -> Void) throws -> AccountChange?
    {
        var made: AccountChange?
        _ = try writeIfProven(.now) {
            guard holds(try account(of: person)) else { return false }
            made = try changing(person, forgetsNamesakes: true, update)
            return true
        }
        return made
    }

    /// Changes the account inside a transaction.
    func changing(_ person: Person, forgetsNamesakes: Bool, _ update: () throws -> Void) throws -> AccountChange {
        let before = try account(of: person)
        let wasKnown = try id(of: person) != nil
        var forgotten: [UInt32] = []
        if forgetsNamesakes { forgotten = try forgetNamesakes(of: person) }
        try ensure(person)
        try update()
        try forgetRemembered(person)
        let after = try account(of: person)
        // Without a row a key is unknown, and its owner would be asked for the factor of the shared account.
        if person.key == nil || !wasKnown { try forgetIfEmpty(person) }
        return AccountChange(before: before, after: after, forgotten: forgotten)
    }

    private func forgetNamesakes(of person: Person) throws -> [UInt32] {
        try delete(where: "name = ?1 AND uid <> ?2 AND key = ?3", person.columns)
    }

    /// Deletes a row that says nothing.
    ///
    /// Not for a person with a key: the row itself says that the key is known.
    private func forgetIfEmpty(_ person: Person) throws {
        try delete(
            where: """
                \(Person.matches) AND authy_id IS NULL AND secret IS NULL AND grace_used = 0 AND failures = 0 \
                AND day_failures = 0
                AND locked_until IS NULL AND had_authy_id = 0 AND opted_out IS NULL AND paused_until IS NULL \
                AND prefers IS NULL
                AND NOT EXISTS (SELECT 1 FROM recovery WHERE recovery.account = accounts.id)
                """, person.columns)
    }
}

extension StoredSoftToken {
    /// The last spent time step if no phone's clock can be there yet: it was spent while the clock here was ahead.
    fileprivate func stepAhead(of now: Int64) -> Int64? {
        guard let lastSpent, lastSpent > now / Int64(max(1, period)) + 1 else { return nil }
        return lastSpent
    }
}
