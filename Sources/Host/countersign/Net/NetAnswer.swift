internal import CFrames
internal import Frames
internal import Identifiers

/// Answer of countersign-net to one request.
enum NetAnswer: Equatable {
    case registered(AuthyID)
    /// The server refuses the data that it was given; holds its message, and the one for each field.
    case invalid(String)
    case status(phone: String?, hasApp: Bool?)
    case unknownUser
    /// Too many requests; the seconds until the next try, if the server names them.
    case limited(seconds: Int?)
    case created
    case pending, approved, denied, expired
    case valid, wrong, spent
    /// The code of a new phone: the phone is confirmed now, or somebody else must confirm it.
    case phoneConfirmed, confirmationCode
    case sent
    case noted
    case noDevice(String)
    /// The server is out of reach, or fails.
    case outage(String)
    case refused(String)

    init(_ frame: Frame) {
        let reason = frame.text(FIELD_REASON) ?? "no reason was given"
        switch CInt(clamping: frame.number(FIELD_RESULT) ?? 0) {
        case RESULT_REGISTERED:
            let id = frame.number(FIELD_AUTHY_ID).flatMap(AuthyID.init(_:))
            self = id.map { .registered($0) } ?? .refused("malformed answer")
        case RESULT_INVALID: self = .invalid(reason)
        case RESULT_USER:
            self = .status(phone: frame.text(FIELD_PHONE), hasApp: frame.number(FIELD_HAS_APP).map { $0 == 1 })
        case RESULT_UNKNOWN_USER: self = .unknownUser
        case RESULT_LIMITED: self = .limited(seconds: frame.number(FIELD_RETRY_AFTER).map { Int(clamping: $0) })
        case RESULT_CREATED: self = .created
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
        case RESULT_NOTED: self = .noted
        case RESULT_NO_DEVICE: self = .noDevice(reason)
        case RESULT_OUTAGE, RESULT_UNREACHED: self = .outage(reason)
        default: self = .refused(reason)
        }
    }
}
