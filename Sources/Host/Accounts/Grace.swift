public import Identifiers
public import LoginPolicy
internal import SQLite

/// Whether a login passes on grace.
public enum Grace: Equatable, Sendable {
    /// It passes, and this number of further grace logins is left.
    case excused(left: Int)
    case exhausted
}

extension Accounts {
    /// Excuses one login while grace lasts, and spends a grace login for it if one is due.
    ///
    /// Only the services in `rules.graceServices` spend, and logins from one place within `rules.graceWindow` seconds
    /// together spend once; they are excused even if none is left. Of simultaneous logins from different places,
    /// exactly as many are excused as grace logins were left.
    ///
    /// The caller decides whether the rules ask for grace at all, but an account with a confirmed factor has none.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - service: the PAM service of the login.
    ///   - place: `Address.place`, or "" for a login without an address.
    ///   - rules: the rules of enrollment.
    ///   - now: seconds since 1970.
    ///   - graceEnds: the first second without grace, or nil.
    /// - Returns: whether the login passes.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func spendGrace(
        _ person: Person, service: String, place: String, rules: EnrolmentRules, now: Int64, graceEnds: Int64?
    ) throws -> Grace {
        if let graceEnds, now >= graceEnds { return .exhausted }
        return try write(.withNext) {
            let account = try account(of: person)
            let left = max(0, rules.graceLogins - account.graceUsed)
            if account.isConfirmed { return .exhausted }
            if rules.graceWindow > 0,
                try hasSpent(person, at: place, within: TimeWindow(rules.graceWindow, before: now))
            {
                return .excused(left: left)
            }
            if left == 0 { return .exhausted }
            guard rules.graceServices.contains(service) else { return .excused(left: left) }
            try spendOne(of: person, at: place, rules: rules, now: now)
            return .excused(left: left - 1)
        }
    }

    private func hasSpent(_ person: Person, at place: String, within window: TimeWindow) throws -> Bool {
        try connection.first(
            "SELECT time FROM grace WHERE account = \(Person.account) AND place = ?4", values: person.columns + [place]
        ) { $0.integer(0).map(window.contains) ?? false } ?? false
    }

    private func spendOne(of person: Person, at place: String, rules: EnrolmentRules, now: Int64) throws {
        let id = try ensure(person)
        try update(person, "grace_used = grace_used + 1")
        try deleteExpired(from: .grace, outside: TimeWindow(rules.graceWindow, before: now))
        try connection.run(
            """
            INSERT INTO grace (account, place, time) VALUES (?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET time = excluded.time
            """, id, place, now)
    }
}
