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

    /// What the person, or the settings, would rather be asked for than for the phone; nil where that cannot be had, and where sshd may
    /// be going to refuse whatever we say: nothing is sent unasked there.
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
            // Its prompt comes at once, so that the number is seen in time.
            showsNumber = facts.rules.checkNumber
            return openPrompt(before: [.createPush(showsNumber ? facts.number : nil)])
        }
        state = .waiting
        return [.createPush(showsNumber ? facts.number : nil)]
    }

    /// Said once there is a request: who has no phone is not told to look at it.
    func created() -> [Action] {
        guard facts.textIsLive else { return [.look(.untilPromptIsDue)] }
        let listens = facts.hearsEnter && promptTakesCodes
        let text = Texts.waiting(number: showsNumber ? facts.number : nil, enter: listens)
        // First of all: an Enter that answers the text is heard.
        return (listens ? [.listen] : []) + [.tell(text), .look(.untilPromptIsDue)]
    }

    mutating func waiting(_ event: Event) -> [Action] {
        switch event {
        case .created:
            push = .pending
            return Self.prompt(of: facts) == .now ? openPrompt() : created()
        case .createFailed(.noDevice):
            // Whom nobody can ask on a phone is asked for what there is, and told of the phone only where there is nothing.
            push = .over
            hasNoDevice = true
            return openPrompt()
        case .createFailed(let fault):
            push = .over
            return fault == .outage ? outage() : openPrompt(notice(of: fault))
        case .looked(.pending), .lookFailed(.outage): return [.look(.untilPromptIsDue)]
        case .looked(.approved): return end(Decision(.approved, .proven, factor: .oneTouch))
        case .looked(.denied): return deniedOnPhone()
        case .looked(.expired): return openPrompt(expired())
        case .lookFailed(let fault): return openPrompt(notice(of: fault))
        case .promptIsDue, .enterPressed: return openPrompt(before: [.stopLooking])
        case .interrupted: return end(Decision(.denied, .cancelled))
        default: return end(Decision(.unavailable, .protocolError, farewell: Texts.unavailable))
        }
    }

    /// - Parameter proof: the code that was right, if the look comes after one: a denial on the phone overrules it, nothing else does.
    mutating func looking(_ event: Event, _ proof: Proof?) -> [Action] {
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

    mutating func note(_ push: Push, _ fault: Fault? = nil) -> [Action] {
        self.push = push
        missedOutage = fault == .outage
        hadFault = hadFault || missedOutage
        if let fault, fault != .outage { notices.append(notice(of: fault)) }
        return []
    }

    mutating func lastLook(_ event: Event, _ decision: Decision) -> [Action] {
        switch event {
        case .looked(.denied): deniedOnPhone(spending: decision.spentTimeStep)
        case .looked, .lookFailed, .interrupted: close(decision)
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
            Decision(.denied, .deniedOnPhone, factor: .oneTouch, spentTimeStep: timeStep, farewell: Texts.deniedOnPhone)
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

    /// The server is out of reach: where nothing can be proven without it, `[outage]` decides.
    mutating func outage() -> [Action] {
        if facts.outage == .allow, !matchesCodes, !isLocked { return end(Decision(.excused, .outage)) }
        return openPrompt(notice(of: .outage))
    }
}
