public import Encoding

/// An error number of the Authy API v1: on the wire `error_code`, a string of digits.
public struct ErrorNumber: Hashable, Sendable, CustomStringConvertible {
    /// The number, 1 to 99999.
    public let code: Int

    /// Nil unless the number is 1 to 99999.
    ///
    /// It need not be in the table.
    public init?(_ code: Int) {
        guard (1...99_999).contains(code) else { return nil }
        self.code = code
    }

    /// Reads the `error_code` of an answer; nil if there is none, or if it is not a number.
    ///
    /// It is a string of one to five ASCII digits. An integer is accepted as well, as some servers send one.
    public init?(in body: JSONValue?) {
        switch body?["error_code"] {
        case .string(let text)?
        where (1...5).contains(text.utf8.count) && text.utf8.allSatisfy({ (0x30...0x39).contains($0) }):
            guard let code = Int(text) else { return nil }
            self.init(code)
        case .number(let number)?:
            guard let integer = number.integer, let code = Int(exactly: integer) else { return nil }
            self.init(code)
        default: return nil
        }
    }

    /// Whether a gateway refused the message or the call, while the server itself works.
    public var isNotSent: Bool { code == 60014 || code == 60015 }

    /// The meaning of the number; nil if Authy gave none.
    public var meaning: String? { Self.rows[code]?.meaning }

    /// The HTTP status that comes with it; nil if none has been seen.
    public var httpStatus: Int? { Self.rows[code]?.status }

    /// Every number that has a meaning, in ascending order.
    public static var known: [ErrorNumber] { table.map { ErrorNumber(known: $0.code) }.sorted { $0.code < $1.code } }

    /// The number in decimal.
    public var description: String { String(code) }

    /// Makes a number of the table, without a check.
    private init(known code: Int) { self.code = code }
}

/// The numbers that decide about an answer.
extension ErrorNumber {
    /// 60001: the API key is invalid.
    public static let keyInvalid = ErrorNumber(known: 60001)
    /// 60003: too many requests per unit of time.
    public static let tooManyRequests = ErrorNumber(known: 60003)
    /// 60006: the server makes no calls.
    public static let callsDisabled = ErrorNumber(known: 60006)
    /// 60007: the server sends no text messages.
    public static let smsDisabled = ErrorNumber(known: 60007)
    /// 60016: the AuthyID is unknown.
    public static let userDoesNotExist = ErrorNumber(known: 60016)
    /// 60019: the code was used before.
    public static let tokenReused = ErrorNumber(known: 60019)
    /// 60020: the code is wrong.
    public static let tokenInvalid = ErrorNumber(known: 60020)
    /// 60022: the code of a phone verification is wrong.
    public static let phoneCodeWrong = ErrorNumber(known: 60022)
    /// 60023: no phone verification is pending.
    public static let noPhoneCheck = ErrorNumber(known: 60023)
    /// 60026: the AuthyID is unknown.
    public static let userNotFound = ErrorNumber(known: 60026)
    /// 60047: a Twilio key was used in place of the API key.
    public static let otherKeyUsed = ErrorNumber(known: 60047)
    /// 60049: the approval request is unknown.
    public static let approvalRequestNotFound = ErrorNumber(known: 60049)
    /// 60050: the AuthyID is unknown to this application.
    public static let userNotInApplication = ErrorNumber(known: 60050)
    /// 60051: the user has no device that takes approval requests.
    public static let noDevice = ErrorNumber(known: 60051)
    /// 60065: the application has no OneTouch.
    public static let oneTouchMustBeEnabled = ErrorNumber(known: 60065)
    /// 60085: the application has no OneTouch.
    public static let oneTouchNotEnabled = ErrorNumber(known: 60085)

    /// Limits of requests, and of text messages and calls for a month or a day.
    static let limits = Set([60003, 60009, 60010, 60011, 60012, 60120].map(ErrorNumber.init(known:)))
    static let unknownUser: Set = [userDoesNotExist, userNotFound, userNotInApplication]
    /// The number or its country does not exist, or the number is a landline or not in use.
    static let invalidNumber = Set([60033, 60078, 60082, 60083].map(ErrorNumber.init(known:)))
    static let refusedKey: Set = [keyInvalid, otherKeyUsed]
}
