public import Identifiers

/// What goes into the enrolment and what comes out of it.
extension EnrolmentFlow {
    /// What is known when the offer is made.
    public struct Facts: Equatable, Sendable {
        /// The name of the person's account: typed, it confirms that they want no second factor.
        public var name = ""
        public var factors: [Factor] = []
        /// How often a number or a code may be wrong.
        public var tries = 3
        public var rules = EnrolmentRules()
        /// Grace logins that are left, this one included.
        public var left = 0
        /// Where nobody answers, no client may be able to ask.
        public var mayBeDeaf = false

        public init() {}

        /// The ways by which a code may be sent, the first of them unasked. Without one there is no offer to make.
        public var ways: [Factor] { [.sms, .call].filter(factors.contains) }
    }

    public enum Failure: Equatable, Sendable {
        /// The server does not take the number.
        case invalid
        /// No answer, said by a live countersign-net in a well-formed frame.
        case outage
        /// The server has sent or taken too much lately.
        case limited
        case refused
    }

    public enum Event: Equatable, Sendable {
        case begin
        /// What was typed, or nil for no answer.
        case answered([UInt8]?)
        case oneCodeCharged(granted: Bool)
        case sent
        case sendFailed(Failure)
        case tryCharged(granted: Bool)
        case checked(Bool)
        case checkFailed(Failure)
        case registered(AuthyID)
        case registerFailed(Failure)
        case graceSpent(left: Int?)
        case deadline
        case interrupted
    }

    public enum Action: Equatable, Sendable {
        case tell(String)
        case ask(String)
        case chargeOneCode
        case send(Factor, to: PhoneNumber)
        case chargeTry
        case check(OneTimeCode, of: PhoneNumber)
        /// The number was proven: only now is it said whose it is.
        case register(PhoneNumber)
        case spendGrace
        /// The login is approved if the AuthyID can be written down as the person's, confirmed.
        case enrol(AuthyID, PhoneNumber, Decision)
        /// The login is excused if it can be written down that the person wants no second factor.
        case optOut(Decision)
        case end(Decision)
    }
}
