internal import Identifiers

/// The asking, as a pure value: events go in, actions come out, and every pair of state and event that is not written here refuses.
///
/// Whoever drives it performs the actions in order and feeds back what came of them. It knows no clock, no network and no storage.
public struct LoginFlow: Sendable {
    enum State: Equatable, Sendable {
        case idle
        case chargingPush(typed: Bool)
        case waiting
        case asking
        case askingRecovery
        /// A short look: after Enter, or before a right code counts.
        case looking(proof: Proof?)
        case charging(OneTimeCode)
        case matching(OneTimeCode)
        case verifying
        case chargingRecovery(RecoveryCode)
        /// With what was typed where a code was asked for, if that is what it is instead.
        case matchingRecovery(orElse: OneTimeCode?)
        case chargingOneCode(Factor)
        case sendingOneCode(Factor)
        case spendingGrace
        /// The login is refused, and only a denial on the phone can still change why.
        case lastLook(Decision)
        case ended
    }

    enum Push: Equatable, Sendable { case none, creating, pending, expired, over }

    struct Proof: Equatable, Sendable {
        let factor: Factor
        let timeStep: Int64?
    }

    let facts: Facts
    var state = State.idle
    var push = Push.none
    var isLocked: Bool
    var skip: Admission.Skip
    var tries: Int
    var oneCode: Factor?
    var fruitless = 0
    var isLate = false
    /// sshd has shown that it will refuse: nothing lets in any more.
    var isHopeless = false
    /// The request could not be sent while a prompt was open, since the server is out of reach.
    var missedOutage = false
    var hadFault = false
    /// The server knows of no device to ask.
    var hasNoDevice = false
    /// A request goes out by word only.
    var pushesByWord: Bool
    var showsNumber: Bool
    var notices: [String] = []

    public init(_ facts: Facts) {
        self.facts = facts
        isLocked = facts.isLocked
        skip = facts.skip
        pushesByWord = facts.withholdsPush
        tries = facts.rules.tries
        showsNumber = facts.rules.checkNumber && (facts.textIsLive || Self.prompt(of: facts) == .now)
    }

    /// When the prompt is due, in seconds from the beginning.
    public var promptIsDueAfter: Int { Self.prompt(of: facts) == .now ? 1 : facts.rules.onetouchWait }

    /// A check number that must be seen makes the prompt come at once where no text is shown without one.
    static func prompt(of facts: Facts) -> LoginRules.Prompt {
        facts.rules.numberMatching && facts.rules.checkNumber && !facts.textIsLive ? .now : facts.rules.prompt
    }

    public mutating func handle(_ event: Event) -> [Action] {
        switch (state, event) {
        case (.ended, _): return []
        case (_, .deadline): return deadlinePassed()
        case (.lastLook, .disconnected), (.lastLook, .enterPressed): return []
        case (_, .disconnected): return end(Decision(.denied, .disconnected))
        // Pressed when the prompt was on its way already.
        case (_, .enterPressed) where state != .waiting: return []
        // What answers nothing that was asked of the server.
        case (_, .created) where push != .creating, (_, .createFailed) where push != .creating && push != .over,
            (_, .looked) where push == .none || push == .creating,
            (_, .lookFailed) where push == .none || push == .creating:
            return end(Decision(.unavailable, .protocolError, farewell: Texts.unavailable))
        // Said already: a countersign-net that ends says it again.
        case (_, .createFailed) where push == .over: return []
        case (.idle, .begin): return begin()
        case (.chargingPush(let typed), .pushCharged(let charge)): return charged(charge, typed: typed)
        case (.waiting, _): return waiting(event)
        case (.looking(let proof), _): return looking(event, proof)
        case (.lastLook(let decision), _): return lastLook(event, decision)
        case (.asking, .answered(let answer)): return answered(answer)
        case (.askingRecovery, .recoveryTyped(let answer)): return recoveryTyped(answer)
        // Given up or overtaken: what comes of it is no news any more.
        case (.asking, .looked), (.asking, .lookFailed), (.askingRecovery, .looked), (.askingRecovery, .lookFailed),
            (_, .promptIsDue):
            return []
        case (_, .created): return note(.pending)
        case (_, .createFailed(let fault)): return note(.over, fault)
        case (.charging(let code), .tryCharged(let granted)): return granted ? match(code) : locked()
        case (.matching(let code), .matched(let match)): return matched(match, code)
        case (.verifying, .verified(let match)): return verified(match)
        case (.verifying, .confirmationTyped(let isTaken)): return confirmationTyped(isTaken)
        case (.verifying, .verifyFailed(let fault)): return verifyFailed(fault)
        case (.chargingRecovery(let code), .tryCharged(let granted)): return granted ? matchRecovery(code) : locked()
        case (.matchingRecovery(let code), .recoveryMatched(let isRight)): return recoveryMatched(isRight, orElse: code)
        case (.chargingOneCode(let factor), .oneCodeCharged(let granted)): return oneCodeCharged(granted, factor)
        case (.sendingOneCode(let factor), .oneCodeSent): return oneCodeSent(factor)
        case (.sendingOneCode, .oneCodeFailed(let fault)): return oneCodeFailed(fault)
        case (.spendingGrace, .graceSpent(let left)): return graceSpent(left: left)
        // Ctrl-C at the prompt is the conversation's; here it comes between two prompts.
        case (_, .interrupted): return isAtPrompt ? [] : end(Decision(.denied, .cancelled))
        default: return end(Decision(.unavailable, .protocolError, farewell: Texts.unavailable))
        }
    }
}

// MARK: - The end

extension LoginFlow {
    var isAtPrompt: Bool { state == .asking || state == .askingRecovery }

    /// Nothing can cut a conversation: at the prompt the deadline is remembered until the answer comes.
    mutating func deadlinePassed() -> [Action] {
        isLate = true
        if case .lastLook(let decision) = state { return close(decision) }
        return isAtPrompt ? [] : end(Decision(.denied, .timeout, farewell: Texts.timeout))
    }

    /// A refusal while a request is open looks at it once more: a denial there pauses the requests to come.
    mutating func end(_ decision: Decision) -> [Action] {
        var decision = decision
        // A code of this host that was right is spent, however the login ends.
        if case .looking(let proof?) = state { decision.spentTimeStep = proof.timeStep }
        guard push == .pending, decision.outcome == .denied, !isLate else { return close(decision) }
        state = .lastLook(decision)
        return [.look(.none)]
    }

    mutating func close(_ decision: Decision) -> [Action] {
        state = .ended
        // Where sshd refuses whatever we say, it dies of a yes.
        let isInVain = isHopeless && decision.outcome.letsIn
        return [.end(isInVain ? Decision(.denied, .hopeless, spentTimeStep: decision.spentTimeStep) : decision)]
    }
}
