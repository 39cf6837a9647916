internal import Identifiers

/// The request on the phone.
extension LoginFlow {
    var canPush: Bool { facts.rules.factors.contains(.oneTouch) && facts.hasAuthyID && facts.hasServer }

    mutating func begin() -> [Action] {
        if isLocked { notices.append(texts[.lockedUsePhone]) }
        if let preference {
            push = .byWord
            if preference == .softToken { return openPrompt() }
            return chargeOneCode(for: preference)
        }
        guard canPush, !facts.withholdsPush else { return openPrompt() }
        state = .chargingPush(typed: false)
        return [.chargePush(automatic: true)]
    }

    /// The preferred factor if it is not the phone.
    ///
    /// Nil if that factor cannot be used, and if sshd may refuse in any case: then nothing is sent until the user asks.
    var preference: Factor? {
        guard !facts.withholdsPush, let factor = facts.rules.prefer, facts.rules.factors.contains(factor) else {
            return nil
        }
        switch factor {
        case .sms where canSend(.sms), .call where canSend(.call), .softToken where takesCodes: return factor
        case .sms, .call, .softToken, .oneTouch, .recovery: return nil
        }
    }

    mutating func charged(_ charge: PushCharge, typed: Bool) -> [Action] {
        if charge == .granted { return create(typed: typed) }
        push = .over(.other)
        switch charge {
        case .paused: return openPrompt(texts[.pushPaused])
        case .tooMany: return openPrompt(texts[.tooManyPushes])
        case .alreadySent, .granted: return openPrompt()
        }
    }

    mutating func create(typed: Bool) -> [Action] {
        // After the word `push`, the prompt comes at once and shows the number in time.
        var number: CheckNumber?
        if facts.rules.checkNumber, typed || facts.textIsLive || Self.prompt(of: facts) == .now {
            number = facts.number
        }
        push = .creating(number)
        if typed { return openPrompt(before: [.createPush(number)]) }
        state = .waiting
        return [.createPush(number)]
    }

    /// The request exists: only now a text says to check the phone, since a user may have none.
    mutating func created() -> [Action] {
        guard case .creating(let number) = push else { return refuse() }
        push = .pending(number)
        switch state {
        case .waiting where Self.prompt(of: facts) == .now: return openPrompt()
        case .waiting where facts.textIsLive:
            let listens = facts.hearsEnter && promptTakesCodes
            let actions: [Action] = [.show(texts.waiting(number: number, enter: listens)), .poll(.untilPromptIsDue)]
            // Listen first, so that an Enter that answers the text is heard.
            if listens { return [.listen] + actions }
            return actions
        case .waiting: return [.poll(.untilPromptIsDue)]
        case .polling: return [.poll(.brief)]
        default: return []
        }
    }

    mutating func createFailed(_ error: ServerError) -> [Action] {
        // Known already: a countersign-net that ends reports it again.
        if push.isOver { return [] }
        guard push.isCreating else { return refuse() }
        push = .over(.other)
        switch state {
        case .waiting where error == .noDevice:
            // No usable device: fall back to codes, and mention the phone only if nothing else is left.
            push = .over(.noDevice)
            return openPrompt()
        case .waiting where error == .outage, .polling where error == .outage: return outage()
        case .waiting, .polling: return openPrompt(notice(of: error))
        case _ where error == .outage:
            push = .over(.unnoticedOutage)
            serverHasFailed = true
            return []
        default:
            notices.append(notice(of: error))
            return []
        }
    }

    /// Takes the status of the request.
    ///
    /// If the poll comes before a right code counts, only a denial on the phone overrules the code.
    mutating func polled(_ status: ApprovalStatus) -> [Action] {
        guard isPolled else { return refuse() }
        switch (state, status) {
        case (.waiting, .denied): return deniedOnPhone()
        case (.polling(let proof), .denied): return deniedOnPhone(spending: proof?.timeStep)
        case (.lastPoll(let decision), .denied): return deniedOnPhone(spending: decision.spentTimeStep)
        case (.lastPoll(let decision), _): return close(decision)
        case (.polling(let proof?), _): return approve(proof)
        case (.waiting, .pending): return [.poll(.untilPromptIsDue)]
        case (.polling, .pending): return openPrompt(texts[.notApprovedYet])
        case (.waiting, .approved), (.polling, .approved): return end(Decision(.approved, .proven, factor: .oneTouch))
        case (.waiting, .expired), (.polling, .expired): return openPrompt(expired())
        // The result of a poll that was given up or overtaken.
        case (.asking, _), (.askingRecovery, _): return []
        default: return unexpected()
        }
    }

    mutating func pollFailed(_ error: ServerError) -> [Action] {
        guard isPolled else { return refuse() }
        switch state {
        case .waiting where error == .outage: return [.poll(.untilPromptIsDue)]
        case .waiting, .polling(nil): return openPrompt(notice(of: error))
        case .polling(let proof?): return approve(proof)
        case .lastPoll(let decision): return close(decision)
        case .asking, .askingRecovery: return []
        default: return unexpected()
        }
    }

    /// Whether a poll can have a result: there is, or was, a request.
    private var isPolled: Bool {
        switch push {
        case .pending, .expired, .over: true
        case .unsent, .byWord, .creating: false
        }
    }

    mutating func expired() -> String {
        push = .expired
        return texts[.requestExpired]
    }

    mutating func deniedOnPhone(spending timeStep: Int64? = nil) -> [Action] {
        push = .over(.other)
        return end(
            Decision(
                .denied, .deniedOnPhone, factor: .oneTouch, spentTimeStep: timeStep, finalMessage: texts[.deniedOnPhone]
            ))
    }

    mutating func notice(of error: ServerError) -> String {
        serverHasFailed = true
        return switch error {
        case .outage: texts[.serverSilent]
        case .noDevice: texts[.noDevice]
        case .limited: texts[.serverLimited]
        case .refused: texts[.serverRefuses]
        }
    }

    /// The server cannot be reached: if nothing can be proven without it, `[outage]` decides.
    mutating func outage() -> [Action] {
        if facts.outage == .allow, !matchesCodes, !isLocked { return end(Decision(.excused, .outage)) }
        return openPrompt(notice(of: .outage))
    }
}
