public import Identifiers

/// The parameters of a time-based token (RFC 6238); time starts at the Unix epoch (T0 = 0).
public struct TOTP: Equatable, Sendable {
    /// How long one time step may last, in seconds.
    public static let periods = 15...60
    /// How many time steps may be looked at on each side of now.
    public static let driftLimits = 0...10

    public let algorithm: Algorithm
    /// 6 to 8.
    public let digits: Int
    /// Seconds that one code lasts, 15 to 60.
    public let period: Int

    /// What every authenticator app reads: SHA-1, 6 digits, 30 seconds.
    public init() {
        algorithm = .sha1
        digits = 6
        period = 30
    }

    /// Nil unless `digits` is 6 to 8 and `period` 15 to 60 seconds.
    public init?(algorithm: Algorithm, digits: Int, period: Int) {
        guard HOTP.digits.contains(digits), Self.periods.contains(period) else { return nil }
        self.algorithm = algorithm
        self.digits = digits
        self.period = period
    }

    /// The number of the time step that holds a moment (RFC 6238, section 4.2); nil before the epoch.
    /// - Parameter unixTime: seconds since 1970-01-01T00:00:00Z.
    public func timeStep(at unixTime: Int64) -> Int64? {
        unixTime < 0 ? nil : unixTime / Int64(period)
    }

    /// The code of a time step: ASCII digits with leading zeros. A negative step has the code of no moment.
    public func code(_ secret: Secret, timeStep: Int64) -> String {
        let counter = UInt64(bitPattern: timeStep)
        return HOTP.text(HOTP.number(secret, counter: counter, algorithm: algorithm), digits: digits)
    }

    /// What became of a code.
    public enum Match: Equatable, Sendable {
        /// Right, and never used. The caller stores this time step as spent before anybody is let in.
        case accepted(timeStep: Int64)
        /// Right, but for a time step that is not later than the last one spent: it was seen before.
        case spent
        /// Not a code of this token at this time.
        case wrong
    }

    /// Looks for a code in the time steps around a moment (RFC 6238, sections 5.2 and 6).
    ///
    /// All steps are looked at, and each comparison takes the same time whatever the code is. Where two steps have the same code, the
    /// **later** one is accepted: it spends the earlier one with it, so that the code cannot be used again for its twin.
    ///
    /// - Parameters:
    ///   - unixTime: seconds since 1970-01-01T00:00:00Z; before that every code is wrong.
    ///   - driftSteps: how many steps to look at on each side of now; taken as the nearest of 0 to 10.
    ///   - lastSpent: the last time step accepted, nil if none ever was. It and all steps before it are spent.
    public func match(
        _ code: OneTimeCode, secret: Secret, at unixTime: Int64, driftSteps: Int = 1, lastSpent: Int64?
    ) -> Match {
        guard let now = timeStep(at: unixTime) else { return .wrong }
        let drift = Int64(min(max(driftSteps, Self.driftLimits.lowerBound), Self.driftLimits.upperBound))
        // No overflow: a time step is at most a fifteenth of what fits.
        var latest: Int64?
        for step in max(0, now - drift)...(now + drift) {
            let isRight = sameBytes(self.code(secret, timeStep: step).utf8, code.digits.utf8)
            if isRight { latest = step }
        }
        guard let latest else { return .wrong }
        if let lastSpent, latest <= lastSpent { return .spent }
        return .accepted(timeStep: latest)
    }
}
