public import Identifiers
internal import LoginPolicy
internal import SQLite

/// What an administrator's command did to an account.
public struct Change: Equatable, Sendable {
    public let before: Account
    public let after: Account
    /// The uids under which the same name had accounts, which are gone now.
    public let forgotten: [UInt32]
}

/// What `unlock` took away.
public struct Unlocked: Equatable, Sendable {
    public let failures: Int
    public let failuresOfDay: Int
    public let lockedUntil: Int64?
    /// Approval requests of the last ten minutes, denials and their pause among them.
    public let pushes: Int
    public let oneCodes: Int
    /// A spent time step that lay in the future.
    public let spentStep: Int64?
}

/// The administrator's commands.
extension Accounts {
    /// Gives the person an AuthyID in place of the one before.
    ///
    /// A confirmed account stays confirmed, also with a new AuthyID or SoftToken: only `unlink` leads back to enrolment and its grace.
    public func link(_ person: Person, _ authyID: AuthyID) throws -> Change {
        try change(person) { try put(authyID, person) }
    }

    /// Links, as `link` does, an account that is as it was seen: others may have been at it while the server was asked.
    /// - Returns: nil where it has another AuthyID since, or was confirmed. Nothing was written then.
    public func link(_ person: Person, _ authyID: AuthyID, ifStill seen: Account) throws -> Change? {
        try change(person, where: { $0.authyID == seen.authyID && $0.isConfirmed == seen.isConfirmed }) {
            try put(authyID, person)
        }
    }

    private func put(_ authyID: AuthyID, _ person: Person) throws {
        try update(
            person,
            """
            seen_phone = CASE WHEN authy_id = ?3 THEN seen_phone END, seen_app = CASE WHEN authy_id = ?3 THEN seen_app END,
                seen = CASE WHEN authy_id = ?3 THEN seen END, authy_id = ?3, had_authy_id = 1
            """, authyID.value)
    }

    /// Gives the person a SoftToken in place of the one before. What was spent stays spent if it is the same one again; `lastSpent` of
    /// the new one is not looked at. For a confirmed account see `link`.
    public func setSoftToken(_ person: Person, _ token: StoredSoftToken) throws -> Change {
        try change(person) { try put(token, person) }
    }

    /// Gives a SoftToken and recovery codes, in place of those that there were, to a person who has no factor.
    /// - Parameter hashes: as for `setRecoveryCodes`.
    /// - Returns: nil where the account has a factor, or had one confirmed. Nothing was written then.
    public func takeOver(_ person: Person, _ token: StoredSoftToken, recoveryCodes hashes: [String]) throws -> Change? {
        try Self.check(hashes)
        return try change(person, where: { $0.state == .none }) {
            try put(token, person)
            try put(hashes, person)
        }
    }

    private func put(_ token: StoredSoftToken, _ person: Person) throws {
        try update(
            person,
            """
            last_spent = CASE WHEN secret = ?3 AND period = ?6 THEN last_spent END, secret = ?3, algorithm = ?4, digits = ?5, period = ?6
            """, token.secret, token.algorithm, token.digits, token.period)
    }

    /// Takes away all factors, recovery codes too, and the memory that one succeeded. Grace logins that were used, failures and a lock
    /// stay, and so does the memory that there was an AuthyID.
    public func unlink(_ person: Person) throws -> Change {
        try change(person, forgetsNamesakes: false) {
            try update(
                person,
                """
                authy_id = NULL, secret = NULL, algorithm = NULL, digits = NULL, period = NULL, last_spent = NULL, confirmed = 0,
                    seen_phone = NULL, seen_app = NULL, seen = NULL
                """)
            try connection.run("DELETE FROM recovery WHERE name = ?1 AND uid = ?2", person.storedName, person.uid)
        }
    }

    /// Sets how many grace logins count as used. It holds at once: no login rides on one that was spent before.
    public func setGraceUsed(_ person: Person, _ used: Int) throws -> Change {
        guard used >= 0 else { throw AccountsError.invalid("number of grace logins") }
        return try change(person, forgetsNamesakes: false) {
            try update(person, "grace_used = ?3", used)
            try connection.run("DELETE FROM grace WHERE name = ?1 AND uid = ?2", person.storedName, person.uid)
        }
    }

    /// Lets the person try again at once: clears failures, those of the day too, and lock, approval requests and OneCodes that count against the person, and
    /// a time step that was spent while the clock was ahead, by more than a phone's clock may be.
    public func unlock(_ person: Person, now: Int64) throws -> Unlocked {
        let (name, uid) = (person.storedName, person.uid)
        return try write(.now) {
            let before = try account(of: person)
            let token = try softToken(of: person)
            let ahead = token.flatMap { token in
                token.lastSpent.flatMap { $0 > now / Int64(max(1, token.period)) + 1 ? $0 : nil }
            }
            try update(
                person,
                "failures = 0, locked_until = NULL, locked_clock = NULL, locks = 0, day_failures = 0, day_clock = NULL")
            if ahead != nil { try update(person, "last_spent = NULL") }
            let pushes = try connection.run("DELETE FROM pushes WHERE name = ?1 AND uid = ?2", name, uid)
            let oneCodes = try connection.run("DELETE FROM onecodes WHERE name = ?1 AND uid = ?2", name, uid)
            if person.key == nil { try forgetIfEmpty(person) }
            return Unlocked(
                failures: before.failures, failuresOfDay: before.failuresOfDay(at: instant(now)),
                lockedUntil: before.lockedUntil,
                pushes: pushes, oneCodes: oneCodes, spentStep: ahead)
        }
    }

    func change(_ person: Person, forgetsNamesakes: Bool = true, _ update: () throws -> Void) throws -> Change {
        try write(.now) { try changing(person, forgetsNamesakes: forgetsNamesakes, update) }
    }

    /// The same, if the account is at this moment as it has to be.
    /// - Returns: nil where it is not. Nothing was written then.
    func change(_ person: Person, where holds: (Account) -> Bool, _ update: () throws -> Void) throws -> Change? {
        var made: Change?
        _ = try writeIfProven(.now) {
            guard holds(try account(of: person)) else { return false }
            made = try changing(person, forgetsNamesakes: true, update)
            return true
        }
        return made
    }

    /// The same inside a transaction.
    func changing(_ person: Person, forgetsNamesakes: Bool, _ update: () throws -> Void) throws -> Change {
        let before = try account(of: person)
        let wasKnown = try verify(person)
        let forgotten = forgetsNamesakes ? try forgetNamesakes(of: person) : []
        try ensure(person)
        try update()
        try forgetRemembered(person)
        let after = try account(of: person)
        // Without a row a key is nobody's, and its owner would be asked for the factor of the shared account.
        if person.key == nil || !wasKnown { try forgetIfEmpty(person) }
        return Change(before: before, after: after, forgotten: forgotten)
    }

    private func forgetNamesakes(of person: Person) throws -> [UInt32] {
        for table in ["recovery", "remembered"] {
            try connection.run("DELETE FROM \(table) WHERE name = ?1 AND uid <> ?2", person.storedName, person.uid)
        }
        return try delete(where: "name = ?1 AND uid <> ?2", person.storedName, person.uid)
    }

    /// Deletes a row that says nothing. Not for somebody who is told apart by a key: that there is a row is what is known of them.
    private func forgetIfEmpty(_ person: Person) throws {
        try delete(
            where: """
                name = ?1 AND uid = ?2 AND authy_id IS NULL AND secret IS NULL AND grace_used = 0 AND failures = 0 AND day_failures = 0
                AND locked_until IS NULL AND had_authy_id = 0 AND opted_out IS NULL AND paused_until IS NULL AND prefers IS NULL
                AND NOT EXISTS (SELECT 1 FROM recovery WHERE recovery.name = accounts.name AND recovery.uid = accounts.uid)
                """, person.storedName, person.uid)
    }
}
