internal import CFrames
public import Frames
public import Identifiers

/// The result of a `NetRequest`.
public enum NetResult: Equatable, Sendable {
    /// The request on the phone exists.
    case created(ApprovalRequestID)
    /// The status of that request.
    case pending, approved, denied, expired
    /// The code is right.
    case valid
    /// The code is wrong.
    case wrong
    /// The code was right, but was used before.
    case spent
    /// The code was that of a new phone, which it has confirmed.
    case phoneConfirmed
    /// The code was that of a new phone, which another code must confirm.
    case confirmationCode
    /// A code is on its way.
    case sent
    /// The user's AuthyID, new or not.
    case registered(AuthyID)
    /// What the server knows of a user: the number as it masks it, and whether a device can approve; each nil if it
    /// does not say.
    case user(phone: String?, hasApp: Bool?)
    /// The server accepts the report, or the API key.
    case noted
    /// The API key for a code, certificates in PEM that vouch for the server, if it has such, and the name of the
    /// application.
    case joined(key: String, authority: String?, application: String)
    /// The server rejects the phone number, the country code or the e-mail address: the fields, in its words.
    case invalid(String)
    /// The server does not know the user.
    case unknownUser
    /// Too many requests; the seconds until the next one, if the server names them.
    case limited(seconds: Int?)
    /// No HTTP answer in time, or a server that keeps failing; the reason.
    case outage(String)
    /// An outage in which nothing was sent: no address or no connection; the reason.
    case unreached(String)
    /// The server has no device of this user to ask; the reason.
    case noDevice(String)
    /// Any other failure; the reason.
    case refused(String)

    /// The reason of a failure, for the log; nil if the result says all.
    public var reason: String? {
        switch self {
        case .limited: "too many requests (429)"
        case .unknownUser: "the server does not know the user"
        case .phoneConfirmed: "the confirmation code of a new phone was typed, which is confirmed now"
        case .confirmationCode: "the confirmation code of a new phone was typed, which it does not confirm"
        case .invalid(let reason), .outage(let reason), .unreached(let reason), .noDevice(let reason),
            .refused(let reason):
            reason
        case .created, .pending, .approved, .denied, .expired, .valid, .wrong, .spent, .sent, .registered, .user,
            .noted, .joined:
            nil
        }
    }
}

/// The frame with which countersign-net answers a request.
public struct NetReply: Equatable, Sendable {
    /// The number of the request.
    public let number: Int64
    /// Its result.
    public let result: NetResult
    /// The server's clock, in seconds since 1970, if it was asked whether it accepts the API key.
    public var serverTime: Int64?
    /// When the first certificate of the server's chain ends, in seconds since 1970, for the same request over TLS.
    public var certificatesEnd: Int64?

    /// Answers a request.
    public init(number: Int64, result: NetResult) {
        self.number = number
        self.result = result
    }

    /// Reads a frame; nil if it is no result or has no number.
    ///
    /// A result that is unknown or lacks a field is `refused`.
    public init?(_ frame: Frame) {
        guard frame.kind == KIND_RESULT, let number = frame.number(FIELD_NUMBER) else { return nil }
        self.init(number: number, result: NetResult(frame))
        serverTime = frame.number(FIELD_SERVER_TIME)
        certificatesEnd = frame.number(FIELD_CERTIFICATES_END)
    }

    /// The reply as it is sent; a reason is cut to 200 bytes, a phone number to 40.
    public var frame: Frame {
        var frame = Frame(KIND_RESULT)
        frame.add(FIELD_NUMBER, number: number)
        frame.add(FIELD_RESULT, number: Int64(result.number))
        if let serverTime { frame.add(FIELD_SERVER_TIME, number: serverTime) }
        if let certificatesEnd { frame.add(FIELD_CERTIFICATES_END, number: certificatesEnd) }
        if let reason = result.reason { frame.add(FIELD_REASON, text: reason, limit: 200) }
        switch result {
        case .created(let id): frame.add(FIELD_REQUEST, text: id.description)
        case .registered(let id): frame.add(FIELD_AUTHY_ID, number: id.value)
        case .limited(let seconds?): frame.add(FIELD_RETRY_AFTER, number: Int64(seconds))
        case .joined(let key, let authority, let application):
            frame.add(FIELD_KEY, text: key)
            if let authority { frame.add(FIELD_AUTHORITY, bytes: authority.utf8) }
            frame.add(FIELD_APPLICATION, text: application, limit: 240)
        case .user(let phone, let hasApp):
            if let phone { frame.add(FIELD_PHONE, text: phone, limit: 40) }
            switch hasApp {
            case true?: frame.add(FIELD_HAS_APP, number: 1)
            case false?: frame.add(FIELD_HAS_APP, number: 0)
            case nil: break
            }
        case .pending, .approved, .denied, .expired, .valid, .wrong, .spent, .phoneConfirmed, .confirmationCode, .sent,
            .noted, .invalid, .unknownUser, .limited, .outage, .unreached, .noDevice, .refused:
            break
        }
        return frame
    }
}

extension NetResult {
    /// RESULT_*.
    fileprivate var number: CInt {
        switch self {
        case .created: RESULT_CREATED
        case .pending: RESULT_PENDING
        case .approved: RESULT_APPROVED
        case .denied: RESULT_DENIED
        case .expired: RESULT_EXPIRED
        case .valid: RESULT_VALID
        case .wrong: RESULT_WRONG
        case .spent: RESULT_SPENT
        case .phoneConfirmed: RESULT_PHONE_CONFIRMED
        case .confirmationCode: RESULT_CONFIRMATION_CODE
        case .sent: RESULT_SENT
        case .registered: RESULT_REGISTERED
        case .user: RESULT_USER
        case .noted: RESULT_NOTED
        case .joined: RESULT_JOINED
        case .invalid: RESULT_INVALID
        case .unknownUser: RESULT_UNKNOWN_USER
        case .limited: RESULT_LIMITED
        case .outage: RESULT_OUTAGE
        case .unreached: RESULT_UNREACHED
        case .noDevice: RESULT_NO_DEVICE
        case .refused: RESULT_REFUSED
        }
    }

    fileprivate init(_ frame: Frame) {
        let reason = frame.text(FIELD_REASON) ?? "no reason was given"
        let malformed = NetResult.refused("malformed answer")
        switch CInt(clamping: frame.number(FIELD_RESULT) ?? 0) {
        case RESULT_CREATED:
            self = frame.text(FIELD_REQUEST).flatMap(ApprovalRequestID.init(_:)).map(Self.created) ?? malformed
        case RESULT_PENDING: self = .pending
        case RESULT_APPROVED: self = .approved
        case RESULT_DENIED: self = .denied
        case RESULT_EXPIRED: self = .expired
        case RESULT_VALID: self = .valid
        case RESULT_WRONG: self = .wrong
        case RESULT_SPENT: self = .spent
        case RESULT_PHONE_CONFIRMED: self = .phoneConfirmed
        case RESULT_CONFIRMATION_CODE: self = .confirmationCode
        case RESULT_SENT: self = .sent
        case RESULT_REGISTERED:
            self = frame.number(FIELD_AUTHY_ID).flatMap(AuthyID.init(_:)).map(Self.registered) ?? malformed
        case RESULT_USER:
            self = .user(phone: frame.text(FIELD_PHONE), hasApp: frame.number(FIELD_HAS_APP).map { $0 == 1 })
        case RESULT_NOTED: self = .noted
        case RESULT_JOINED:
            guard let key = frame.text(FIELD_KEY), let application = frame.text(FIELD_APPLICATION) else {
                self = malformed
                return
            }
            self = .joined(key: key, authority: frame.text(FIELD_AUTHORITY), application: application)
        case RESULT_INVALID: self = .invalid(reason)
        case RESULT_UNKNOWN_USER: self = .unknownUser
        case RESULT_LIMITED: self = .limited(seconds: frame.number(FIELD_RETRY_AFTER).map { Int(clamping: $0) })
        case RESULT_OUTAGE: self = .outage(reason)
        case RESULT_UNREACHED: self = .unreached(reason)
        case RESULT_NO_DEVICE: self = .noDevice(reason)
        default: self = .refused(reason)
        }
    }
}
