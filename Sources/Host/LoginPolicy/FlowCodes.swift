internal import Identifiers

/// Codes from an app, codes by message, and recovery codes typed at the code prompt.
extension LoginFlow {
    mutating func match(_ code: OneTimeCode) -> [Action] {
        state = .matching(code)
        guard matchesCodes else { return handle(.matched(.wrong)) }
        return [.match(code)]
    }

    mutating func tryCharged(granted: Bool) -> [Action] {
        switch state {
        case .charging(let code) where granted: match(code)
        case .chargingRecovery(let code) where granted: matchRecovery(code)
        case .charging, .chargingRecovery: locked()
        default: unexpected()
        }
    }

    mutating func locked() -> [Action] {
        isLocked = true
        if isLate { return late() }
        return openPrompt(texts[.lockedUsePhone])
    }

    mutating func matched(_ match: CodeMatch, code: OneTimeCode) -> [Action] {
        switch match {
        case .accepted(let timeStep) where isLate:
            return end(Decision(.denied, .timeout, spentTimeStep: timeStep, finalMessage: texts[.timeout]))
        case .accepted(let timeStep): return right(Proof(factor: .softToken, timeStep: timeStep))
        case .spent: return wrong(wrongCode, reason: .spentCode)
        case .wrong:
            // Imported recovery codes may be digits too: match those first, and do not send one to the server.
            if !isLate, words.contains(.recovery), let recovery = RecoveryCode(code.digits.utf8) {
                return matchRecovery(recovery, orElse: code)
            }
            return notOfThisHost(code)
        }
    }

    mutating func notOfThisHost(_ code: OneTimeCode) -> [Action] {
        guard verifiesCodes, !isLate else { return wrong(wrongCode, reason: .wrongCode) }
        state = .verifying
        return [.verify(code)]
    }

    /// After a code was sent, the text does not tell the user to wait for a new one.
    var wrongCode: String { if oneCode == nil { texts[.wrongCode] } else { texts[.wrongSentCode] } }

    mutating func verified(_ match: CodeMatch) -> [Action] {
        switch match {
        case .accepted: right(Proof(factor: oneCode ?? .softToken, timeStep: nil))
        case .spent: wrong(wrongCode, reason: .spentCode)
        case .wrong: wrong(wrongCode, reason: .wrongCode)
        }
    }

    /// A confirmation code only proves that the user has the link: it lets in an account that has never proven a
    /// factor, and no other.
    mutating func confirmationTyped(_ isTaken: Bool) -> [Action] {
        guard isTaken else { return wrong(texts[.confirmationCode], reason: .confirmationCode) }
        guard !facts.isConfirmed else {
            return end(Decision(.denied, .confirmationCode, finalMessage: texts[.phoneConfirmed]))
        }
        return verified(.accepted(timeStep: 0))
    }

    mutating func verifyFailed(_ error: ServerError) -> [Action] {
        if error == .outage, facts.outage == .allow, !matchesCodes, !isLocked, !approvable {
            return end(Decision(.excused, .outage))
        }
        let reason: Reason = if matchesCodes { .wrongCode } else { .server }
        return wrong(notice(of: error), reason: reason)
    }

    /// Accepts a right code; while a request is open, a denial on the phone still overrules it.
    mutating func right(_ proof: Proof) -> [Action] {
        guard push.isPending else { return approve(proof) }
        state = .polling(proof: proof)
        return [.poll(.none)]
    }

    mutating func approve(_ proof: Proof) -> [Action] {
        var finalMessage: String?
        if proof.factor == .recovery { finalMessage = texts.recovered(left: facts.recoveryLeft - 1) }
        return end(
            Decision(
                .approved, .proven, factor: proof.factor, spentTimeStep: proof.timeStep, finalMessage: finalMessage))
    }

    mutating func wrong(_ notice: String, reason: Reason) -> [Action] {
        tries -= 1
        if isLate { return late() }
        if tries > 0 { return openPrompt(notice) }
        if reason == .server { return end(Decision(.unavailable, .server, finalMessage: notice)) }
        return end(Decision(.denied, reason, finalMessage: texts[.noMoreTries]))
    }
}

/// Recovery codes.
extension LoginFlow {
    mutating func recoveryTyped(_ input: RecoveryInput) -> [Action] {
        switch input {
        case .nothing: return noAnswer()
        case .sshdFakePassword:
            willSSHDRefuse = true
            return wrong(texts[.wrongCode], reason: .sshdRefuses)
        // It is not checked, so it stays valid for another login.
        case _ where isLate: return late()
        case .enter: return fruitless(nil)
        case .code(let code):
            state = .chargingRecovery(code)
            return [.chargeTry]
        case .other: return fruitless(texts[.noRecoveryCode])
        }
    }

    mutating func matchRecovery(_ code: RecoveryCode, orElse typed: OneTimeCode? = nil) -> [Action] {
        state = .matchingRecovery(orElse: typed)
        return [.matchRecovery(code)]
    }

    mutating func recoveryMatched(_ isRight: Bool, orElse typed: OneTimeCode?) -> [Action] {
        if isRight { return right(Proof(factor: .recovery, timeStep: nil)) }
        return typed.map { notOfThisHost($0) } ?? wrong(texts[.wrongRecoveryCode], reason: .wrongCode)
    }
}
