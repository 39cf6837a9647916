internal import Identifiers

/// The code prompt and the answers to it.
extension LoginFlow {
    /// Whether codes can be matched on this host.
    var matchesCodes: Bool { facts.rules.factors.contains(.softToken) && facts.hasSoftToken }

    /// Whether the server can verify codes: those of its SoftToken, or one that it sent in this login.
    var verifiesCodes: Bool {
        facts.hasAuthyID && facts.hasServer && (facts.rules.factors.contains(.softToken) || oneCode != nil)
    }

    var takesCodes: Bool { !isLocked && (matchesCodes || verifiesCodes) }

    /// Whether a code can be typed at the prompt, at once or after one of its words.
    var promptTakesCodes: Bool { takesCodes || words.contains { [.sms, .call, .recovery].contains($0) } }

    var approvable: Bool { push.isCreating || push.isPending }

    func canSend(_ factor: Factor) -> Bool {
        facts.rules.factors.contains(factor) && facts.hasAuthyID && facts.hasServer && !isLocked
    }

    var words: [Word] {
        Word.allCases.filter {
            switch $0 {
            case .sms: canSend(.sms)
            case .call: canSend(.call)
            case .push: canPush && (push == .expired || push == .byWord)
            case .recovery: facts.rules.factors.contains(.recovery) && facts.recoveryLeft > 0 && !isLocked
            case .skip: skip != .none
            case .never: false
            }
        }
    }

    mutating func openPrompt(_ notice: String? = nil, before: [Action] = []) -> [Action] {
        if let notice { notices.append(notice) }
        guard approvable || takesCodes || !words.isEmpty else { return before + nothingLeft() }
        state = .asking
        let told = tellNotices()
        let prompt = texts.prompt(approves: approvable, number: push.number, codes: takesCodes, words: words)
        return before + told + [.ask(prompt)]
    }

    mutating func tellNotices() -> [Action] {
        defer { notices = [] }
        return notices.map(Action.show)
    }

    mutating func nothingLeft() -> [Action] {
        if isLocked { return end(Decision(.denied, .locked, finalMessage: texts[.locked])) }
        if serverHasFailed {
            return end(Decision(.unavailable, .server, finalMessage: notices.last ?? texts[.serverRefuses]))
        }
        if push == .over(.noDevice) { return end(Decision(.unavailable, .server, finalMessage: texts[.noDevice])) }
        if push.isOver {
            return end(Decision(.denied, .tooManyRequests, finalMessage: notices.last ?? texts[.tooManyPushes]))
        }
        return end(Decision(.unavailable, .noFactor, finalMessage: texts[.noFactor]))
    }

    mutating func answered(_ input: PromptInput) -> [Action] {
        switch input {
        case .nothing: return noAnswer()
        // Shown like a wrong code, whatever was typed; neither charged nor checked.
        case .sshdFakePassword:
            willSSHDRefuse = true
            return wrong(texts[.wrongCode], reason: .sshdRefuses)
        case .code(let code) where takesCodes && (!isLate || matchesCodes):
            state = .charging(code)
            return [.chargeTry]
        case _ where isLate: return late()
        case .enter: return enter()
        case .word(let word) where words.contains(word): return typed(word)
        case .word: return fruitless(texts[.noSuchWord])
        case .recovery(let code) where words.contains(.recovery):
            state = .chargingRecovery(code)
            return [.chargeTry]
        case .code: return fruitless(isLocked ? texts[.lockedUsePhone] : texts[.noSuchWord])
        // It was not checked, so it does not count as a try.
        case .recovery, .other: return fruitless(isLocked ? texts[.lockedUsePhone] : texts[.noCode])
        }
    }

    /// Enter looks at the request once more and does nothing else.
    mutating func enter() -> [Action] {
        if push == .over(.unnoticedOutage) {
            push = .over(.other)
            return outage()
        }
        guard approvable else { return fruitless(nil) }
        if willSSHDRefuse { return fruitless(texts[.notApprovedYet]) }
        state = .polling(proof: nil)
        // A request that is being created is looked at once it exists.
        guard push.isPending else { return [] }
        return [.poll(.brief)]
    }

    /// An unusable answer is not a failed try, but the fifth one ends the login, so that no client goes on forever.
    mutating func fruitless(_ notice: String?) -> [Action] {
        fruitless += 1
        guard fruitless < 5 else { return end(Decision(.denied, .noAnswer, finalMessage: texts[.timeout])) }
        return openPrompt(notice)
    }

    mutating func typed(_ word: Word) -> [Action] {
        switch word {
        case .push:
            state = .chargingPush(typed: true)
            return [.chargePush(automatic: false)]
        case .sms: return chargeOneCode(for: .sms)
        case .call: return chargeOneCode(for: .call)
        case .recovery:
            state = .askingRecovery
            return tellNotices() + [.askRecovery(texts[.recoveryPrompt])]
        case .skip where skip == .free: return end(Decision(.excused, .skipped))
        case .skip:
            state = .spendingGrace
            return [.spendGrace]
        case .never: return end(Decision(.unavailable, .protocolError, finalMessage: texts[.unavailable]))
        }
    }

    mutating func chargeOneCode(for factor: Factor) -> [Action] {
        state = .chargingOneCode(factor)
        return [.chargeOneCode]
    }

    mutating func graceSpent(left: Int?) -> [Action] {
        if let left {
            return end(Decision(.excused, .grace, finalMessage: texts.grace(left: left, until: facts.graceUntil)))
        }
        skip = .none
        return openPrompt(texts[.graceUsedUp])
    }

    mutating func oneCodeCharged(_ granted: Bool, factor: Factor) -> [Action] {
        guard granted else { return fruitless(texts[.tooManyOneCodes]) }
        state = .sendingOneCode(factor)
        return [.sendOneCode(factor)]
    }

    /// Counts as an outage only if a code is all that can be asked; otherwise the prompt opens again.
    mutating func oneCodeFailed(_ error: ServerError) -> [Action] {
        switch error {
        case .outage where canPush || verifiesCodes: openPrompt(notice(of: error))
        case .outage: outage()
        case .limited: openPrompt(texts[.tooManyOneCodes])
        case .noDevice, .refused: openPrompt(texts[.oneCodeNotSent])
        }
    }

    mutating func oneCodeSent(_ factor: Factor) -> [Action] {
        oneCode = factor
        return openPrompt(texts.oneCodeSent(factor))
    }
}
