/// The asking, as a pure value: events go in, actions come out, and every pair of state and event that is not written here refuses.
///
/// Whoever drives it performs the actions in order and feeds back what came of them. It knows no clock, no network and no storage.
public struct LoginFlow: Sendable {
    private enum State: Equatable, Sendable {
        case idle
        case chargingPush(typed: Bool)
        case waiting
        case asking
        /// A short look: after Enter, or before a right code counts.
        case looking(proof: Proof?)
        case charging(OneTimeCode)
        case matching(OneTimeCode)
        case verifying
        case chargingOneCode(Factor)
        case sendingOneCode(Factor)
        case spendingGrace
        /// The login is refused, and only a denial on the phone can still change why.
        case lastLook(Decision)
        case ended
    }

    private enum Push: Equatable, Sendable { case none, creating, pending, expired, over }

    private struct Proof: Equatable, Sendable {
        let factor: Factor
        let timeStep: Int64?
    }

    private let facts: Facts
    private var state = State.idle
    private var push = Push.none
    private var isLocked: Bool
    private var skip: Admission.Skip
    private var tries: Int
    private var oneCode: Factor?
    private var fruitless = 0
    private var isLate = false
    /// sshd has shown that it will refuse: nothing lets in any more.
    private var isHopeless = false
    /// The request could not be sent while a prompt was open, since the server is out of reach.
    private var missedOutage = false
    private var hadFault = false
    private var showsNumber: Bool
    private var notices: [String] = []

    public init(_ facts: Facts) {
        self.facts = facts
        isLocked = facts.isLocked
        skip = facts.skip
        tries = facts.rules.tries
        showsNumber = facts.textIsLive || Self.prompt(of: facts) == .now
    }

    /// When the prompt is due, in seconds from the beginning.
    public var promptIsDueAfter: Int { Self.prompt(of: facts) == .now ? 1 : facts.rules.onetouchWait }

    /// A check number that must be seen makes the prompt come at once where no text is shown without one.
    private static func prompt(of facts: Facts) -> LoginRules.Prompt {
        facts.rules.numberMatching && !facts.textIsLive ? .now : facts.rules.prompt
    }

    public mutating func handle(_ event: Event) -> [Action] {
        switch (state, event) {
        case (.ended, _): return []
        case (_, .deadline): return deadlinePassed()
        // What answers nothing that was asked of the server.
        case (_, .created) where push != .creating, (_, .createFailed) where push != .creating && push != .over,
            (_, .looked) where push == .none || push == .creating, (_, .lookFailed) where push == .none || push == .creating:
            return end(Decision(.unavailable, .protocolError, farewell: Texts.unavailable))
        // Said already: a countersign-net that ends says it again.
        case (_, .createFailed) where push == .over: return []
        case (.idle, .begin): return begin()
        case (.chargingPush(let typed), .pushCharged(let charge)): return charged(charge, typed: typed)
        case (.waiting, _): return waiting(event)
        case (.looking(let proof), _): return looking(event, proof)
        case (.lastLook(let decision), _): return lastLook(event, decision)
        case (.asking, .answered(let answer)): return answered(answer)
        case (.asking, .created): return note(.pending)
        case (.asking, .createFailed(let fault)): return note(.over, fault)
        // Given up or overtaken: what comes of it is no news any more.
        case (.asking, .looked), (.asking, .lookFailed), (_, .promptIsDue): return []
        case (_, .created): return note(.pending)
        case (_, .createFailed(let fault)): return note(.over, fault)
        case (.charging(let code), .tryCharged(let granted)): return granted ? match(code) : locked()
        case (.matching(let code), .matched(let match)): return matched(match, code)
        case (.verifying, .verified(let match)): return verified(match)
        case (.verifying, .verifyFailed(let fault)): return verifyFailed(fault)
        case (.chargingOneCode(let factor), .oneCodeCharged(let granted)): return oneCodeCharged(granted, factor)
        case (.sendingOneCode(let factor), .oneCodeSent): return oneCodeSent(factor)
        case (.sendingOneCode, .oneCodeFailed(let fault)): return oneCodeFailed(fault)
        case (.spendingGrace, .graceSpent(let left)): return graceSpent(left: left)
        // Ctrl-C at the prompt is the conversation's; here it comes between two prompts.
        case (_, .interrupted): return state == .asking ? [] : end(Decision(.denied, .cancelled))
        default: return end(Decision(.unavailable, .protocolError, farewell: Texts.unavailable))
        }
    }
}

// MARK: - The request on the phone

extension LoginFlow {
    private var canPush: Bool { facts.rules.factors.contains(.oneTouch) && facts.hasAuthyID && facts.hasServer }

    private mutating func begin() -> [Action] {
        if isLocked { notices.append(Texts.lockedUsePhone) }
        guard canPush, !facts.withholdsPush else { return openPrompt() }
        state = .chargingPush(typed: false)
        return [.chargePush(automatic: true)]
    }

    private mutating func charged(_ charge: PushCharge, typed: Bool) -> [Action] {
        switch charge {
        case .granted: return create(typed: typed)
        case .paused: push = .over
        case .tooMany: push = .over
        case .alreadySent: push = .over
        }
        return openPrompt(charge == .paused ? Texts.pushPaused : charge == .tooMany ? Texts.tooManyPushes : nil)
    }

    private mutating func create(typed: Bool) -> [Action] {
        push = .creating
        if typed {
            // Its prompt comes at once, so that the number is seen in time.
            showsNumber = true
            return openPrompt(before: [.createPush(facts.number)])
        }
        state = .waiting
        let number = showsNumber ? facts.number : nil
        let waits = facts.textIsLive && Self.prompt(of: facts) == .wait
        return (waits ? [.tell(Texts.waiting(number: number, codes: takesCodes))] : []) + [.createPush(number)]
    }

    private mutating func waiting(_ event: Event) -> [Action] {
        switch event {
        case .created:
            push = .pending
            return Self.prompt(of: facts) == .now ? openPrompt() : [.look(.untilPromptIsDue)]
        case .createFailed(let fault):
            push = .over
            return fault == .outage ? outage() : openPrompt(notice(of: fault))
        case .looked(.pending), .lookFailed(.outage): return [.look(.untilPromptIsDue)]
        case .looked(.approved): return end(Decision(.approved, .proven, factor: .oneTouch))
        case .looked(.denied): return deniedOnPhone()
        case .looked(.expired): return openPrompt(expired())
        case .lookFailed(let fault): return openPrompt(notice(of: fault))
        case .promptIsDue, .interrupted: return openPrompt(before: [.stopLooking])
        default: return end(Decision(.unavailable, .protocolError, farewell: Texts.unavailable))
        }
    }

    /// - Parameter proof: the code that was right, if the look comes after one: a denial on the phone overrules it, nothing else does.
    private mutating func looking(_ event: Event, _ proof: Proof?) -> [Action] {
        switch (event, proof) {
        case (.created, _):
            push = .pending
            return [.look(.brief)]
        case (.looked(.denied), _): return deniedOnPhone(spending: proof?.timeStep)
        case (.looked, let proof?), (.lookFailed, let proof?), (.createFailed, let proof?): return approve(proof)
        case (.looked(.approved), nil): return end(Decision(.approved, .proven, factor: .oneTouch))
        case (.looked(.pending), nil): return openPrompt(Texts.notApprovedYet)
        case (.looked(.expired), nil): return openPrompt(expired())
        case (.lookFailed(let fault), nil): return openPrompt(notice(of: fault))
        case (.createFailed(let fault), nil):
            push = .over
            return fault == .outage ? outage() : openPrompt(notice(of: fault))
        case (.promptIsDue, _): return []
        case (.interrupted, _): return end(Decision(.denied, .cancelled))
        default: return end(Decision(.unavailable, .protocolError, farewell: Texts.unavailable))
        }
    }

    private mutating func note(_ push: Push, _ fault: Fault? = nil) -> [Action] {
        self.push = push
        missedOutage = fault == .outage
        hadFault = hadFault || missedOutage
        if let fault, fault != .outage { notices.append(notice(of: fault)) }
        return []
    }

    private mutating func lastLook(_ event: Event, _ decision: Decision) -> [Action] {
        switch event {
        case .looked(.denied): deniedOnPhone(spending: decision.spentTimeStep)
        case .looked, .lookFailed, .interrupted: close(decision)
        default: []
        }
    }

    private mutating func expired() -> String {
        push = .expired
        return Texts.requestExpired
    }

    private mutating func deniedOnPhone(spending timeStep: Int64? = nil) -> [Action] {
        push = .over
        return end(Decision(.denied, .deniedOnPhone, factor: .oneTouch, spentTimeStep: timeStep, farewell: Texts.deniedOnPhone))
    }

    private mutating func notice(of fault: Fault) -> String {
        hadFault = true
        return switch fault {
        case .outage: Texts.serverSilent
        case .noDevice: Texts.noDevice
        case .refused: Texts.serverRefuses
        }
    }

    /// The server is out of reach: where nothing can be proven without it, `[outage]` decides.
    private mutating func outage() -> [Action] {
        if facts.outage == .allow, !matchesCodes, !isLocked { return end(Decision(.excused, .outage)) }
        return openPrompt(notice(of: .outage))
    }
}

// MARK: - The prompt

extension LoginFlow {
    /// Codes can be matched on this host.
    private var matchesCodes: Bool { facts.rules.factors.contains(.softToken) && facts.hasSoftToken }

    /// Codes can be verified by the server: those of its SoftToken, or one that it sent in this login.
    private var verifiesCodes: Bool {
        facts.hasAuthyID && facts.hasServer && (facts.rules.factors.contains(.softToken) || oneCode != nil)
    }

    private var takesCodes: Bool { !isLocked && (matchesCodes || verifiesCodes) }

    private var approvable: Bool { push == .creating || push == .pending }

    private var words: [Word] {
        Word.allCases.filter {
            switch $0 {
            case .sms: facts.rules.factors.contains(.sms) && facts.hasAuthyID && facts.hasServer && !isLocked
            case .call: facts.rules.factors.contains(.call) && facts.hasAuthyID && facts.hasServer && !isLocked
            case .push: canPush && (push == .expired || push == .none && facts.withholdsPush)
            case .skip: skip != .none
            }
        }
    }

    private mutating func openPrompt(_ notice: String? = nil, before: [Action] = []) -> [Action] {
        if let notice { notices.append(notice) }
        guard approvable || takesCodes || !words.isEmpty else { return before + nothingLeft() }
        state = .asking
        let told = notices.map(Action.tell)
        notices = []
        let number = showsNumber && approvable ? facts.number : nil
        return before + told + [.ask(Texts.prompt(approve: approvable, number: number, codes: takesCodes, words: words))]
    }

    private mutating func nothingLeft() -> [Action] {
        if isLocked { return end(Decision(.denied, .locked, farewell: Texts.locked)) }
        if hadFault { return end(Decision(.unavailable, .server, farewell: notices.last ?? Texts.serverRefuses)) }
        if push == .over { return end(Decision(.denied, .tooManyRequests, farewell: notices.last ?? Texts.tooManyPushes)) }
        return end(Decision(.unavailable, .noFactor, farewell: Texts.noFactor))
    }

    private mutating func answered(_ answer: Answer) -> [Action] {
        switch answer {
        case .nothing: return end(Decision(.denied, isLate ? .timeout : .cancelled))
        // Whatever was typed: it looks as it does to those who could get in, and is neither counted nor checked.
        case .standIn:
            isHopeless = true
            return wrong(Texts.wrongCode, .hopeless)
        case .code(let code) where takesCodes && (!isLate || matchesCodes):
            state = .charging(code)
            return [.chargeTry]
        case _ where isLate: return end(Decision(.denied, .timeout, farewell: Texts.timeout))
        case .enter: return enter()
        case .word(let word) where words.contains(word): return typed(word)
        case .word: return fruitless(Texts.noSuchWord)
        case .code: return fruitless(isLocked ? Texts.lockedUsePhone : Texts.noSuchWord)
        case .other: return wrong(Texts.noCode, .wrongCode)
        }
    }

    /// Enter only ever looks again at the approval.
    private mutating func enter() -> [Action] {
        if missedOutage {
            missedOutage = false
            return outage()
        }
        guard approvable else { return fruitless(nil) }
        if isHopeless { return fruitless(Texts.notApprovedYet) }
        state = .looking(proof: nil)
        return push == .pending ? [.look(.brief)] : []
    }

    /// An answer that nothing can be done with is no failure, but a client that sends them for ever is stopped.
    private mutating func fruitless(_ notice: String?) -> [Action] {
        fruitless += 1
        return fruitless < 5 ? openPrompt(notice) : end(Decision(.denied, .noAnswer, farewell: Texts.timeout))
    }

    private mutating func typed(_ word: Word) -> [Action] {
        switch word {
        case .push:
            state = .chargingPush(typed: true)
            return [.chargePush(automatic: false)]
        case .sms, .call:
            state = .chargingOneCode(word == .sms ? .sms : .call)
            return [.chargeOneCode]
        case .skip where skip == .free: return end(Decision(.excused, .skipped))
        case .skip:
            state = .spendingGrace
            return [.spendGrace]
        }
    }

    private mutating func graceSpent(left: Int?) -> [Action] {
        if let left { return end(Decision(.excused, .grace, farewell: Texts.grace(left: left, until: facts.graceUntil))) }
        skip = .none
        return openPrompt(Texts.graceUsedUp)
    }

    private mutating func oneCodeCharged(_ granted: Bool, _ factor: Factor) -> [Action] {
        guard granted else { return fruitless(Texts.tooManyOneCodes) }
        state = .sendingOneCode(factor)
        return [.sendOneCode(factor)]
    }

    /// A server that sends no codes is out of reach only for whom codes are all that can be asked.
    private mutating func oneCodeFailed(_ fault: Fault) -> [Action] {
        guard fault == .outage else { return openPrompt(Texts.oneCodeNotSent) }
        return canPush || verifiesCodes ? openPrompt(notice(of: fault)) : outage()
    }

    private mutating func oneCodeSent(_ factor: Factor) -> [Action] {
        oneCode = factor
        return openPrompt(Texts.oneCodeSent(factor))
    }
}

// MARK: - Codes

extension LoginFlow {
    private mutating func match(_ code: OneTimeCode) -> [Action] {
        state = .matching(code)
        return matchesCodes ? [.match(code)] : handle(.matched(.wrong))
    }

    private mutating func locked() -> [Action] {
        isLocked = true
        return isLate ? end(Decision(.denied, .timeout, farewell: Texts.timeout)) : openPrompt(Texts.lockedUsePhone)
    }

    private mutating func matched(_ match: CodeMatch, _ code: OneTimeCode) -> [Action] {
        switch match {
        case .accepted(let timeStep) where isLate:
            return end(Decision(.denied, .timeout, spentTimeStep: timeStep, farewell: Texts.timeout))
        case .accepted(let timeStep): return right(Proof(factor: .softToken, timeStep: timeStep))
        case .spent: return wrong(Texts.wrongCode, .spentCode)
        case .wrong where verifiesCodes && !isLate:
            state = .verifying
            return [.verify(code)]
        case .wrong: return wrong(Texts.wrongCode, .wrongCode)
        }
    }

    private mutating func verified(_ match: CodeMatch) -> [Action] {
        switch match {
        case .accepted: right(Proof(factor: oneCode ?? .softToken, timeStep: nil))
        case .spent: wrong(Texts.wrongCode, .spentCode)
        case .wrong: wrong(Texts.wrongCode, .wrongCode)
        }
    }

    private mutating func verifyFailed(_ fault: Fault) -> [Action] {
        if fault == .outage, facts.outage == .allow, !matchesCodes, !isLocked, !approvable { return end(Decision(.excused, .outage)) }
        return wrong(notice(of: fault), matchesCodes ? .wrongCode : .server)
    }

    /// A code is right; if the phone was asked as well, a denial there still counts.
    private mutating func right(_ proof: Proof) -> [Action] {
        guard push == .pending else { return approve(proof) }
        state = .looking(proof: proof)
        return [.look(.none)]
    }

    private mutating func approve(_ proof: Proof) -> [Action] {
        end(Decision(.approved, .proven, factor: proof.factor, spentTimeStep: proof.timeStep))
    }

    private mutating func wrong(_ notice: String, _ reason: Reason) -> [Action] {
        tries -= 1
        if isLate { return end(Decision(.denied, .timeout, farewell: Texts.timeout)) }
        if tries > 0 { return openPrompt(notice) }
        if reason == .server { return end(Decision(.unavailable, .server, farewell: notice)) }
        return end(Decision(.denied, reason, farewell: Texts.noMoreTries))
    }
}

// MARK: - The end

extension LoginFlow {
    /// Nothing can cut a conversation: at the prompt the deadline is remembered until the answer comes.
    private mutating func deadlinePassed() -> [Action] {
        isLate = true
        if case .lastLook(let decision) = state { return close(decision) }
        return state == .asking ? [] : end(Decision(.denied, .timeout, farewell: Texts.timeout))
    }

    /// A refusal while a request is open looks at it once more: a denial there pauses the requests to come.
    private mutating func end(_ decision: Decision) -> [Action] {
        var decision = decision
        // A code of this host that was right is spent, however the login ends.
        if case .looking(let proof?) = state { decision.spentTimeStep = proof.timeStep }
        guard push == .pending, decision.outcome == .denied, !isLate else { return close(decision) }
        state = .lastLook(decision)
        return [.look(.none)]
    }

    private mutating func close(_ decision: Decision) -> [Action] {
        state = .ended
        // Where sshd refuses whatever we say, it dies of a yes.
        let isInVain = isHopeless && decision.outcome.letsIn
        return [.end(isInVain ? Decision(.denied, .hopeless, spentTimeStep: decision.spentTimeStep) : decision)]
    }
}
