internal import Identifiers

/// The request on the phone.
extension LoginFlow {
    var canPush: Bool { facts.rules.factors.contains(.oneTouch) && facts.hasAuthyID && facts.hasServer }

    mutating func begin() -> [Action] {
        if isLocked { notices.append(Texts.lockedUsePhone) }
        if let preference {
            pushesByWord = true
            return preference == .softToken ? openPrompt() : typed(preference == .call ? .call : .sms)
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
        return switch factor {
        case .sms, .call: canSend(factor) ? factor : nil
        case .softToken: takesCodes ? factor : nil
        case .oneTouch, .recovery: nil
        }
    }

    mutating func charged(_ charge: PushCharge, typed: Bool) -> [Action] {
        switch charge {
        case .granted: return create(typed: typed)
        case .paused: push = .over
        case .tooMany: push = .over
        case .alreadySent: push = .over
        }
        return openPrompt(charge == .paused ? Texts.pushPaused : charge == .tooMany ? Texts.tooManyPushes : nil)
    }

    mutating func create(typed: Bool) -> [Action] {
        push = .creating
        if typed {
            // The prompt comes at once and shows the number in time.
            showsNumber = facts.rules.checkNumber
            return openPrompt(before: [.createPush(showsNumber ? facts.number : nil)])
        }
        state = .waiting
        return [.createPush(showsNumber ? facts.number : nil)]
    }

    /// The request exists: only now the text says to check the phone, since a user may have none.
    func created() -> [Action] {
        guard facts.textIsLive else { return [.poll(.untilPromptIsDue)] }
        let listens = facts.hearsEnter && promptTakesCodes
        let text = Texts.waiting(number: showsNumber ? facts.number : nil, enter: listens)
        // Listen first, so that an Enter that answers the text is heard.
        return (listens ? [.listen] : []) + [.show(text), .poll(.untilPromptIsDue)]
    }

    mutating func waiting(_ event: Event) -> [Action] {
        switch event {
        case .created:
            push = .pending
            return Self.prompt(of: facts) == .now ? openPrompt() : created()
        case .createFailed(.noDevice):
            // No usable device: fall back to codes, and mention the phone only if nothing else is left.
            push = .over
            hasNoDevice = true
            return openPrompt()
        case .createFailed(let fault):
            push = .over
            return fault == .outage ? outage() : openPrompt(notice(of: fault))
        case .polled(.pending), .pollFailed(.outage): return [.poll(.untilPromptIsDue)]
        case .polled(.approved): return end(Decision(.approved, .proven, factor: .oneTouch))
        case .polled(.denied): return deniedOnPhone()
        case .polled(.expired): return openPrompt(expired())
        case .pollFailed(let fault): return openPrompt(notice(of: fault))
        case .promptIsDue, .enterPressed: return openPrompt(before: [.stopPolling])
        case .interrupted: return end(Decision(.denied, .cancelled))
        default: return end(Decision(.unavailable, .protocolError, finalMessage: Texts.unavailable))
        }
    }

    /// Takes the result of one look.
    ///
    /// - Parameters:
    ///   - event: the result.
    ///   - proof: the right code before which the look comes, if any; only a denial on the phone overrules it.
    /// - Returns: the actions to perform.
    mutating func polling(_ event: Event, _ proof: Proof?) -> [Action] {
        switch (event, proof) {
        case (.created, _):
            push = .pending
            return [.poll(.brief)]
        case (.polled(.denied), _): return deniedOnPhone(spending: proof?.timeStep)
        case (.polled, let proof?), (.pollFailed, let proof?), (.createFailed, let proof?): return approve(proof)
        case (.polled(.approved), nil): return end(Decision(.approved, .proven, factor: .oneTouch))
        case (.polled(.pending), nil): return openPrompt(Texts.notApprovedYet)
        case (.polled(.expired), nil): return openPrompt(expired())
        case (.pollFailed(let fault), nil): return openPrompt(notice(of: fault))
        case (.createFailed(let fault), nil):
            push = .over
            return fault == .outage ? outage() : openPrompt(notice(of: fault))
        case (.promptIsDue, _): return []
        case (.interrupted, _): return end(Decision(.denied, .cancelled))
        default: return end(Decision(.unavailable, .protocolError, finalMessage: Texts.unavailable))
        }
    }

    mutating func note(_ push: Push, _ fault: Fault? = nil) -> [Action] {
        self.push = push
        missedOutage = fault == .outage
        hadFault = hadFault || missedOutage
        if let fault, fault != .outage { notices.append(notice(of: fault)) }
        return []
    }

    mutating func lastPoll(_ event: Event, _ decision: Decision) -> [Action] {
        switch event {
        case .polled(.denied): deniedOnPhone(spending: decision.spentTimeStep)
        case .polled, .pollFailed, .interrupted: close(decision)
        default: []
        }
    }

    mutating func expired() -> String {
        push = .expired
        return Texts.requestExpired
    }

    mutating func deniedOnPhone(spending timeStep: Int64? = nil) -> [Action] {
        push = .over
        return end(
            Decision(
                .denied, .deniedOnPhone, factor: .oneTouch, spentTimeStep: timeStep, finalMessage: Texts.deniedOnPhone)
        )
    }

    mutating func notice(of fault: Fault) -> String {
        hadFault = true
        return switch fault {
        case .outage: Texts.serverSilent
        case .noDevice: Texts.noDevice
        case .limited: Texts.serverLimited
        case .refused: Texts.serverRefuses
        }
    }

    /// The server cannot be reached: if nothing can be proven without it, `[outage]` decides.
    mutating func outage() -> [Action] {
        if facts.outage == .allow, !matchesCodes, !isLocked { return end(Decision(.excused, .outage)) }
        return openPrompt(notice(of: .outage))
    }
}
