public import Identifiers

/// The parameters of a time-based token (RFC 6238); time starts at the Unix epoch (T0 = 0).
public struct TOTP: Equatable, Sendable {
    /// The length that one time step may have, in seconds.
    public static let periods = 15...60
    /// The number of time steps that may be checked on each side of now.
    public static let driftLimits = 0...10

    /// The hash of the HMAC.
    public let algorithm: Algorithm
    /// The length of a code, 6 to 8.
    public let digits: Int
    /// Seconds that one code lasts, 15 to 60.
    public let period: Int

    /// The parameters that every authenticator app reads: SHA-1, 6 digits, 30 seconds.
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
    ///
    /// - Parameter unixTime: seconds since 1970-01-01T00:00:00Z.
    /// - Returns: the number of the time step.
    public func timeStep(at unixTime: Int64) -> Int64? {
        if unixTime < 0 { nil } else { unixTime / Int64(period) }
    }

    /// The code of a time step: ASCII digits with leading zeros.
    ///
    /// The code of a negative step belongs to no moment.
    public func code(_ secret: Secret, timeStep: Int64) -> String {
        let counter = UInt64(bitPattern: timeStep)
        return HOTP.text(HOTP.number(secret, counter: counter, algorithm: algorithm), digits: digits)
    }

    /// The result of a check.
    public enum Match: Equatable, Sendable {
        /// Right, and never used. The caller stores this time step as spent before it lets anybody in.
        case accepted(timeStep: Int64)
        /// Right, but for a time step that is not later than the last one spent: the code was seen before.
        case spent
        /// Not a code of this token at this time.
        case wrong
    }

    /// Looks for a code in the time steps around a moment (RFC 6238, sections 5.2 and 6).
    ///
    /// All steps are checked, and each comparison takes the same time whatever the code is. If two steps have the same
    /// code, the **later** one is accepted: it spends the earlier one as well, so that the code cannot be used again
    /// for its twin.
    ///
    /// - Parameters:
    ///   - code: the code that was typed.
    ///   - secret: the shared key.
    ///   - unixTime: seconds since 1970-01-01T00:00:00Z; before that every code is wrong.
    ///   - driftSteps: how many steps to check on each side of now; clamped to 0 to 10.
    ///   - lastSpent: the last time step accepted, or nil if none was. It and all steps before it are spent.
    /// - Returns: whether the code is right, spent or wrong.
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
