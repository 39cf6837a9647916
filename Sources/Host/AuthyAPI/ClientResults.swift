internal import AuthyWire

/// What the answers of the server mean to a caller.
extension Client.Result {
    init(_ answer: VerifyAnswer) {
        self =
            switch answer {
            case .valid: .valid
            case .wrong: .wrong
            case .spent: .spent
            case .phoneConfirmed: .phoneConfirmed
            case .confirmationCode: .confirmationCode
            case .unknownUser: .refused("the server does not know the user")
            case .error(let error): Self(error)
            }
    }

    init(_ answer: OneCodeAnswer) {
        self =
            switch answer {
            case .sent: .sent
            case .ignored: .refused("the server sent no code, since the user has the app")
            case .notEnabled: .refused("the server does not send codes that way")
            case .unknownUser: .refused("the server does not know the user")
            case .invalidNumber: .invalid("cellphone")
            case .error(let error): Self(error)
            }
    }

    init(_ answer: PhoneCheckAnswer) {
        self =
            switch answer {
            case .valid: .valid
            case .wrong: .wrong
            case .error(let error): Self(error)
            }
    }

    init(_ answer: NewUserAnswer) {
        self =
            switch answer {
            case .registered(let id): .registered(id)
            case .invalid(let fields): .invalid(fields.joined(separator: ", "))
            case .error(let error): Self(error)
            }
    }

    init(_ answer: StatusAnswer) {
        self =
            switch answer {
            case .user(let user): .user(user)
            case .unknownUser: .unknownUser
            case .error(let error): Self(error)
            }
    }

    init(_ answer: JoinAnswer) {
        self =
            switch answer {
            case .joined(let grant): .joined(grant)
            case .refused(let refusal): .refused(refusal.message)
            case .error(.notFound): .refused("the server takes no codes")
            case .error(let error): Self(error)
            }
    }

    init(_ error: AuthyError) {
        self =
            switch error {
            case .keyRefused: .refused("the server refuses the API key")
            case .limited: .limited(nil)
            case .serverError(let status): .outage("the server fails (\(status))")
            case .notFound: .refused("not found (404)")
            case .refused(let status, _): .refused("refused (\(status))")
            case .malformed: .refused("malformed answer")
            }
    }
}
