public import Identifiers

/// The facts, events and actions of the enrollment.
extension EnrolmentFlow {
    /// What is known when the offer is made.
    public struct Facts: Equatable, Sendable {
        /// The name of the account; the user types it to confirm opting out.
        public var name = ""
        /// The factors that the rules allow.
        public var factors: [Factor] = []
        /// How many wrong numbers and codes end the offer.
        public var tries = 3
        /// The rules of `[enrolment]`.
        public var rules = EnrolmentRules()
        /// How many grace logins are left, this one included.
        public var left = 0
        /// The client may be unable to show prompts, so that the first one gets no answer.
        public var mayBeDeaf = false
        /// What the user reads.
        public var texts = Texts()

        /// No name, no factors and the default rules.
        public init() {}

        /// The ways to send a code; the first is used unless the user asks for another.
        ///
        /// Without one there is nothing to offer.
        public var ways: [Factor] { [.sms, .call].filter(factors.contains) }
    }

    /// Why the server did not send, check or register.
    public enum ServerError: Equatable, Sendable {
        /// The server rejects the number.
        case invalid
        /// countersign-net reports no address, no connection or no HTTP answer in time.
        case outage
        /// The server has had too many requests.
        case limited
        /// Anything else.
        case refused
    }

    /// What happened: the result of an action, an answer at a prompt, or a point in time.
    public enum Event: Equatable, Sendable {
        case begin
        /// The answer to `ask`: what was typed, or nil for no answer.
        case answered([UInt8]?)
        case oneCodeCharged(granted: Bool)
        case sent
        case sendFailed(ServerError)
        case tryCharged(granted: Bool)
        case checked(Bool)
        case checkFailed(ServerError)
        case registered(AuthyID)
        case registerFailed(ServerError)
        case graceSpent(left: Int?)
        case deadline
        case interrupted
    }

    /// What the driver has to do; its result comes back as an event.
    public enum Action: Equatable, Sendable {
        case show(String)
        case ask(String)
        case chargeOneCode
        case send(Factor, to: PhoneNumber)
        case chargeTry
        case check(OneTimeCode, of: PhoneNumber)
        /// Register the user at the server with this number, which a code has proven.
        case register(PhoneNumber)
        case spendGrace
        /// End as decided if the AuthyID can be stored as the user's, confirmed.
        case enrol(AuthyID, PhoneNumber, Decision)
        /// End as decided if the opt-out can be stored.
        case optOut(Decision)
        case end(Decision)
    }
}
