internal import Identifiers

/// The state machine of a login that needs a factor.
///
/// It is a pure value without clock, network or storage: events go in, actions come out. The driver performs the
/// actions in order and feeds their results back as events. A pair of state and event that is not listed ends the login
/// as unavailable.
public struct LoginFlow: Sendable {
    enum State: Equatable, Sendable {
        case idle
        case chargingPush(typed: Bool)
        case waiting
        case asking
        case askingRecovery
        /// Looks once at the request: after Enter, or before a right code (`proof`) counts.
        case polling(proof: Proof?)
        case charging(OneTimeCode)
        case matching(OneTimeCode)
        case verifying
        case chargingRecovery(RecoveryCode)
        /// Matches a recovery code; if it is wrong, `orElse` is checked as a code, as it may be either.
        case matchingRecovery(orElse: OneTimeCode?)
        case chargingOneCode(Factor)
        case sendingOneCode(Factor)
        case spendingGrace
        /// The login is denied; a denial on the phone can still change the reason.
        case lastPoll(Decision)
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
    /// sshd has sent its fake password: it refuses in any case, so nothing is approved any more.
    var willSSHDRefuse = false
    /// The request could not be sent while a prompt was open, because the server cannot be reached.
    var missedOutage = false
    var hadFault = false
    /// The server knows no device of the user.
    var hasNoDevice = false
    /// A request is sent only after the word `push`.
    var pushesByWord: Bool
    var showsNumber: Bool
    var notices: [String] = []

    /// Starts in the state that expects `.begin`.
    public init(_ facts: Facts) {
        self.facts = facts
        isLocked = facts.isLocked
        skip = facts.skip
        pushesByWord = facts.withholdsPush
        tries = facts.rules.tries
        showsNumber = facts.rules.checkNumber && (facts.textIsLive || Self.prompt(of: facts) == .now)
    }

    /// When `.promptIsDue` is due, in seconds from the beginning of the login.
    public var promptIsDueAfter: Int { Self.prompt(of: facts) == .now ? 1 : facts.rules.onetouchWait }

    /// Without live text only a prompt can show the check number: if the user must see it, the prompt comes at once.
    static func prompt(of facts: Facts) -> LoginRules.Prompt {
        facts.rules.numberMatching && facts.rules.checkNumber && !facts.textIsLive ? .now : facts.rules.prompt
    }

    /// Takes one event.
    ///
    /// - Parameter event: what happened; an event that the state does not expect ends the login as unavailable.
    /// - Returns: the actions to perform, in order; none if there is nothing to do or the login has ended.
    public mutating func handle(_ event: Event) -> [Action] {
        switch (state, event) {
        case (.ended, _): return []
        case (_, .deadline): return deadlinePassed()
        case (.lastPoll, .disconnected), (.lastPoll, .enterPressed): return []
        case (_, .disconnected): return end(Decision(.denied, .disconnected))
        // Enter was pressed while the prompt was already on its way.
        case (_, .enterPressed) where state != .waiting: return []
        // A result that belongs to no open question to the server.
        case (_, .created) where push != .creating, (_, .createFailed) where push != .creating && push != .over,
            (_, .polled) where push == .none || push == .creating,
            (_, .pollFailed) where push == .none || push == .creating:
            return end(Decision(.unavailable, .protocolError, finalMessage: Texts.unavailable))
        // Known already: a countersign-net that ends reports it again.
        case (_, .createFailed) where push == .over: return []
        case (.idle, .begin): return begin()
        case (.chargingPush(let typed), .pushCharged(let charge)): return charged(charge, typed: typed)
        case (.waiting, _): return waiting(event)
        case (.polling(let proof), _): return polling(event, proof)
        case (.lastPoll(let decision), _): return lastPoll(event, decision)
        case (.asking, .answered(let answer)): return answered(answer)
        case (.askingRecovery, .recoveryTyped(let answer)): return recoveryTyped(answer)
        // The result of a look that was given up or overtaken.
        case (.asking, .polled), (.asking, .pollFailed), (.askingRecovery, .polled), (.askingRecovery, .pollFailed),
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
        // Ctrl-C at a prompt ends the conversation; this one came between two prompts.
        case (_, .interrupted): return isAtPrompt ? [] : end(Decision(.denied, .cancelled))
        default: return end(Decision(.unavailable, .protocolError, finalMessage: Texts.unavailable))
        }
    }
}

// MARK: - The end

extension LoginFlow {
    var isAtPrompt: Bool { state == .asking || state == .askingRecovery }

    /// A conversation cannot be interrupted: at a prompt, the deadline takes effect when the answer comes.
    mutating func deadlinePassed() -> [Action] {
        isLate = true
        if case .lastPoll(let decision) = state { return close(decision) }
        return isAtPrompt ? [] : end(Decision(.denied, .timeout, finalMessage: Texts.timeout))
    }

    /// Before a refusal, looks once more at an open request: a denial on the phone pauses further requests.
    mutating func end(_ decision: Decision) -> [Action] {
        var decision = decision
        // A right code of this host is spent, however the login ends.
        if case .polling(let proof?) = state { decision.spentTimeStep = proof.timeStep }
        guard push == .pending, decision.outcome == .denied, !isLate else { return close(decision) }
        state = .lastPoll(decision)
        return [.poll(.none)]
    }

    mutating func close(_ decision: Decision) -> [Action] {
        state = .ended
        // When sshd refuses in any case, a yes would make it abort.
        let isInVain = willSSHDRefuse && decision.outcome.letsIn
        return [.end(isInVain ? Decision(.denied, .sshdRefuses, spentTimeStep: decision.spentTimeStep) : decision)]
    }
}
