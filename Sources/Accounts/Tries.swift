public import LoginFlow
internal import SQLite

/// What became of the wish to try a code.
public enum TryCharge: Equatable, Sendable {
    /// The code may be checked. It counts as a failure until `settle` says that it was right.
    case granted
    /// No code is taken until then, in seconds since 1970.
    case locked(until: Int64)
}

extension Accounts {
    /// Until when no code is taken from the person, or nil. A lock is never longer than the rules say now: one that was set while the
    /// clock was ahead is cut to that here, and for good.
    public func lock(of person: Person, rules: LockoutRules, now: Int64) throws -> Int64? {
        guard let until = try account(of: person).lockedUntil, until > now else { return nil }
        let latest = now.adding(rules.seconds)
        guard until > latest else { return until }
        return try write(.withNext) { try cutLock(of: person, to: latest) }
    }

    /// Charges one try at a code, before the code is looked at: of any number of simultaneous guesses `rules.failures` are checked.
    /// The last of them locks; after the lock has run out the count starts anew.
    public func chargeTry(_ person: Person, rules: LockoutRules, now: Int64) throws -> TryCharge {
        try write(.withNext) {
            let account = try account(of: person)
            if let until = account.lockedUntil, until > now {
                return .locked(until: try cutLock(of: person, to: now.adding(rules.seconds)) ?? until)
            }
            let failures = account.lockedUntil == nil ? account.failures + 1 : 1
            try ensure(person)
            try update(
                person, "failures = ?3, locked_until = ?4", failures, failures >= rules.failures ? now.adding(rules.seconds) : nil)
            return .granted
        }
    }

    /// Takes one charge back, of a code that could not be checked: an outage of the server locks nobody out.
    public func refundTry(_ person: Person, rules: LockoutRules) throws {
        try write(.withNext) {
            let failures = try max(0, account(of: person).failures - 1)
            try update(
                person, "failures = ?3, locked_until = CASE WHEN ?3 < ?4 THEN NULL ELSE locked_until END", failures, rules.failures)
        }
    }

    /// The lock as it is then.
    private func cutLock(of person: Person, to latest: Int64) throws -> Int64? {
        try update(person, "locked_until = ?3", where: "locked_until > ?3", latest)
        return try account(of: person).lockedUntil
    }
}
