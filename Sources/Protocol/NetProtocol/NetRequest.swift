internal import CFrames
public import Frames
public import Identifiers

/// What countersign-net is asked to do at the server (CFrames.h); a `NetResult` answers each request.
public enum NetRequest: Equatable, Sendable {
    /// Ask on the phone.
    case create(ApprovalQuestion, for: AuthyID)
    /// The status of the approval request that was created last; a server that can wait may hold the answer back for so
    /// many milliseconds.
    case poll(AuthyID, milliseconds: Int64)
    /// Check a code of a user.
    ///
    /// If the account has proven a factor before (`isProven`), the confirmation code of a new phone is not accepted as
    /// a code. `confirmation` is such a code: the server confirms the phone if the other code is right.
    case verify(OneTimeCode, of: AuthyID, isProven: Bool, confirmation: OneTimeCode?)
    /// Send a code to a user.
    case sendCode(CodeDelivery, to: AuthyID)
    /// Create a user at the server, who gets a link to the app if wanted.
    case register(PhoneNumber, email: String, sendsInstallLink: Bool)
    /// What the server knows of a user.
    case status(of: AuthyID)
    /// Report an activity of a user to the server.
    case report(ActivityReport, of: AuthyID)
    /// Send a code to a number that belongs to no user yet.
    case sendPhoneCode(CodeDelivery, to: PhoneNumber)
    /// Check a code that was sent to such a number.
    case checkPhoneCode(OneTimeCode, of: PhoneNumber)
    /// Whether the server accepts the API key.
    case checkKey
    /// Exchange the secret of a code (Base64url) for the API key.
    case join(secret: String)
}

/// How a code is sent.
public enum CodeDelivery: Sendable, CaseIterable { case sms, call }

/// What an approval request asks and shows.
public struct ApprovalQuestion: Equatable, Sendable {
    /// A labelled line that the phone shows.
    public struct Detail: Equatable, Sendable {
        /// The label.
        public let label: String
        /// The text beside it.
        public let value: String

        /// Takes the texts as they are.
        public init(label: String, value: String) {
            self.label = label
            self.value = value
        }
    }

    /// The question.
    public var message: String
    /// The lines below the question, in order.
    public var details: [Detail] = []
    /// The name of this host, for the server's log; nil for none.
    public var host: String?
    /// The key of the attempt, for the server's log; nil for none.
    public var attempt: String?
    /// Seconds until the request expires.
    public var seconds: Int64
    /// The check number, or nil for none.
    public var number: CheckNumber?

    /// A question without details.
    public init(message: String, seconds: Int64, number: CheckNumber?) {
        self.message = message
        self.seconds = seconds
        self.number = number
    }
}

/// An activity of a user (Authy API, `register_activity`).
public struct ActivityReport: Equatable, Sendable {
    /// The type of the activity.
    public var type: String
    /// The e-mail address with which the user was registered.
    public var email: String
    /// The name of the user on the host.
    public var user: String
    /// The name of the host.
    public var host: String
    /// The address of the client, or nil.
    public var address: String?

    /// Takes the values as they are.
    public init(type: String, email: String, user: String, host: String, address: String?) {
        self.type = type
        self.email = email
        self.user = user
        self.host = host
        self.address = address
    }
}

/// A frame to countersign-net, after the one that names the server (`NetServer`).
public enum NetMessage: Equatable, Sendable {
    /// A request, with the number that its result repeats.
    case request(NetRequest, number: Int64)
    /// Give up the poll that is under way; it is never answered.
    case stopPolling

    /// Reads a frame; nil if its kind is unknown, or a field is missing or malformed.
    public init?(_ frame: Frame) {
        if frame.kind == KIND_STOP {
            self = .stopPolling
        } else {
            guard let number = frame.number(FIELD_NUMBER), let request = NetRequest(frame) else { return nil }
            self = .request(request, number: number)
        }
    }

    /// The message as it is sent.
    public var frame: Frame {
        switch self {
        case .stopPolling: return Frame(KIND_STOP)
        case .request(let request, let number):
            var frame = Frame(request.kind)
            frame.add(FIELD_NUMBER, number: number)
            request.addFields(to: &frame)
            return frame
        }
    }
}

// MARK: - Writing

extension NetRequest {
    fileprivate var kind: CInt {
        switch self {
        case .create: KIND_CREATE
        case .poll: KIND_POLL
        case .verify: KIND_VERIFY
        case .sendCode(.sms, _): KIND_SMS
        case .sendCode(.call, _): KIND_CALL
        case .register: KIND_REGISTER
        case .status: KIND_STATUS
        case .report: KIND_REPORT
        case .sendPhoneCode(.sms, _): KIND_PHONE_SMS
        case .sendPhoneCode(.call, _): KIND_PHONE_CALL
        case .checkPhoneCode: KIND_PHONE_CHECK
        case .checkKey: KIND_APPLICATION
        case .join: KIND_JOIN
        }
    }

    fileprivate func addFields(to frame: inout Frame) {
        switch self {
        case .create(let question, let user):
            frame.add(user)
            frame.add(question)
        case .poll(let user, let milliseconds):
            frame.add(user)
            frame.add(FIELD_WAIT, number: milliseconds)
        case .verify(let code, let user, let isProven, let confirmation):
            frame.add(user)
            frame.add(FIELD_CODE, text: code.digits)
            if isProven { frame.add(FIELD_PROVEN, number: 1) }
            if let confirmation { frame.add(FIELD_CONFIRMATION, text: confirmation.digits) }
        case .sendCode(_, let user), .status(let user): frame.add(user)
        case .register(let phone, let email, let sendsInstallLink):
            frame.add(phone)
            frame.add(FIELD_EMAIL, text: email)
            if sendsInstallLink { frame.add(FIELD_INSTALL_LINK, number: 1) }
        case .report(let activity, let user):
            frame.add(user)
            frame.add(activity)
        case .sendPhoneCode(_, let phone): frame.add(phone)
        case .checkPhoneCode(let code, let phone):
            frame.add(phone)
            frame.add(FIELD_CODE, text: code.digits)
        case .join(let secret): frame.add(FIELD_SECRET, text: secret)
        case .checkKey: break
        }
    }
}

extension Frame {
    fileprivate mutating func add(_ user: AuthyID) { add(FIELD_AUTHY_ID, number: user.value) }

    fileprivate mutating func add(_ phone: PhoneNumber) {
        add(FIELD_COUNTRY_CODE, text: phone.countryCode)
        add(FIELD_PHONE, text: phone.national)
    }

    fileprivate mutating func add(_ question: ApprovalQuestion) {
        add(FIELD_MESSAGE, text: question.message, limit: 400)
        for detail in question.details {
            add(FIELD_LABEL, text: detail.label)
            add(FIELD_VALUE, text: detail.value, limit: 400)
        }
        add(FIELD_EXPIRY, number: question.seconds)
        if let host = question.host { add(FIELD_HOST, text: host) }
        if let attempt = question.attempt { add(FIELD_ATTEMPT, text: attempt) }
        if let number = question.number { add(FIELD_CHECK_NUMBER, number: Int64(number.value)) }
    }

    fileprivate mutating func add(_ activity: ActivityReport) {
        add(FIELD_ACTIVITY, text: activity.type)
        add(FIELD_EMAIL, text: activity.email)
        add(FIELD_USER, text: activity.user)
        add(FIELD_HOST, text: activity.host)
        if let address = activity.address { add(FIELD_RHOST, text: address) }
    }
}

// MARK: - Reading

extension NetRequest {
    fileprivate init?(_ frame: Frame) {
        switch frame.kind {
        case KIND_APPLICATION: self = .checkKey
        case KIND_JOIN:
            guard let secret = frame.text(FIELD_SECRET) else { return nil }
            self = .join(secret: secret)
        case KIND_REGISTER, KIND_PHONE_SMS, KIND_PHONE_CALL, KIND_PHONE_CHECK: self.init(ofNumber: frame)
        default: self.init(ofUser: frame)
        }
    }

    private init?(ofNumber frame: Frame) {
        guard let countryCode = frame.text(FIELD_COUNTRY_CODE), let national = frame.text(FIELD_PHONE),
            let phone = PhoneNumber(countryCode: countryCode, national: national)
        else { return nil }
        switch frame.kind {
        case KIND_REGISTER:
            guard let email = frame.text(FIELD_EMAIL) else { return nil }
            self = .register(phone, email: email, sendsInstallLink: frame.value(FIELD_INSTALL_LINK) != nil)
        case KIND_PHONE_SMS: self = .sendPhoneCode(.sms, to: phone)
        case KIND_PHONE_CALL: self = .sendPhoneCode(.call, to: phone)
        case KIND_PHONE_CHECK:
            guard let code = frame.code(FIELD_CODE) else { return nil }
            self = .checkPhoneCode(code, of: phone)
        default: return nil
        }
    }

    private init?(ofUser frame: Frame) {
        guard let user = frame.number(FIELD_AUTHY_ID).flatMap(AuthyID.init(_:)) else { return nil }
        switch frame.kind {
        case KIND_CREATE:
            guard let question = ApprovalQuestion(frame) else { return nil }
            self = .create(question, for: user)
        case KIND_POLL: self = .poll(user, milliseconds: frame.number(FIELD_WAIT) ?? 0)
        case KIND_VERIFY:
            guard let code = frame.code(FIELD_CODE) else { return nil }
            self = .verify(
                code, of: user, isProven: frame.value(FIELD_PROVEN) != nil,
                confirmation: frame.code(FIELD_CONFIRMATION))
        case KIND_SMS: self = .sendCode(.sms, to: user)
        case KIND_CALL: self = .sendCode(.call, to: user)
        case KIND_STATUS: self = .status(of: user)
        case KIND_REPORT:
            guard let activity = ActivityReport(frame) else { return nil }
            self = .report(activity, of: user)
        default: return nil
        }
    }
}

extension ApprovalQuestion {
    /// Nil without a message.
    fileprivate init?(_ frame: Frame) {
        guard let message = frame.text(FIELD_MESSAGE), !message.isEmpty else { return nil }
        self.init(
            message: message, seconds: frame.number(FIELD_EXPIRY) ?? 1,
            number: frame.number(FIELD_CHECK_NUMBER).flatMap { CheckNumber(Int($0)) })
        host = frame.text(FIELD_HOST)
        attempt = frame.text(FIELD_ATTEMPT)
        var label: String?
        frame.each { field, value in
            let text = String(decoding: value, as: UTF8.self)
            if field == FIELD_LABEL { label = text }
            if field == FIELD_VALUE, let label { details.append(Detail(label: label, value: text)) }
        }
    }
}

extension ActivityReport {
    fileprivate init?(_ frame: Frame) {
        guard let type = frame.text(FIELD_ACTIVITY), let email = frame.text(FIELD_EMAIL),
            let user = frame.text(FIELD_USER), let host = frame.text(FIELD_HOST)
        else { return nil }
        self.init(type: type, email: email, user: user, host: host, address: frame.text(FIELD_RHOST))
    }
}

extension Frame {
    fileprivate func code(_ name: CInt) -> OneTimeCode? { value(name).flatMap { OneTimeCode($0) } }
}
