public import Identifiers
internal import SQLite

/// The answer to a charge for an approval request.
public enum PushCharge: Equatable, Sendable {
    /// The request may be sent; the number is for `endPush` and `LoginCommit`.
    case granted(Int64)
    /// The person has denied a request for this place within the last five minutes.
    case paused
    /// Three requests within the last ten minutes were not approved, or are still pending.
    case tooMany
    /// This attempt has had a request, and only the person can ask for another one.
    case alreadySent
}

/// How an approval request ended.
public enum PushEnd: String, Sendable {
    case approved, denied, expired, cancelled
    /// It never reached the server, and does not count.
    case failed
}

/// Charges for what is sent to a person, made before it is sent.
extension Accounts {
    static let pushesNotApproved = 3
    static let oneCodesNotUsed = 3
    /// Seconds, for both.
    static let requestWindow = 600
    /// Seconds after a denial.
    static let pause = 300

    /// Charges one approval request before it is sent.
    ///
    /// It counts until `endPush` or `commit` reports that it was approved or failed.
    ///
    /// - Parameters:
    ///   - person: the person who gets it.
    ///   - attempt: the key of the attempt, 1 to 200 bytes.
    ///   - place: `Address.place`, or "" for a login without an address.
    ///   - automatic: whether it is sent without the person asking for it.
    ///   - now: seconds since 1970.
    /// - Returns: whether it may be sent.
    /// - Throws: `AccountsError.invalid` for another key, `AccountsError.damaged`; `SQLiteError`.
    public func chargePush(_ person: Person, attempt: String, place: String, automatic: Bool, now: Int64) throws
        -> PushCharge
    {
        try Self.check(attempt)
        return try write(.withNext) {
            let window = TimeWindow(Self.requestWindow, before: now)
            if try isPaused(person, at: place, sent: window, denied: TimeWindow(Self.pause, before: now)) {
                return .paused
            }
            if automatic, try hasPush(attempt, within: TimeWindow(Self.attemptMemory, before: now)) {
                return .alreadySent
            }
            if try pushesNotApproved(by: person, within: window) >= Self.pushesNotApproved { return .tooMany }
            try deleteExpired(from: .pushes, outside: window)
            let id = try connection.first(
                """
                INSERT INTO pushes (name, uid, key, attempt, place, time) VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id
                """, values: person.columns + [attempt, place, now]
            ) { $0.integer(0) }
            guard case let id?? = id else { throw AccountsError.damaged("no number for a push") }
            return .granted(id)
        }
    }

    /// Ends a pending approval request; one that has ended or was forgotten stays as it is.
    ///
    /// It is on the disk with the next `commit`.
    ///
    /// - Parameters:
    ///   - id: the number from `chargePush`.
    ///   - end: how it ended.
    ///   - now: seconds since 1970.
    /// - Throws: `SQLiteError`.
    public func endPush(_ id: Int64, as end: PushEnd, now: Int64) throws {
        try write(.withNext) { try finishPush(id, as: end, now: now) }
    }

    func finishPush(_ id: Int64, as end: PushEnd, now: Int64) throws {
        if end == .failed {
            try connection.run("DELETE FROM pushes WHERE id = ?1 AND state = 'pending'", id)
        } else {
            try connection.run(
                "UPDATE pushes SET state = ?2, ended = ?3 WHERE id = ?1 AND state = 'pending'", id, end.rawValue, now)
        }
    }

    /// Charges one OneCode: within ten minutes at most three are sent without a success after them.
    ///
    /// - Parameters:
    ///   - person: the person who gets it.
    ///   - now: seconds since 1970.
    /// - Returns: whether it may be sent.
    /// - Throws: `SQLiteError`.
    public func chargeOneCode(_ person: Person, now: Int64) throws -> Bool {
        try write(.withNext) {
            let window = TimeWindow(Self.requestWindow, before: now)
            let count = try connection.first(
                "SELECT count(*) FROM onecodes WHERE \(Person.matches) AND time > ?4 AND time <= ?5",
                values: person.columns + [window.after, window.until]
            ) { $0.integer(0) ?? 0 }
            guard let count, count < Self.oneCodesNotUsed else { return false }
            try deleteExpired(from: .onecodes, outside: window)
            try connection.run(
                "INSERT INTO onecodes (name, uid, key, time) VALUES (?1, ?2, ?3, ?4)", values: person.columns + [now])
            return true
        }
    }

    /// Deletes the OneCodes that count against a person; returns their number.
    @discardableResult
    func deleteOneCodes(of person: Person) throws -> Int {
        try connection.run("DELETE FROM onecodes WHERE \(Person.matches)", values: person.columns)
    }

    private func isPaused(_ person: Person, at place: String, sent: TimeWindow, denied: TimeWindow) throws -> Bool {
        try connection.first(
            """
            SELECT 1 FROM pushes
            WHERE \(Person.matches) AND time > ?4 AND time <= ?5
            AND state = 'denied' AND place = ?6 AND ended > ?7 AND ended <= ?8
            """, values: person.columns + [sent.after, sent.until, place, denied.after, denied.until]
        ) { _ in true } ?? false
    }

    private func pushesNotApproved(by person: Person, within window: TimeWindow) throws -> Int64 {
        try connection.first(
            """
            SELECT count(*) FROM pushes \
            WHERE \(Person.matches) AND time > ?4 AND time <= ?5 AND state <> 'approved'
            """, values: person.columns + [window.after, window.until]
        ) { $0.integer(0) ?? 0 } ?? 0
    }

    func hasPush(_ attempt: String, within window: TimeWindow) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM pushes WHERE attempt = ?1 AND time > ?2 AND time <= ?3", attempt, window.after, window.until
        ) { _ in true } ?? false
    }
}
