/// The retry plan of one message: which gateway is next, when, and for how long.
///
/// Each gateway is tried until one accepts the message.
package struct RetryPolicy {
    /// Milliseconds for all tries of a message.
    package static let cap: Int64 = 45_000
    /// Seconds; a gateway that asks for a longer pause is given up for the next one.
    package static let longestPause = 5

    /// The limits of one gateway.
    package struct Rule: Equatable, Sendable {
        /// Milliseconds for one try.
        package var timeout: Int
        /// The number of further tries after a failure that may be temporary.
        package var retries: Int
        /// Creates a rule.
        ///
        /// - Parameters:
        ///   - timeout: milliseconds for one try.
        ///   - retries: the number of further tries.
        package init(timeout: Int, retries: Int) {
            self.timeout = timeout
            self.retries = retries
        }
    }

    /// What to do next: try a gateway by its index, for so long at most, or pause, or stop.
    package enum Step: Equatable, Sendable {
        case attempt(gateway: Int, milliseconds: Int)
        case pause(milliseconds: Int)
        case end
    }

    private let rules: [Rule]
    private let end: Int64
    private var gateway = 0
    private var retried = 0
    private var pause: Int?

    /// Creates a plan.
    ///
    /// - Parameters:
    ///   - rules: one for each gateway, in the order in which they are tried.
    ///   - now: milliseconds of a monotonic clock.
    package init(_ rules: [Rule], at now: Int64) {
        self.rules = rules
        end = now + Self.cap
    }

    /// Returns the next step.
    ///
    /// - Parameter now: milliseconds of the clock that the plan was created with.
    /// - Returns: `.end` once a gateway accepted the message, all have failed, or the time is over.
    package mutating func next(at now: Int64) -> Step {
        let left = Int(clamping: end - now)
        guard left > 0, let rule = rules.dropFirst(gateway).first else { return .end }
        if let pause {
            self.pause = nil
            return .pause(milliseconds: min(pause, left))
        }
        return .attempt(gateway: gateway, milliseconds: min(rule.timeout, left))
    }

    /// Records the result of the last attempt.
    package mutating func record(_ result: GatewayResult) {
        switch result {
        case .accepted: gateway = rules.count
        case .temporaryFailure(_, let after) where mayRetry(after): retry(after)
        case .temporaryFailure, .permanentFailure:
            gateway += 1
            retried = 0
        }
    }

    private func mayRetry(_ after: Int?) -> Bool {
        retried < (rules.dropFirst(gateway).first?.retries ?? 0) && (after ?? 0) <= Self.longestPause
    }

    private mutating func retry(_ after: Int?) {
        pause = max((after ?? 0) * 1_000, min(4_000, 250 << min(retried, 4)))
        retried += 1
    }
}
