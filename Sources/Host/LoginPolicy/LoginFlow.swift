internal import Identifiers

/// The state machine of a login that needs a factor.
///
/// It is a pure value without clock, network or storage: events go in, actions come out. The driver performs the
/// actions in order and feeds their results back as events. An event that the state does not expect ends the login as
/// unavailable.
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

    /// The request on the phone.
    enum Push: Equatable, Sendable {
        /// None was sent yet.
        case unsent
        /// None was sent yet, and one is sent only after the word `push`.
        case byWord
        /// Being created, or open; with the check number that the user sees, if any.
        case creating(CheckNumber?)
        case pending(CheckNumber?)
        case expired
        /// None is open, and no other one is sent.
        case over(End)

        enum End: Equatable, Sendable {
            case noDevice
            /// The server could not be reached while a prompt was open; the user has not been told yet.
            case unnoticedOutage
            case other
        }

        var isCreating: Bool { if case .creating = self { true } else { false } }
        var isPending: Bool { if case .pending = self { true } else { false } }
        var isOver: Bool { if case .over = self { true } else { false } }

        /// The check number that the user sees while the request can be approved.
        var number: CheckNumber? {
            switch self {
            case .creating(let number), .pending(let number): number
            case .unsent, .byWord, .expired, .over: nil
            }
        }
    }

    struct Proof: Equatable, Sendable {
        let factor: Factor
        let timeStep: Int64?
    }

    let facts: Facts
    var texts: Texts { facts.texts }
    var state = State.idle
    var push: Push
    var isLocked: Bool
    var skip: Admission.Skip
    var tries: Int
    var oneCode: Factor?
    var fruitless = 0
    var isLate = false
    /// sshd has sent its fake password: it refuses in any case, so nothing is approved any more.
    var willSSHDRefuse = false
    var serverHasFailed = false
    /// What the next prompt tells first.
    var notices: [String] = []

    /// Starts in the state that expects `.begin`.
    public init(_ facts: Facts) {
        self.facts = facts
        isLocked = facts.isLocked
        skip = facts.skip
        push = if facts.withholdsPush { .byWord } else { .unsent }
        tries = facts.rules.tries
    }

    /// When `.promptIsDue` is due, in seconds from the beginning of the login.
    public var promptIsDueAfter: Int { if Self.prompt(of: facts) == .now { 1 } else { facts.rules.onetouchWait } }

    /// Without live text only a prompt can show the check number: if the user must see it, the prompt comes at once.
    static func prompt(of facts: Facts) -> LoginRules.Prompt {
        if facts.rules.numberMatching, facts.rules.checkNumber, !facts.textIsLive { return .now }
        return facts.rules.prompt
    }

    /// Takes one event.
    ///
    /// - Parameter event: what happened; an event that the state does not expect ends the login as unavailable.
    /// - Returns: the actions to perform, in order; none if there is nothing to do or the login has ended.
    public mutating func handle(_ event: Event) -> [Action] {
        if state == .ended { return [] }
        switch event {
        case .begin:
            guard state == .idle else { return unexpected() }
            return begin()
        case .deadline: return deadlinePassed()
        case .disconnected: return disconnected()
        case .interrupted: return interrupted()
        case .promptIsDue, .enterPressed:
            // Elsewhere the prompt is open or on its way.
            guard state == .waiting else { return [] }
            return openPrompt(before: [.stopPolling])
        case .pushCharged(let charge):
            guard case .chargingPush(let typed) = state else { return unexpected() }
            return charged(charge, typed: typed)
        case .created: return created()
        case .createFailed(let error): return createFailed(error)
        case .polled(let status): return polled(status)
        case .pollFailed(let error): return pollFailed(error)
        case .answered(let input):
            guard state == .asking else { return unexpected() }
            return answered(input)
        case .recoveryTyped(let input):
            guard state == .askingRecovery else { return unexpected() }
            return recoveryTyped(input)
        case .tryCharged(let granted): return tryCharged(granted: granted)
        case .matched(let match):
            guard case .matching(let code) = state else { return unexpected() }
            return matched(match, code: code)
        case .recoveryMatched(let isRight):
            guard case .matchingRecovery(let code) = state else { return unexpected() }
            return recoveryMatched(isRight, orElse: code)
        case .verified(let match):
            guard state == .verifying else { return unexpected() }
            return verified(match)
        case .confirmationTyped(let isTaken):
            guard state == .verifying else { return unexpected() }
            return confirmationTyped(isTaken)
        case .verifyFailed(let error):
            guard state == .verifying else { return unexpected() }
            return verifyFailed(error)
        case .oneCodeCharged(let granted):
            guard case .chargingOneCode(let factor) = state else { return unexpected() }
            return oneCodeCharged(granted, factor: factor)
        case .oneCodeSent:
            guard case .sendingOneCode(let factor) = state else { return unexpected() }
            return oneCodeSent(factor)
        case .oneCodeFailed(let error):
            guard case .sendingOneCode = state else { return unexpected() }
            return oneCodeFailed(error)
        case .graceSpent(let left):
            guard state == .spendingGrace else { return unexpected() }
            return graceSpent(left: left)
        }
    }
}

// MARK: - The end

extension LoginFlow {
    var isAtPrompt: Bool { state == .asking || state == .askingRecovery }

    /// Refuses an event that the state does not expect; once the login is denied, it no longer matters.
    mutating func unexpected() -> [Action] {
        if case .lastPoll = state { return [] }
        return refuse()
    }

    mutating func refuse() -> [Action] {
        end(Decision(.unavailable, .protocolError, finalMessage: texts[.unavailable]))
    }

    mutating func disconnected() -> [Action] {
        if case .lastPoll = state { return [] }
        return end(Decision(.denied, .disconnected))
    }

    /// Ctrl-C at a prompt ends the conversation, so that this one came while none was open.
    mutating func interrupted() -> [Action] {
        if case .lastPoll(let decision) = state { return close(decision) }
        if isAtPrompt { return [] }
        return end(Decision(.denied, .cancelled))
    }

    /// The conversation ended without an answer.
    mutating func noAnswer() -> [Action] {
        let reason: Reason = if isLate { .timeout } else { .cancelled }
        return end(Decision(.denied, reason))
    }

    mutating func late() -> [Action] { end(Decision(.denied, .timeout, finalMessage: texts[.timeout])) }

    /// A conversation cannot be interrupted: at a prompt, the deadline takes effect when the answer comes.
    mutating func deadlinePassed() -> [Action] {
        isLate = true
        if case .lastPoll(let decision) = state { return close(decision) }
        if isAtPrompt { return [] }
        return late()
    }

    /// Before a refusal, looks once more at an open request: a denial on the phone pauses further requests.
    mutating func end(_ decision: Decision) -> [Action] {
        var decision = decision
        // A right code of this host is spent, however the login ends.
        if case .polling(let proof?) = state { decision.spentTimeStep = proof.timeStep }
        guard push.isPending, decision.outcome == .denied, !isLate else { return close(decision) }
        state = .lastPoll(decision)
        return [.poll(.none)]
    }

    mutating func close(_ decision: Decision) -> [Action] {
        state = .ended
        // When sshd refuses in any case, a yes would make it abort.
        if willSSHDRefuse, decision.outcome.letsIn {
            return [.end(Decision(.denied, .sshdRefuses, spentTimeStep: decision.spentTimeStep))]
        }
        return [.end(decision)]
    }
}
