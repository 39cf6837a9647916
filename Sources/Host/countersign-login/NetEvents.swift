internal import LoginPolicy
internal import NetProtocol

extension LoginFlow.Event {
    /// Translates a result; nil if the flow never makes such a request.
    init?(_ answered: Net.Answered) {
        switch (answered.request, answered.result) {
        case (.create, .created): self = .created
        case (.poll, .pending): self = .polled(.pending)
        case (.poll, .approved): self = .polled(.approved)
        case (.poll, .denied): self = .polled(.denied)
        case (.poll, .expired): self = .polled(.expired)
        case (.verify, .valid): self = .verified(.accepted(timeStep: 0))
        case (.verify, .wrong): self = .verified(.wrong)
        case (.verify, .spent): self = .verified(.spent)
        case (.verify, .phoneConfirmed): self = .confirmationTyped(taken: true)
        case (.verify, .confirmationCode): self = .confirmationTyped(taken: false)
        case (.sendCode, .sent): self = .oneCodeSent
        case (.create, let result): self = .createFailed(LoginFlow.ServerError(result))
        case (.poll, let result): self = .pollFailed(LoginFlow.ServerError(result))
        case (.verify, let result): self = .verifyFailed(LoginFlow.ServerError(result))
        case (.sendCode, let result): self = .oneCodeFailed(LoginFlow.ServerError(result))
        case (.register, _), (.status, _), (.report, _), (.sendPhoneCode, _), (.checkPhoneCode, _), (.checkKey, _),
            (.join, _):
            return nil
        }
    }
}

extension EnrolmentFlow.Event {
    /// Translates a result; nil if the flow never makes such a request.
    init?(_ answered: Net.Answered) {
        switch (answered.request, answered.result) {
        case (.sendPhoneCode, .sent): self = .sent
        case (.sendPhoneCode, let result): self = .sendFailed(EnrolmentFlow.ServerError(result))
        case (.checkPhoneCode, .valid): self = .checked(true)
        case (.checkPhoneCode, .wrong): self = .checked(false)
        case (.checkPhoneCode, let result): self = .checkFailed(EnrolmentFlow.ServerError(result))
        case (.register, .registered(let id)): self = .registered(id)
        case (.register, let result): self = .registerFailed(EnrolmentFlow.ServerError(result))
        case (.create, _), (.poll, _), (.verify, _), (.sendCode, _), (.status, _), (.report, _), (.checkKey, _),
            (.join, _):
            return nil
        }
    }
}

extension EnrolmentFlow.ServerError {
    init(_ result: NetResult) {
        switch result {
        case .invalid: self = .invalid
        case .outage, .unreached: self = .outage
        case .limited: self = .limited
        default: self = .refused
        }
    }
}

extension LoginFlow.ServerError {
    init(_ result: NetResult) {
        switch result {
        case .outage, .unreached: self = .outage
        case .noDevice: self = .noDevice
        case .limited: self = .limited
        default: self = .refused
        }
    }
}
