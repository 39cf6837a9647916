internal import CFrames
internal import LoginPolicy

extension LoginFlow.Event {
    /// Translates a result; nil if the flow never makes such a request.
    init?(_ answer: Net.Answer) {
        switch (answer.question, answer.result) {
        case (.create, RESULT_CREATED): self = .created
        case (.poll, RESULT_PENDING): self = .polled(.pending)
        case (.poll, RESULT_APPROVED): self = .polled(.approved)
        case (.poll, RESULT_DENIED): self = .polled(.denied)
        case (.poll, RESULT_EXPIRED): self = .polled(.expired)
        case (.verify, RESULT_VALID): self = .verified(.accepted(timeStep: 0))
        case (.verify, RESULT_WRONG): self = .verified(.wrong)
        case (.verify, RESULT_SPENT): self = .verified(.spent)
        case (.verify, RESULT_PHONE_CONFIRMED): self = .confirmationTyped(taken: true)
        case (.verify, RESULT_CONFIRMATION_CODE): self = .confirmationTyped(taken: false)
        case (.oneCode, RESULT_SENT): self = .oneCodeSent
        case (.create, _): self = .createFailed(LoginFlow.Fault(answer))
        case (.poll, _): self = .pollFailed(LoginFlow.Fault(answer))
        case (.verify, _): self = .verifyFailed(LoginFlow.Fault(answer))
        case (.oneCode, _): self = .oneCodeFailed(LoginFlow.Fault(answer))
        case (.phoneCode, _), (.phoneCheck, _), (.register, _), (.show, _): return nil
        }
    }
}

extension EnrolmentFlow.Event {
    /// Translates a result; nil if the flow never makes such a request.
    init?(_ answer: Net.Answer) {
        switch (answer.question, answer.result) {
        case (.phoneCode, RESULT_SENT): self = .sent
        case (.phoneCode, _): self = .sendFailed(EnrolmentFlow.Failure(answer))
        case (.phoneCheck, RESULT_VALID): self = .checked(true)
        case (.phoneCheck, RESULT_WRONG): self = .checked(false)
        case (.phoneCheck, _): self = .checkFailed(EnrolmentFlow.Failure(answer))
        case (.register, RESULT_REGISTERED): self = answer.authyID.map(Self.registered) ?? .registerFailed(.refused)
        case (.register, _): self = .registerFailed(EnrolmentFlow.Failure(answer))
        case (.create, _), (.poll, _), (.verify, _), (.oneCode, _), (.show, _): return nil
        }
    }
}

extension EnrolmentFlow.Failure {
    init(_ answer: Net.Answer) {
        switch answer.result {
        case RESULT_INVALID: self = .invalid
        case RESULT_OUTAGE, RESULT_UNREACHED: self = .outage
        case RESULT_LIMITED: self = .limited
        default: self = .refused
        }
    }
}

extension LoginFlow.Fault {
    init(_ answer: Net.Answer) {
        switch answer.result {
        case RESULT_OUTAGE, RESULT_UNREACHED: self = .outage
        case RESULT_NO_DEVICE: self = .noDevice
        case RESULT_LIMITED: self = .limited
        default: self = .refused
        }
    }
}
