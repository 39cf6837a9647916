public import Identifiers
internal import SQLite

/// What a person is not sent for now, by the rules of `chargePush` and `chargeOneCode`. Times are in seconds since 1970.
public struct RequestLimits: Equatable, Sendable {
    /// Places for whose logins no request goes to the phone after a denial, and until when; "" is this host.
    public var denied: [Pause] = []
    /// Until when none goes, as too many were not approved.
    public var requestsUntil: Int64?
    /// Until when no code is sent, as too many were not used.
    public var oneCodesUntil: Int64?

    public struct Pause: Equatable, Sendable {
        /// As `Address.place` has it.
        public let place: String
        public let until: Int64
    }
}

extension Accounts {
    public func requestLimits(of person: Person, now: Int64) throws -> RequestLimits {
        let (sent, denied) = (Window(Self.requestWindow, before: now), Window(Self.pause, before: now))
        var limits = RequestLimits()
        limits.denied = try connection.all(
            """
            SELECT place, max(ended) FROM pushes
            WHERE name = ?1 AND uid = ?2 AND time > ?3 AND time <= ?4 AND state = 'denied' AND ended > ?5 AND ended <= ?6
            GROUP BY place ORDER BY place
            """, person.storedName, person.uid, sent.after, sent.until, denied.after, denied.until
        ) { RequestLimits.Pause(place: $0.text(0) ?? "", until: ($0.integer(1) ?? 0).adding(Self.pause)) }
        limits.requestsUntil = try end(of: "pushes", "AND state <> 'approved'", Self.pushesNotApproved, person, sent)
        limits.oneCodesUntil = try end(of: "onecodes", "", Self.oneCodesNotUsed, person, sent)
        return limits
    }

    /// When there are fewer than `most` of them within the window again; nil where there are.
    private func end(of table: String, _ condition: String, _ most: Int, _ person: Person, _ window: Window) throws
        -> Int64?
    {
        let oldest = try connection.first(
            """
            SELECT time FROM \(table) WHERE name = ?1 AND uid = ?2 AND time > ?3 AND time <= ?4 \(condition)
            ORDER BY time DESC LIMIT 1 OFFSET \(most - 1)
            """, person.storedName, person.uid, window.after, window.until
        ) { $0.integer(0) ?? 0 }
        return oldest.map { $0.adding(Self.requestWindow) }
    }
}
