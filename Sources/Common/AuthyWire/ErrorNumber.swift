/// An error number of the Authy API v1: on the wire `error_code`, a string of digits.
public struct ErrorNumber: Hashable, Sendable, CustomStringConvertible {
    public let code: Int

    /// Nil unless 1 to 99999. Numbers that this table does not know are numbers all the same.
    public init?(_ code: Int) {
        guard (1...99_999).contains(code) else { return nil }
        self.code = code
    }

    /// Reads the `error_code` of an answer: a string of one to five ASCII digits or, from servers that are careless, an integer.
    public init?(in body: JSONValue?) {
        switch body?["error_code"] {
        case .string(let text)?
        where (1...5).contains(text.utf8.count) && text.utf8.allSatisfy({ (0x30...0x39).contains($0) }):
            guard let code = Int(text) else { return nil }
            self.init(code)
        case .integer(let integer)?:
            guard let code = Int(exactly: integer) else { return nil }
            self.init(code)
        default: return nil
        }
    }

    /// A gateway did not take the message or the call: the server itself is there.
    public var isNotSent: Bool { code == 60014 || code == 60015 }

    /// What it means; nil where Authy gave no meaning to it.
    public var meaning: String? { Self.rows[code]?.meaning }

    /// The HTTP status that it comes with, where one has been seen.
    public var httpStatus: Int? { Self.rows[code]?.status }

    /// Every number that has a meaning, in ascending order.
    public static var known: [ErrorNumber] { table.map { ErrorNumber(known: $0.code) }.sorted { $0.code < $1.code } }

    public var description: String { String(code) }

    /// A number of the table; only called with those.
    private init(known code: Int) { self.code = code }
}

/// The numbers that an answer is judged by.
extension ErrorNumber {
    public static let keyInvalid = ErrorNumber(known: 60001)
    public static let tooManyRequests = ErrorNumber(known: 60003)
    public static let callsDisabled = ErrorNumber(known: 60006)
    public static let smsDisabled = ErrorNumber(known: 60007)
    public static let userDoesNotExist = ErrorNumber(known: 60016)
    public static let tokenReused = ErrorNumber(known: 60019)
    public static let tokenInvalid = ErrorNumber(known: 60020)
    public static let phoneCodeWrong = ErrorNumber(known: 60022)
    public static let noPhoneCheck = ErrorNumber(known: 60023)
    public static let userNotFound = ErrorNumber(known: 60026)
    public static let otherKeyUsed = ErrorNumber(known: 60047)
    public static let approvalRequestNotFound = ErrorNumber(known: 60049)
    public static let userNotInApplication = ErrorNumber(known: 60050)
    public static let noDevice = ErrorNumber(known: 60051)
    public static let oneTouchMustBeEnabled = ErrorNumber(known: 60065)
    public static let oneTouchNotEnabled = ErrorNumber(known: 60085)

    /// Of requests, and of SMS and calls for a month or a day.
    static let limits = Set([60003, 60009, 60010, 60011, 60012, 60120].map(ErrorNumber.init(known:)))
    static let unknownUser: Set = [userDoesNotExist, userNotFound, userNotInApplication]
    /// No such number, no such country, a landline, a number that nobody has.
    static let invalidNumber = Set([60033, 60078, 60082, 60083].map(ErrorNumber.init(known:)))
    static let refusedKey: Set = [keyInvalid, otherKeyUsed]
}
