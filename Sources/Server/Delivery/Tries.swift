/// Which gateway is next, when, and for how long. Each is tried until one takes the message.
package struct Tries {
    /// Milliseconds for all of it.
    package static let cap: Int64 = 45_000
    /// Seconds; who is told to wait longer goes to the next gateway.
    package static let longestPause = 5

    package struct Rule: Equatable, Sendable {
        /// Milliseconds for one try.
        package var timeout: Int
        package var retries: Int
        package init(timeout: Int, retries: Int) {
            self.timeout = timeout
            self.retries = retries
        }
    }

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

    package init(_ rules: [Rule], at now: Int64) {
        self.rules = rules
        end = now + Self.cap
    }

    package mutating func next(at now: Int64) -> Step {
        let left = Int(clamping: end - now)
        guard left > 0, let rule = rules.dropFirst(gateway).first else { return .end }
        if let pause {
            self.pause = nil
            return .pause(milliseconds: min(pause, left))
        }
        return .attempt(gateway: gateway, milliseconds: min(rule.timeout, left))
    }

    package mutating func record(_ verdict: Verdict) {
        switch verdict {
        case .taken: gateway = rules.count
        case .mayPass(_, let after) where mayRetry(after): retry(after)
        case .mayPass, .refused:
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
