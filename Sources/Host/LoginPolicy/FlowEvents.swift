public import Identifiers

/// The facts, events and actions of the flow.
extension LoginFlow {
    /// What is known when the flow begins.
    public struct Facts: Equatable, Sendable {
        /// The rules for this person and service.
        public var rules = LoginRules()
        /// What the word `skip` does.
        public var skip = Admission.Skip.none
        /// The settings have `[server]`.
        public var hasServer = false
        /// The account has an AuthyID: the server knows the user.
        public var hasAuthyID = false
        /// The account has a SoftToken on this host.
        public var hasSoftToken = false
        /// The account has proven a factor before.
        public var isConfirmed = false
        /// How many recovery codes are left.
        public var recoveryLeft = 0
        /// Codes are locked after too many wrong ones (`LockoutRules`).
        public var isLocked = false
        /// A text is visible at once, without a prompt.
        public var textIsLive = false
        /// Enter can be heard at the terminal while no prompt is open.
        public var hearsEnter = false
        /// A request is sent only after the word `push`, because the login program may refuse in any case.
        public var withholdsPush = false
        /// Whether a login passes if the server cannot be reached.
        public var outage = OutageMode.deny
        /// The check number of this login's requests; nil for none.
        public var number: CheckNumber?
        /// The last day of grace, or nil for no end.
        public var graceUntil: CivilDay?
        /// What the user reads.
        public var texts = Texts()

        /// An account without factors, and the default rules.
        public init() {}
    }

    /// Why the server gave no usable answer.
    public enum ServerError: Equatable, Sendable {
        /// countersign-net reports no address, no connection or no HTTP answer in time.
        case outage
        /// The server has no device of this user to ask.
        case noDevice
        /// The server has had too many requests of this user or this host.
        case limited
        /// Anything else: TLS, a refusal, an invalid answer, a countersign-net that has ended.
        case refused
    }

    /// Whether the account may send a request to the phone now.
    public enum PushCharge: Equatable, Sendable { case granted, paused, tooMany, alreadySent }
    /// The status of an approval request (Authy OneTouch API, `approval_requests`).
    public enum ApprovalStatus: Equatable, Sendable { case pending, approved, denied, expired }
    /// Whether a code is right; `timeStep` is that of RFC 6238, section 4, and 0 for a code that the server verified.
    public enum CodeMatch: Equatable, Sendable { case accepted(timeStep: Int64), spent, wrong }

    /// What happened: the result of an action, an answer at a prompt, or a point in time.
    public enum Event: Equatable, Sendable {
        case begin
        case pushCharged(PushCharge)
        case created
        case createFailed(ServerError)
        case polled(ApprovalStatus)
        case pollFailed(ServerError)
        /// `promptIsDueAfter` has passed.
        case promptIsDue
        case deadline
        /// Ctrl-C was pressed while no prompt was open.
        case interrupted
        /// Enter was pressed after `listen`.
        case enterPressed
        /// The client or the terminal is gone.
        case disconnected
        /// The answer to `ask`.
        case answered(PromptInput)
        /// The answer to `askRecovery`.
        case recoveryTyped(RecoveryInput)
        case tryCharged(granted: Bool)
        case matched(CodeMatch)
        case recoveryMatched(Bool)
        case verified(CodeMatch)
        /// The code was the confirmation code of a new phone; `taken`: the server has confirmed the phone with it.
        case confirmationTyped(taken: Bool)
        case verifyFailed(ServerError)
        case oneCodeCharged(granted: Bool)
        case oneCodeSent
        case oneCodeFailed(ServerError)
        case graceSpent(left: Int?)
    }

    /// How long a look at the request may wait for a decision: until the prompt, shortly, or not at all.
    public enum Wait: Equatable, Sendable { case untilPromptIsDue, brief, none }

    /// What the driver has to do; its result comes back as an event.
    public enum Action: Equatable, Sendable {
        case chargePush(automatic: Bool)
        case createPush(CheckNumber?)
        case poll(Wait)
        case stopPolling
        case show(String)
        /// Report Enter as an event until the next prompt.
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
