internal import AuthyAPI
internal import AuthyWire
internal import Identifiers
internal import NetProtocol

extension ServerAddress {
    init(_ server: NetServer) {
        self.init(
            base: server.url, socket: server.socket, caFile: server.caFile, proxy: server.proxy, pin: server.pin,
            connectTimeout: server.connectTimeout, requestTimeout: server.requestTimeout, key: server.key)
    }
}

extension Client.Request {
    /// Translates a request; nil if the API has no such one, since an e-mail address or a question is malformed.
    init?(_ request: NetRequest) {
        switch request {
        case .create(let question, let user):
            guard let new = NewApprovalRequest(question) else { return nil }
            self = .create(new, user)
        case .poll(let user, let milliseconds): self = .poll(user, wait: Int(milliseconds))
        case .verify(let code, let user, let isProven, let confirmation):
            self = .verify(code, user, isProven: isProven, confirmation: confirmation)
        case .sendCode(.sms, let user): self = .sms(user)
        case .sendCode(.call, let user): self = .call(user)
        case .register(let phone, let email, let sendsInstallLink):
            guard NewUser.isEmail(email) else { return nil }
            self = .register(NewUser(phone: phone, email: email, sendsInstallLink: sendsInstallLink))
        case .status(let user): self = .status(user)
        case .report(let activity, let user): self = .report(UserActivity(activity), user)
        case .sendPhoneCode(.sms, let phone): self = .startPhoneCheck(NewPhoneCheck(phone: phone, way: .sms))
        case .sendPhoneCode(.call, let phone): self = .startPhoneCheck(NewPhoneCheck(phone: phone, way: .call))
        case .checkPhoneCode(let code, let phone): self = .checkPhone(code, phone)
        case .checkKey: self = .application
        case .join(let secret):
            guard let join = NewJoin(secret: secret) else { return nil }
            self = .join(join)
        }
    }
}

extension NewApprovalRequest {
    fileprivate init?(_ question: ApprovalQuestion) {
        let hidden = [(Self.hostName, question.host), (Self.attemptName, question.attempt)]
        self.init(
            message: question.message, details: question.details.map { Detail($0.label, $0.value) },
            hiddenDetails: hidden.compactMap { name, value in value.map { Detail(name, $0) } },
            secondsToExpire: Int(question.seconds), number: question.number)
    }
}

extension UserActivity {
    fileprivate init(_ activity: ActivityReport) {
        self.init(
            type: activity.type, email: activity.email, address: activity.address, host: activity.host,
            user: activity.user)
    }
}

extension NetResult {
    init(_ result: Client.Result) {
        self =
            switch result {
            case .created(let id): .created(id)
            case .status(.pending): .pending
            case .status(.approved): .approved
            case .status(.denied): .denied
            case .status(.expired): .expired
            case .valid: .valid
            case .wrong: .wrong
            case .spent: .spent
            case .phoneConfirmed: .phoneConfirmed
            case .confirmationCode: .confirmationCode
            case .sent: .sent
            case .registered(let id): .registered(id)
            case .user(let user): .user(phone: user.phone, hasApp: user.hasApp)
            case .noted: .noted
            case .joined(let grant):
                .joined(key: grant.key, authority: grant.authority, application: grant.application)
            case .invalid(let fields): .invalid(fields)
            case .unknownUser: .unknownUser
            case .limited(let seconds): .limited(seconds: seconds)
            case .unreached(let reason): .unreached(reason)
            case .outage(let reason): .outage(reason)
            case .noDevice(let reason): .noDevice(reason)
            case .refused(let reason): .refused(reason)
            }
    }
}
