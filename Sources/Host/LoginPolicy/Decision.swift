public import Identifiers

/// Why a login ended as it did.
///
/// The raw values are the words of the system log (`reason=`) and of the history.
public enum Reason: String, Equatable, Sendable, CaseIterable {
    // approved
    case proven
    /// A phone was enrolled in this login, and a code sent to it was right.
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
    /// The confirmation code of a new phone was typed, and the account has proven a factor before.
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
    /// sshd will refuse the login in any case.
    case sshdRefuses = "hopeless"
    case decidedBefore = "decided_before"
    case tooManyRequests = "too_many_requests"
    // unavailable
    case settings
    case accounts
    case server
    case noFactor = "no_factor"
    case protocolError = "protocol_error"
}

/// How a login ends, and which code that spends.
public struct Decision: Equatable, Sendable {
    /// Whether the user is let in, as the wire and PAM know it.
    public var outcome: Outcome
    /// Why, for the log and the history.
    public var reason: Reason
    /// The factor that was proven, or `.oneTouch` if the request was denied on the phone; nil for none.
    public var factor: Factor?
    /// The TOTP time step (RFC 6238, section 4) that this spends, whatever the outcome; nil for none.
    public var spentTimeStep: Int64?
    /// The last text that the user sees, or nil for none.
    public var finalMessage: String?

    /// More about the reason, for the log; nil for nothing more.
    public var detail: String?
    /// The newest request on the phone, as the server's log names it; nil for none.
    public var request: ApprovalRequestID?

    /// Describes an end; factor, time step, texts and request default to none.
    public init(
        _ outcome: Outcome, _ reason: Reason, factor: Factor? = nil, spentTimeStep: Int64? = nil,
        finalMessage: String? = nil, detail: String? = nil
    ) {
        self.outcome = outcome
        self.reason = reason
        self.factor = factor
        self.spentTimeStep = spentTimeStep
        self.finalMessage = finalMessage
        self.detail = detail
    }
}
