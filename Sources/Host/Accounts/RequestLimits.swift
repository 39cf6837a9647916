public import Identifiers
internal import SQLite

/// What a person is not sent now, by the rules of `chargePush` and `chargeOneCode`.
///
/// Times are in seconds since 1970.
public struct RequestLimits: Equatable, Sendable {
    /// The places for which a denial stops requests to the phone, and until when; "" is this host.
    public var denied: [DeniedPlace] = []
    /// Until when no request is sent, as too many were not approved; nil if one may be sent.
    public var requestsUntil: Int64?
    /// Until when no code is sent, as too many were not used; nil if one may be sent.
    public var oneCodesUntil: Int64?

    /// A place for which no request is sent.
    public struct DeniedPlace: Equatable, Sendable {
        /// The place, as `Address.place` has it.
        public let place: String
        /// When requests are sent again.
        public let until: Int64
    }
}

extension Accounts {
    /// The limits that hold for a person now.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - now: seconds since 1970.
    /// - Returns: what is not sent, and until when.
    /// - Throws: `SQLiteError`.
    public func requestLimits(of person: Person, now: Int64) throws -> RequestLimits {
        let (sent, denied) = (TimeWindow(Self.requestWindow, before: now), TimeWindow(Self.pause, before: now))
        var limits = RequestLimits()
        limits.denied = try connection.all(
            """
            SELECT place, max(ended) FROM pushes
            WHERE \(Person.matches) AND time > ?4 AND time <= ?5 AND state = 'denied' AND ended > ?6 AND ended <= ?7
            GROUP BY place ORDER BY place
            """, values: person.columns + [sent.after, sent.until, denied.after, denied.until]
        ) { RequestLimits.DeniedPlace(place: $0.text(0) ?? "", until: ($0.integer(1) ?? 0).adding(Self.pause)) }
        limits.requestsUntil = try end(
            of: "pushes", where: "state <> 'approved'", most: Self.pushesNotApproved, of: person, within: sent)
        limits.oneCodesUntil = try end(
            of: "onecodes", where: "TRUE", most: Self.oneCodesNotUsed, of: person, within: sent)
        return limits
    }

    /// When fewer than `most` rows lie within the window again; nil if that is so already.
    private func end(
        of table: String, where condition: String, most: Int, of person: Person, within window: TimeWindow
    ) throws -> Int64? {
        let oldest = try connection.first(
            """
            SELECT time FROM \(table) WHERE \(Person.matches) AND time > ?4 AND time <= ?5 AND \(condition)
            ORDER BY time DESC LIMIT 1 OFFSET \(most - 1)
            """, values: person.columns + [window.after, window.until]
        ) { $0.integer(0) ?? 0 }
        return oldest.map { $0.adding(Self.requestWindow) }
    }
}
