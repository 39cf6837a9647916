internal import Identifiers

/// The state machine of the offer to enroll a phone during a login.
///
/// It is a pure value: events go in, actions come out. An event that the state does not expect ends the login as
/// unavailable.
///
/// The offer is made to a user who may log in without a factor this time. Whatever goes wrong leads to the grace login
/// that would have been spent without the offer. A number is stored and registered only after a code sent to it in this
/// login was right.
public struct EnrolmentFlow: Sendable {
    enum State: Equatable, Sendable {
        case idle
        case askingNumber(NumberPrompt)
        case askingName
        case askingCode(Phone)
        case chargingNumber(PhoneNumber)
        case chargingCode(Phone, by: Factor)
        case sending(Phone, by: Factor)
        case chargingTry(OneTimeCode, SentCode)
        case checking(SentCode)
        case registering(SentCode)
        case spendingGrace(optsOut: Bool)
        case ended

        var isAtPrompt: Bool {
            switch self {
            case .askingNumber, .askingName, .askingCode: true
            case .idle, .chargingNumber, .chargingCode, .sending, .chargingTry, .checking, .registering, .spendingGrace,
                .ended:
                false
            }
        }
    }

    /// What came before the prompt for a number: nothing, an empty line, or anything else.
    enum NumberPrompt: Equatable, Sendable { case first, afterEnter, again }

    /// The number that codes are sent to, and how the last one was sent; nil: none was sent yet.
    struct Phone: Equatable, Sendable {
        let number: PhoneNumber
        let way: Factor?

        /// The code that was sent last, if any.
        var sentCode: SentCode? { way.map { SentCode(number: number, way: $0) } }
    }

    /// A code that was sent to a number.
    struct SentCode: Equatable, Sendable {
        let number: PhoneNumber
        let way: Factor

        var phone: Phone { Phone(number: number, way: way) }
    }

    let facts: Facts
    var texts: Texts { facts.texts }
    var state = State.idle
    var tries: Int
    var fruitless = 0
    var isLate = false
    /// sshd has sent its fake password: it refuses in any case, so nothing is sent or approved any more.
    var willSSHDRefuse = false

    /// Starts in the state that expects `.begin`.
    public init(_ facts: Facts) {
        self.facts = facts
        tries = facts.tries
    }

    /// Takes one event.
    ///
    /// - Parameter event: what happened; an event that the state does not expect ends the login as unavailable.
    /// - Returns: the actions to perform, in order; none if there is nothing to do or the login has ended.
    public mutating func handle(_ event: Event) -> [Action] {
        if state == .ended { return [] }
        switch event {
        case .begin:
            guard state == .idle else { return refuse() }
            return askNumber(texts.offer(facts), at: .first)
        case .deadline: return deadlinePassed()
        case .interrupted:
            if state.isAtPrompt { return [] }
            return end(Decision(.denied, .cancelled))
        case .answered(let typed): return answered(typed)
        case .oneCodeCharged(let granted): return oneCodeCharged(granted: granted)
        case .sent:
            guard case .sending(let phone, let way) = state else { return refuse() }
            return askCode(texts.codeSent(way, to: phone.number), phone: Phone(number: phone.number, way: way))
        case .sendFailed(let error):
            guard case .sending(let phone, _) = state else { return refuse() }
            return sendFailed(error, phone: phone)
        case .tryCharged(let granted):
            guard case .chargingTry(let code, let sent) = state else { return refuse() }
            guard granted else { return giveUp(texts[.lockedUsePhone]) }
            state = .checking(sent)
            return [.check(code, of: sent.number)]
        case .checked(let isRight):
            guard case .checking(let sent) = state else { return refuse() }
            guard isRight else { return wrong(texts[.wrongSentCode], phone: sent.phone) }
            state = .registering(sent)
            return [.register(sent.number)]
        case .checkFailed(let error):
            guard case .checking(let sent) = state else { return refuse() }
            return wrong(notice(of: error), phone: sent.phone)
        case .registered(let id):
            guard case .registering(let sent) = state else { return refuse() }
            return enrol(id, by: sent)
        case .registerFailed(let error):
            guard case .registering = state else { return refuse() }
            return registerFailed(error)
        case .graceSpent(let left):
            guard case .spendingGrace(let optsOut) = state else { return refuse() }
            return graceSpent(left: left, optsOut: optsOut)
        }
    }

    var mayOptOut: Bool { facts.rules.optOut != .no }
}

// MARK: - The end

extension EnrolmentFlow {
    mutating func refuse() -> [Action] {
        end(Decision(.unavailable, .protocolError, finalMessage: texts[.unavailable]))
    }

    mutating func wrong(_ notice: String, phone: Phone? = nil) -> [Action] {
        tries -= 1
        guard tries > 0 else { return giveUp(notice) }
        return askAgain(notice, phone: phone)
    }

    /// An unusable answer is not a failed try, but the fifth one ends the offer, so that no client goes on forever.
    mutating func fruitless(_ notice: String?, phone: Phone? = nil) -> [Action] {
        fruitless += 1
        guard fruitless < 5 else { return giveUp(notice) }
        return askAgain(notice, phone: phone)
    }

    /// Shown like a wrong answer; the login is denied in the end.
    mutating func sshdRefuses(_ notice: String, phone: Phone? = nil) -> [Action] {
        willSSHDRefuse = true
        if isLate { return late() }
        return wrong(notice, phone: phone)
    }

    /// The conversation ended without an answer.
    mutating func noAnswer() -> [Action] {
        let reason: Reason = if isLate { .timeout } else { .cancelled }
        return end(Decision(.denied, reason))
    }

    mutating func late() -> [Action] { end(Decision(.denied, .timeout, finalMessage: texts[.timeout])) }

    mutating func giveUp(_ notice: String?) -> [Action] {
        if willSSHDRefuse { return end(Decision(.denied, .sshdRefuses, finalMessage: notice)) }
        return told(notice) + spendGrace()
    }

    mutating func spendGrace(optsOut: Bool = false) -> [Action] {
        state = .spendingGrace(optsOut: optsOut)
        return [.spendGrace]
    }

    mutating func graceSpent(left: Int?, optsOut: Bool) -> [Action] {
        guard let left else { return end(Decision(.denied, .graceOver, finalMessage: texts[.notEnrolled])) }
        let finalMessage = texts.grace(left: left, until: facts.rules.graceUntil, isOffered: !optsOut)
        state = .ended
        if optsOut { return [.optOut(Decision(.excused, .optedOut, finalMessage: finalMessage))] }
        return [.end(Decision(.excused, .grace, finalMessage: finalMessage))]
    }

    /// With `opt_out = "grace"` an opt-out lasts as long as grace does, so this login spends a grace login too.
    mutating func optOut() -> [Action] {
        guard facts.rules.optOut == .yes else { return spendGrace(optsOut: true) }
        state = .ended
        return [.optOut(Decision(.excused, .optedOut))]
    }

    mutating func enrol(_ id: AuthyID, by sent: SentCode) -> [Action] {
        state = .ended
        let decision = Decision(.approved, .enrolled, factor: sent.way, finalMessage: texts.enrolled(sent.number))
        return [.enrol(id, sent.number, decision)]
    }

    /// A conversation cannot be interrupted: at a prompt, the deadline takes effect when the answer comes.
    mutating func deadlinePassed() -> [Action] {
        isLate = true
        if state.isAtPrompt { return [] }
        return late()
    }

    mutating func end(_ decision: Decision) -> [Action] {
        state = .ended
        return [.end(decision)]
    }
}
