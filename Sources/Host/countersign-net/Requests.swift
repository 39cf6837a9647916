internal import AuthyAPI
internal import AuthyWire
internal import CFrames
internal import CSyscalls
internal import Frames
internal import Identifiers

/// The first frame: the server, and when the login ends.
struct ServerFrame {
    let address: ServerAddress
    /// When the login ends: a time of `system_now`, in milliseconds.
    let deadline: Int64

    init?(_ frame: Frame) {
        guard frame.kind == KIND_SERVER, let base = frame.text(FIELD_URL), let key = frame.text(FIELD_KEY),
            let connectTimeout = frame.number(FIELD_CONNECT_TIMEOUT),
            let requestTimeout = frame.number(FIELD_REQUEST_TIMEOUT),
            let left = frame.number(FIELD_DEADLINE)
        else { return nil }
        address = ServerAddress(
            base: base, socket: frame.text(FIELD_SOCKET), caFile: frame.text(FIELD_CA_FILE),
            proxy: frame.text(FIELD_PROXY),
            connectTimeout: Int(connectTimeout), requestTimeout: Int(requestTimeout), key: key)
        deadline = system_now() + left
    }
}

extension Client.Request {
    /// Reads a request; nil if the kind is unknown or a field is missing or malformed.
    init?(_ frame: Frame) {
        switch frame.kind {
        case KIND_APPLICATION: self = .application
        case KIND_REGISTER, KIND_PHONE_SMS, KIND_PHONE_CALL, KIND_PHONE_CHECK: self.init(ofNumber: frame)
        default: self.init(ofUser: frame)
        }
    }

    private init?(ofNumber frame: Frame) {
        guard let code = frame.text(FIELD_COUNTRY_CODE), let national = frame.text(FIELD_PHONE),
            let phone = PhoneNumber(countryCode: code, national: national)
        else { return nil }
        switch frame.kind {
        case KIND_REGISTER:
            guard let email = frame.text(FIELD_EMAIL), NewUser.isEmail(email) else { return nil }
            self = .register(
                NewUser(phone: phone, email: email, sendsInstallLink: frame.value(FIELD_INSTALL_LINK) != nil))
        case KIND_PHONE_SMS: self = .startPhoneCheck(NewPhoneCheck(phone: phone, way: .sms))
        case KIND_PHONE_CALL: self = .startPhoneCheck(NewPhoneCheck(phone: phone, way: .call))
        case KIND_PHONE_CHECK:
            guard let code = frame.value(FIELD_CODE).flatMap({ OneTimeCode($0) }) else { return nil }
            self = .checkPhone(code, phone)
        default: return nil
        }
    }

    private init?(ofUser frame: Frame) {
        guard let user = frame.number(FIELD_AUTHY_ID).flatMap(AuthyID.init(_:)) else { return nil }
        switch frame.kind {
        case KIND_CREATE:
            guard let request = NewApprovalRequest(frame) else { return nil }
            self = .create(request, user)
        case KIND_LOOK: self = .look(user, wait: Int(frame.number(FIELD_WAIT) ?? 0))
        case KIND_VERIFY:
            guard let code = frame.value(FIELD_CODE).flatMap({ OneTimeCode($0) }) else { return nil }
            self = .verify(
                code, user, isProven: frame.value(FIELD_PROVEN) != nil,
                confirmation: frame.value(FIELD_CONFIRMATION).flatMap { OneTimeCode($0) })
        case KIND_SMS: self = .sms(user)
        case KIND_CALL: self = .call(user)
        case KIND_STATUS: self = .status(user)
        case KIND_TELL_SERVER:
            guard let activity = UserActivity(frame) else { return nil }
            self = .tell(activity, user)
        default: return nil
        }
    }
}

extension UserActivity {
    fileprivate init?(_ frame: Frame) {
        guard let type = frame.text(FIELD_ACTIVITY), let email = frame.text(FIELD_EMAIL),
            let user = frame.text(FIELD_USER),
            let host = frame.text(FIELD_HOST)
        else { return nil }
        self.init(type: type, email: email, address: frame.text(FIELD_RHOST), host: host, user: user)
    }
}

extension NewApprovalRequest {
    fileprivate init?(_ frame: Frame) {
        var details: [Detail] = []
        var label: String?
        let hidden = [(Self.hostName, frame.text(FIELD_HOST)), (Self.attemptName, frame.text(FIELD_ATTEMPT))]
        frame.each { field, value in
            let text = String(decoding: value, as: UTF8.self)
            if field == FIELD_LABEL { label = text }
            if field == FIELD_VALUE, let name = label { details.append(Detail(name, text)) }
        }
        self.init(
            message: frame.text(FIELD_MESSAGE) ?? "", details: details,
            hiddenDetails: hidden.compactMap { name, value in value.map { Detail(name, $0) } },
            secondsToExpire: Int(frame.number(FIELD_EXPIRY) ?? 1),
            number: frame.number(FIELD_CHECK_NUMBER).flatMap { CheckNumber(Int($0)) })
    }
}

extension Client.Result {
    /// RESULT_*.
    var word: CInt {
        switch self {
        case .created: RESULT_CREATED
        case .status(.pending): RESULT_PENDING
        case .status(.approved): RESULT_APPROVED
        case .status(.denied): RESULT_DENIED
        case .status(.expired): RESULT_EXPIRED
        case .valid: RESULT_VALID
        case .wrong: RESULT_WRONG
        case .spent: RESULT_SPENT
        case .phoneConfirmed: RESULT_PHONE_CONFIRMED
        case .confirmationCode: RESULT_CONFIRMATION_CODE
        case .sent: RESULT_SENT
        case .registered: RESULT_REGISTERED
        case .user: RESULT_USER
        case .noted: RESULT_NOTED
        case .invalid: RESULT_INVALID
        case .unknownUser: RESULT_UNKNOWN_USER
        case .limited: RESULT_LIMITED
        case .unreached: RESULT_UNREACHED
        case .outage: RESULT_OUTAGE
        case .noDevice: RESULT_NO_DEVICE
        case .refused: RESULT_REFUSED
        }
    }

    /// FIELD_REASON, or nil for none.
    var reason: String? {
        switch self {
        case .invalid(let fields): fields
        case .limited: "too many requests (429)"
        case .unknownUser: "the server does not know the user"
        case .phoneConfirmed: "the confirmation code of a new phone was typed, which is confirmed now"
        case .confirmationCode: "the confirmation code of a new phone was typed, which it does not confirm"
        case .unreached(let reason), .outage(let reason), .noDevice(let reason), .refused(let reason): reason
        default: nil
        }
    }
}
