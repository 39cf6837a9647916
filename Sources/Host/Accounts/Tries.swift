public import Identifiers
public import LoginPolicy
internal import SQLite

/// The answer to a charge for a code.
public enum TryCharge: Equatable, Sendable {
    /// The code may be checked.
    ///
    /// It counts as a failure until `commit` reports that it was right.
    case granted
    /// No code is accepted until then, in seconds since 1970.
    case locked(until: Int64)
}

extension LockoutRules {
    /// The longest that a lock may grow, in seconds, unless the first lock of the settings is longer.
    static let longest = 3_600
    /// The time over which `failuresOfDay` are counted, in seconds.
    static let day = 86_400

    /// The length of a lock in seconds: each without a right code in between is twice as long as the one before; 1 is
    /// the first.
    func length(ofLock number: Int) -> Int64 {
        Int64(min(max(seconds, Self.longest), seconds << min(max(number, 1) - 1, 12)))
    }
}

extension Account {
    /// The time until which no code is accepted, in seconds since 1970, or nil.
    ///
    /// A lock is never longer than the present rules allow, nor longer than when it was set, whatever the wall clock
    /// did since.
    public func lock(_ rules: LockoutRules, at now: Instant) -> Int64? {
        guard let lockedUntil else { return nil }
        let left: Int64
        if let lockedAt {
            var most = rules.length(ofLock: locks)
            if isFull(rules, at: now) { most = max(most, Int64(LockoutRules.day)) }
            left = min(lockedUntil.less(lockedAt.wall), most).less(lockedAt.elapsed(until: now))
        } else {
            // The lock is of an earlier version.
            left = min(lockedUntil.less(now.wall), Int64(rules.seconds))
        }
        guard left > 0 else { return nil }
        return now.wall.adding(Int(left))
    }

    /// Wrong codes within a day.
    public func failuresOfDay(at now: Instant) -> Int {
        guard let dayBegan, dayBegan.elapsed(until: now) < LockoutRules.day else { return 0 }
        return failuresOfDay
    }

    /// Whether nothing tells how long ago the lock was set.
    func needsAnchor(_ now: Instant) -> Bool { lockedUntil != nil && lockedAt?.liesAhead(of: now) ?? true }

    private func isFull(_ rules: LockoutRules, at now: Instant) -> Bool {
        failuresOfDay(at: now) >= rules.failuresOfDay
    }
}

extension Accounts {
    /// The time until which no code of a person is accepted; see `Account.lock`.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - rules: the rules for locks.
    ///   - now: seconds since 1970.
    /// - Returns: seconds since 1970, or nil.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func lock(of person: Person, rules: LockoutRules, now: Int64) throws -> Int64? {
        let now = instant(now)
        let account = try account(of: person)
        guard let until = account.lock(rules, at: now) else { return nil }
        guard account.needsAnchor(now) else { return until }
        return try write(.withNext) { try anchoredLock(of: person, rules: rules, now: now) }
    }

    /// Charges one code before it is checked.
    ///
    /// Of simultaneous guesses only `rules.failures` are checked, and only `rules.failuresOfDay` of one day. The last
    /// of them locks, each time for twice as long. After the lock the count starts anew, and that of the day goes on.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - rules: the rules for locks.
    ///   - now: seconds since 1970.
    /// - Returns: whether the code may be checked.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func chargeTry(_ person: Person, rules: LockoutRules, now: Int64) throws -> TryCharge {
        let now = instant(now)
        return try write(.withNext) {
            let account = try account(of: person)
            if let until = try anchoredLock(of: person, rules: rules, now: now) { return .locked(until: until) }
            let failures = if account.lockedUntil == nil { account.failures + 1 } else { 1 }
            let (count, began) = day(of: account, at: now)
            let isLast = failures >= rules.failures
            var (locks, lock) = (account.locks, Int64(0))
            if isLast {
                locks += 1
                lock = rules.length(ofLock: locks)
            }
            if count + 1 >= rules.failuresOfDay {
                lock = max(lock, Int64(LockoutRules.day) - began.elapsed(until: now))
            }
            try ensure(person)
            let (until, since): (Int64?, String?) =
                if lock > 0 { (now.wall.adding(Int(lock)), now.text) } else { (nil, nil) }
            try update(
                person,
                """
                failures = ?2, locked_until = ?3, locked_clock = ?4, locks = ?5, day_failures = ?6, day_clock = ?7,
                    wrong_codes = wrong_codes + 1
                """, failures, until, since, locks, count + 1, began.text)
            return .granted
        }
    }

    /// Takes one charge back for a code that could not be checked: an outage of the server locks nobody out.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - rules: the rules for locks.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func refundTry(_ person: Person, rules: LockoutRules) throws {
        try write(.withNext) {
            let account = try account(of: person)
            let (failures, count) = (max(0, account.failures - 1), max(0, account.failuresOfDay - 1))
            let isOpen = failures < rules.failures && count < rules.failuresOfDay
            var locks = account.locks
            if isOpen, account.lockedUntil != nil { locks = max(0, locks - 1) }
            try update(
                person,
                """
                failures = ?2, day_failures = ?3, wrong_codes = max(0, wrong_codes - 1), locks = ?4,
                    locked_until = CASE WHEN ?5 THEN NULL ELSE locked_until END, \
                locked_clock = CASE WHEN ?5 THEN NULL ELSE locked_clock END
                """, failures, count, locks, isOpen)
        }
    }

    /// The number of charges of the day before this one, and when the day began.
    private func day(of account: Account, at now: Instant) -> (count: Int, began: Instant) {
        guard let began = account.dayBegan, began.elapsed(until: now) < LockoutRules.day else { return (0, now) }
        // The day began while the clock was ahead: it ends a day from now at the latest, and the count stays.
        return (account.failuresOfDay, began.notAhead(of: now))
    }

    /// The lock that holds.
    ///
    /// A lock that was set while the clock was ahead begins now, once and for all.
    private func anchoredLock(of person: Person, rules: LockoutRules, now: Instant) throws -> Int64? {
        let account = try account(of: person)
        guard let until = account.lock(rules, at: now) else { return nil }
        if account.needsAnchor(now) {
            let day = account.dayBegan?.notAhead(of: now)
            try update(person, "locked_until = ?2, locked_clock = ?3, day_clock = ?4", until, now.text, day?.text)
        }
        return until
    }

    func instant(_ now: Int64) -> Instant { Instant(wall: now, bootTime: bootTime?()) }
}

extension Instant {
    /// This instant, or `now` if it was taken while the clock was ahead.
    fileprivate func notAhead(of now: Instant) -> Instant { if liesAhead(of: now) { now } else { self } }
}
