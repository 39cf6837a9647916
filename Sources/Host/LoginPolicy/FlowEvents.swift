public import Identifiers

/// What goes into the flow and what comes out of it.
extension LoginFlow {
    /// What is known when the asking begins.
    public struct Facts: Equatable, Sendable {
        public var rules = LoginRules()
        public var skip = Admission.Skip.none
        public var hasServer = false
        public var hasAuthyID = false
        public var hasSoftToken = false
        /// A factor was proven before.
        public var isConfirmed = false
        /// Recovery codes that are left.
        public var recoveryLeft = 0
        /// Codes are locked.
        public var isLocked = false
        /// The person sees a text at once, without a prompt.
        public var textIsLive = false
        /// Enter can be heard at the terminal while the phone is asked.
        public var hearsEnter = false
        /// No request goes out unless the person asks for one by word: the login program may be going to refuse whatever we say.
        public var withholdsPush = false
        public var outage = OutageMode.deny
        public var number: CheckNumber?
        public var graceUntil: CivilDay?

        public init() {}
    }

    /// What went wrong between us and the server.
    public enum Fault: Equatable, Sendable {
        /// No address, no connection, or no HTTP answer in time, said by a live countersign-net in a well-formed frame.
        case outage
        /// The server knows of no device of this user's to ask.
        case noDevice
        /// The server has had too much of this user, or of this host, lately.
        case limited
        /// Everything else: TLS, a refusal, an answer that does not count, a dead countersign-net.
        case refused
    }

    public enum PushCharge: Equatable, Sendable { case granted, paused, tooMany, alreadySent }
    public enum ApprovalStatus: Equatable, Sendable { case pending, approved, denied, expired }
    public enum CodeMatch: Equatable, Sendable { case accepted(timeStep: Int64), spent, wrong }

    public enum Event: Equatable, Sendable {
        case begin
        case pushCharged(PushCharge)
        case created
        case createFailed(Fault)
        case looked(ApprovalStatus)
        case lookFailed(Fault)
        /// `onetouchWait` is over, or in `now` the first second.
        case promptIsDue
        case deadline
        /// Ctrl-C, not at a prompt.
        case interrupted
        /// Enter, after `listen`.
        case enterPressed
        /// The client or the terminal is gone.
        case disconnected
        /// At a prompt of `ask`.
        case answered(Answer)
        /// At a prompt of `askRecovery`.
        case recoveryTyped(RecoveryAnswer)
        case tryCharged(granted: Bool)
        case matched(CodeMatch)
        case recoveryMatched(Bool)
        case verified(CodeMatch)
        /// The code was the confirmation code of a new phone; `taken` where the server has confirmed the phone by it.
        case confirmationTyped(taken: Bool)
        case verifyFailed(Fault)
        case oneCodeCharged(granted: Bool)
        case oneCodeSent
        case oneCodeFailed(Fault)
        case graceSpent(left: Int?)
    }

    /// How long a look at the request may wait for a decision.
    public enum Patience: Equatable, Sendable { case untilPromptIsDue, brief, none }

    public enum Action: Equatable, Sendable {
        case chargePush(automatic: Bool)
        case createPush(CheckNumber?)
        case look(Patience)
        case stopLooking
        case tell(String)
        /// Until the next prompt, Enter is an event.
        case listen
        case ask(String)
        case askRecovery(String)
        case chargeTry
        case match(OneTimeCode)
        case matchRecovery(RecoveryCode)
        case verify(OneTimeCode)
        case chargeOneCode
        case sendOneCode(Factor)
        case spendGrace
        case end(Decision)
    }
}
