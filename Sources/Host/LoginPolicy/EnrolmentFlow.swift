internal import Identifiers

/// The state machine of the offer to enroll a phone during a login.
///
/// It is a pure value: events go in, actions come out. A pair of state and event that is not listed ends the login as
/// unavailable.
///
/// The offer is made to a user who may log in without a factor this time. Whatever goes wrong leads to the grace login
/// that would have been spent without the offer. A number is stored and registered only after a code sent to it in this
/// login was right.
public struct EnrolmentFlow: Sendable {
    private enum State: Equatable, Sendable {
        case idle
        case askingNumber
        case askingName
        case askingCode
        case chargingNumber(PhoneNumber)
        case chargingCode(Factor)
        case sending(Factor)
        case chargingTry(OneTimeCode)
        case checking
        case registering
        case spendingGrace(optsOut: Bool)
        case ended
    }

    /// The number that codes are sent to, and how the last one was sent; nil: none was sent yet.
    private struct Phone: Equatable, Sendable {
        let number: PhoneNumber
        var way: Factor?
    }

    private let facts: Facts
    private var state = State.idle
    private var phone: Phone?
    private var tries: Int
    private var fruitless = 0
    private var hasAnswered = false
    /// The answer before was an empty line.
    private var hasPressedEnter = false
    private var isLate = false
    /// sshd has sent its fake password: it refuses in any case, so nothing is sent or approved any more.
    private var willSSHDRefuse = false

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
        switch (state, event) {
        case (.ended, _): return []
        case (_, .deadline): return deadlinePassed()
        case (_, .interrupted): return isAtPrompt ? [] : end(Decision(.denied, .cancelled))
        case (.idle, .begin): return askNumber(Texts.offer(facts))
        case (.askingNumber, .answered(let typed)): return numberTyped(typed)
        case (.askingName, .answered(let typed)): return nameTyped(typed)
        case (.askingCode, .answered(let typed)): return codeTyped(typed)
        case (.chargingNumber(let number), .oneCodeCharged(let granted)):
            return granted ? send(to: number) : fruitless(Texts.tooManyOneCodes)
        case (.chargingCode(let way), .oneCodeCharged(let granted)):
            return granted ? send(way) : fruitless(Texts.tooManyOneCodes)
        case (.sending(let way), .sent): return sent(way)
        case (.sending, .sendFailed(let failure)): return sendFailed(failure)
        case (.chargingTry(let code), .tryCharged(let granted)):
            return granted ? check(code) : giveUp(Texts.lockedUsePhone)
        case (.checking, .checked(let isRight)): return isRight ? register() : wrong(Texts.wrongSentCode)
        case (.checking, .checkFailed(let failure)): return wrong(Self.notice(of: failure))
        case (.registering, .registered(let id)): return enrol(id)
        case (.registering, .registerFailed(let failure)): return registerFailed(failure)
        case (.spendingGrace(let optsOut), .graceSpent(let left)): return graceSpent(left: left, optsOut: optsOut)
        default: return end(Decision(.unavailable, .protocolError, finalMessage: Texts.unavailable))
        }
    }

    private var isAtPrompt: Bool { [.askingNumber, .askingName, .askingCode].contains(state) }
    private var mayOptOut: Bool { facts.rules.optOut != .no }
}

// MARK: - The prompts

extension EnrolmentFlow {
    private mutating func askNumber(_ notice: String?) -> [Action] {
        state = .askingNumber
        return told(notice) + [.ask(Texts.numberPrompt(mayOptOut: mayOptOut))]
    }

    private mutating func askCode(_ notice: String?) -> [Action] {
        state = .askingCode
        let words = (facts.ways.map { $0 == .call ? Word.call : .sms }) + [.skip]
        return told(notice) + [.ask(Texts.prompt(approves: false, number: nil, codes: phone?.way != nil, words: words))]
    }

    private func told(_ notice: String?) -> [Action] { notice.map { [.show($0)] } ?? [] }

    /// Shows the prompt again.
    private mutating func askAgain(_ notice: String?) -> [Action] { phone == nil ? askNumber(notice) : askCode(notice) }

    private mutating func numberTyped(_ typed: [UInt8]?) -> [Action] {
        let wasEmpty = hasPressedEnter
        let isFirst = !hasAnswered
        (hasAnswered, hasPressedEnter) = (true, false)
        switch Answer(typed) {
        // The client may not show prompts: proceed as if nothing had been offered.
        case .nothing where isFirst && facts.mayBeDeaf && !isLate: return spendGrace()
        case .nothing: return end(Decision(.denied, isLate ? .timeout : .cancelled))
        case .sshdFakePassword: return sshdRefuses(Texts.noNumber)
        case _ where willSSHDRefuse: return sshdRefuses(Texts.noNumber)
        case _ where isLate: return late()
        case .enter where wasEmpty: return spendGrace()
        case .enter:
            hasPressedEnter = true
            return askNumber(Texts.enterAgain)
        case .word(.skip): return spendGrace()
        case .word(.never) where mayOptOut:
            state = .askingName
            return [.show(facts.rules.optOutText ?? Texts.optOut), .ask(Texts.namePrompt)]
        case .word: return fruitless(Texts.noSuchWord)
        case .code, .recovery, .other: return number(in: typed).map { take($0) } ?? wrong(Texts.noNumber)
        }
    }

    /// Only the user name itself confirms, so that nobody opts out by habit.
    private mutating func nameTyped(_ typed: [UInt8]?) -> [Action] {
        switch Answer(typed) {
        case .nothing: return end(Decision(.denied, isLate ? .timeout : .cancelled))
        case .sshdFakePassword: return sshdRefuses(Texts.notOptedOut)
        case _ where willSSHDRefuse: return sshdRefuses(Texts.notOptedOut)
        case _ where isLate: return late()
        case _ where typed.map { Typed.trimmed($0).elementsEqual(facts.name.utf8) } ?? false && !facts.name.isEmpty:
            return optOut()
        default: return fruitless(Texts.notOptedOut)
        }
    }

    private mutating func codeTyped(_ typed: [UInt8]?) -> [Action] {
        switch Answer(typed) {
        case .nothing: return end(Decision(.denied, isLate ? .timeout : .cancelled))
        case .sshdFakePassword: return sshdRefuses(Texts.wrongCode)
        case _ where willSSHDRefuse: return sshdRefuses(Texts.wrongCode)
        case _ where isLate: return late()
        case .word(.sms) where facts.ways.contains(.sms): return again(.sms)
        case .word(.call) where facts.ways.contains(.call): return again(.call)
        case .word(.skip): return spendGrace()
        case .code(let code) where phone?.way != nil:
            state = .chargingTry(code)
            return [.chargeTry]
        case .enter: return fruitless(nil)
        case .word, .code: return fruitless(Texts.noSuchWord)
        case .recovery, .other:
            // Another number: a plus tells it from a code.
            if written(in: typed)?.isInternational == true, let number = number(in: typed) { return take(number) }
            return fruitless(Texts.noCode)
        }
    }

    /// Reads a number without a numbering plan: the server decides whether it is valid.
    private func number(in typed: [UInt8]?) -> PhoneNumber? {
        text(typed).flatMap { PhoneNumber(typed: $0, countryCode: facts.rules.countryCode) }
    }

    private func written(in typed: [UInt8]?) -> WrittenPhoneNumber? {
        text(typed).flatMap { try? WrittenPhoneNumber($0) }
    }

    private func text(_ typed: [UInt8]?) -> String? {
        typed.flatMap { String(validating: Typed.trimmed($0), as: UTF8.self) }
    }
}

// MARK: - The number and the code

extension EnrolmentFlow {
    private mutating func take(_ number: PhoneNumber) -> [Action] {
        // The same number again: send another code.
        if let phone, phone.number == number, let way = phone.way ?? facts.ways.first { return again(way) }
        phone = nil
        state = .chargingNumber(number)
        return [.chargeOneCode]
    }

    private mutating func send(to number: PhoneNumber) -> [Action] {
        guard let way = facts.ways.first else {
            return end(Decision(.unavailable, .protocolError, finalMessage: Texts.unavailable))
        }
        phone = Phone(number: number)
        return send(way)
    }

    private mutating func again(_ way: Factor) -> [Action] {
        state = .chargingCode(way)
        return [.chargeOneCode]
    }

    private mutating func send(_ way: Factor) -> [Action] {
        guard let phone else { return end(Decision(.unavailable, .protocolError, finalMessage: Texts.unavailable)) }
        state = .sending(way)
        return [.send(way, to: phone.number)]
    }

    private mutating func sent(_ way: Factor) -> [Action] {
        phone?.way = way
        return askCode(phone.map { Texts.codeSent(way, to: $0.number) })
    }

    private mutating func sendFailed(_ failure: Failure) -> [Action] {
        let isFirst = phone?.way == nil
        switch failure {
        case .invalid where isFirst:
            phone = nil
            return wrong(Texts.numberRefused)
        case .outage where isFirst: return giveUp(Texts.serverSilent)
        case .outage: return fruitless(Texts.serverSilent)
        case .limited: return fruitless(Texts.tooManyOneCodes)
        case .invalid, .refused: return fruitless(Texts.oneCodeNotSent)
        }
    }

    private mutating func check(_ code: OneTimeCode) -> [Action] {
        guard let phone else { return end(Decision(.unavailable, .protocolError, finalMessage: Texts.unavailable)) }
        state = .checking
        return [.check(code, of: phone.number)]
    }

    private mutating func register() -> [Action] {
        guard let phone else { return end(Decision(.unavailable, .protocolError, finalMessage: Texts.unavailable)) }
        state = .registering
        return [.register(phone.number)]
    }

    private mutating func registerFailed(_ failure: Failure) -> [Action] {
        phone = nil
        switch failure {
        case .invalid: return wrong(Texts.numberRefused)
        case .outage, .limited, .refused: return giveUp(Self.notice(of: failure))
        }
    }

    private static func notice(of failure: Failure) -> String {
        switch failure {
        case .outage: Texts.serverSilent
        case .limited: Texts.serverLimited
        case .invalid, .refused: Texts.serverRefuses
        }
    }
}

// MARK: - The end

extension EnrolmentFlow {
    private mutating func wrong(_ notice: String) -> [Action] {
        tries -= 1
        return tries > 0 ? askAgain(notice) : giveUp(notice)
    }

    /// An unusable answer is not a failed try, but the fifth one ends the offer, so that no client goes on forever.
    private mutating func fruitless(_ notice: String?) -> [Action] {
        fruitless += 1
        return fruitless < 5 ? askAgain(notice) : giveUp(notice)
    }

    /// Shown like a wrong answer; the login is denied in the end.
    private mutating func sshdRefuses(_ notice: String) -> [Action] {
        willSSHDRefuse = true
        return isLate ? late() : wrong(notice)
    }

    private mutating func late() -> [Action] { end(Decision(.denied, .timeout, finalMessage: Texts.timeout)) }

    private mutating func giveUp(_ notice: String?) -> [Action] {
        if willSSHDRefuse { return end(Decision(.denied, .sshdRefuses, finalMessage: notice)) }
        return told(notice) + spendGrace()
    }

    private mutating func spendGrace(optsOut: Bool = false) -> [Action] {
        state = .spendingGrace(optsOut: optsOut)
        return [.spendGrace]
    }

    private mutating func graceSpent(left: Int?, optsOut: Bool) -> [Action] {
        guard let left else { return end(Decision(.denied, .graceOver, finalMessage: Texts.notEnrolled)) }
        let finalMessage = Texts.grace(left: left, until: facts.rules.graceUntil, isOffered: !optsOut)
        state = .ended
        return [
            optsOut
                ? .optOut(Decision(.excused, .optedOut, finalMessage: finalMessage))
                : .end(Decision(.excused, .grace, finalMessage: finalMessage))
        ]
    }

    /// With `opt_out = "grace"` an opt-out lasts as long as grace does, so this login spends a grace login too.
    private mutating func optOut() -> [Action] {
        guard facts.rules.optOut == .yes else { return spendGrace(optsOut: true) }
        state = .ended
        return [.optOut(Decision(.excused, .optedOut))]
    }

    private mutating func enrol(_ id: AuthyID) -> [Action] {
        guard let phone, let way = phone.way else {
            return end(Decision(.unavailable, .protocolError, finalMessage: Texts.unavailable))
        }
        state = .ended
        return [
            .enrol(
                id, phone.number,
                Decision(.approved, .enrolled, factor: way, finalMessage: Texts.enrolled(phone.number)))
        ]
    }

    /// A conversation cannot be interrupted: at a prompt, the deadline takes effect when the answer comes.
    private mutating func deadlinePassed() -> [Action] {
        isLate = true
        return isAtPrompt ? [] : late()
    }

    private mutating func end(_ decision: Decision) -> [Action] {
        state = .ended
        return [.end(decision)]
    }
}
