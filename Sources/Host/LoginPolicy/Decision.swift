public import Identifiers

/// Why a login ended as it did; the raw values are the words of the log and the history.
public enum Reason: String, Equatable, Sendable, CaseIterable {
    // approved
    case proven
    /// A phone was enrolled in this very login, and a code sent to it was right.
    case enrolled
    // excused
    case exempt
    case paused
    case optedOut = "opted_out"
    case remembered
    case optional
    case grace
    case skipped
    case outage
    // denied
    case deniedOnPhone = "denied_on_phone"
    case wrongCode = "wrong_code"
    case spentCode = "spent_code"
    /// The code that confirms a new phone was typed, of somebody who has proven a factor before.
    case confirmationCode = "confirmation_code"
    case locked
    case notEnrolled = "not_enrolled"
    case graceOver = "grace_over"
    case noAnswer = "no_answer"
    case cancelled
    /// The client or the terminal is gone, or the login program was told to end.
    case disconnected
    case timeout
    case unknownUser = "unknown_user"
    case hopeless
    case decidedBefore = "decided_before"
    case tooManyRequests = "too_many_requests"
    // unavailable
    case settings
    case accounts
    case server
    case noFactor = "no_factor"
    case protocolError = "protocol_error"
}

/// How a login ended, and what ending it so uses up.
public struct Decision: Equatable, Sendable {
    public var outcome: Outcome
    public var reason: Reason
    /// The factor that was proven, or refused on the phone.
    public var factor: Factor?
    /// The time step of the SoftToken that is spent by this, whatever the outcome.
    public var spentTimeStep: Int64?
    /// The last line that the person sees, or nil for none.
    public var farewell: String?

    public init(
        _ outcome: Outcome, _ reason: Reason, factor: Factor? = nil, spentTimeStep: Int64? = nil,
        farewell: String? = nil
    ) {
        self.outcome = outcome
        self.reason = reason
        self.factor = factor
        self.spentTimeStep = spentTimeStep
        self.farewell = farewell
    }
}
