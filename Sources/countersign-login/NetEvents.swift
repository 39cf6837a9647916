internal import CFrames
internal import LoginFlow

extension LoginFlow.Event {
    /// Nil where the flow has no such question.
    init?(_ answer: Net.Answer) {
        switch (answer.question, answer.result) {
        case (.create, RESULT_CREATED): self = .created
        case (.look, RESULT_PENDING): self = .looked(.pending)
        case (.look, RESULT_APPROVED): self = .looked(.approved)
        case (.look, RESULT_DENIED): self = .looked(.denied)
        case (.look, RESULT_EXPIRED): self = .looked(.expired)
        case (.verify, RESULT_VALID): self = .verified(.accepted(timeStep: 0))
        case (.verify, RESULT_WRONG): self = .verified(.wrong)
        case (.verify, RESULT_SPENT): self = .verified(.spent)
        case (.oneCode, RESULT_SENT): self = .oneCodeSent
        case (.create, _): self = .createFailed(LoginFlow.Fault(answer))
        case (.look, _): self = .lookFailed(LoginFlow.Fault(answer))
        case (.verify, _): self = .verifyFailed(LoginFlow.Fault(answer))
        case (.oneCode, _): self = .oneCodeFailed(LoginFlow.Fault(answer))
        case (.register, _), (.tell, _): return nil
        }
    }
}

extension EnrolmentFlow.Event {
    /// Nil where the flow has no such question.
    init?(_ answer: Net.Answer) {
        switch (answer.question, answer.result) {
        case (.register, RESULT_REGISTERED): self = answer.authyID.map(Self.registered) ?? .registerFailed(.refused)
        case (.register, RESULT_INVALID): self = .registerFailed(.invalid)
        case (.register, RESULT_OUTAGE), (.register, RESULT_UNREACHED): self = .registerFailed(.outage)
        case (.register, _): self = .registerFailed(.refused)
        case (.oneCode, RESULT_SENT): self = .sent
        case (.oneCode, _): self = .sendFailed(LoginFlow.Fault(answer))
        case (.verify, RESULT_VALID): self = .verified(true)
        case (.verify, RESULT_WRONG), (.verify, RESULT_SPENT): self = .verified(false)
        case (.verify, _): self = .verifyFailed(LoginFlow.Fault(answer))
        case (.create, _), (.look, _), (.tell, _): return nil
        }
    }
}

extension LoginFlow.Fault {
    init(_ answer: Net.Answer) {
        switch answer.result {
        case RESULT_OUTAGE, RESULT_UNREACHED: self = .outage
        case RESULT_NO_DEVICE: self = .noDevice
        default: self = .refused
        }
    }
}
