public import Encoding
public import Identifiers

/// A number to verify before it belongs to anybody: the body of `Endpoint.startPhoneCheck`.
public struct NewPhoneCheck: Equatable, Sendable {
    /// The ways to send the code; the raw values are those of `via`.
    public enum Way: String, Sendable { case sms, call }

    /// Digits of a code, the same as those of a OneCode.
    private static let length = 7

    /// The number that gets the code.
    public let phone: PhoneNumber
    /// How the code is sent.
    public let way: Way

    /// Takes the values as they are.
    public init(phone: PhoneNumber, way: Way) {
        self.phone = phone
        self.way = way
    }

    /// The body for `Content-Type: application/json`.
    public var json: String {
        let body: JSONValue = [
            "via": .string(way.rawValue), "country_code": .string(phone.countryCode),
            "phone_number": .string(phone.national), "code_length": .integer(Self.length),
        ]
        return body.serialized()
    }
}

/// The result of `Endpoint.checkPhone`.
public enum PhoneCheckAnswer: Hashable, Sendable {
    /// The code is right, and now spent.
    case valid
    /// The code is wrong, or no longer valid: it has expired, or there were too many wrong ones.
    case wrong
    /// Any other answer.
    case error(AuthyError)

    /// Classifies an answer of the server.
    ///
    /// | HTTP status | `error_code` | body | answer |
    /// |---|---|---|---|
    /// | 200 | | `success` true or "true" | `valid` |
    /// | 401 | 60022 | | `wrong` |
    /// | 404 | 60023 | | `wrong` |
    /// | anything else | | | see `AuthyError` |
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: the body; nil if it is not JSON.
    public init(status: Int, body: JSONValue?) {
        switch (status, ErrorNumber(in: body)) {
        case (200, _) where body?.isSuccess(orText: true) == true: self = .valid
        case (401, .phoneCodeWrong?), (404, .noPhoneCheck?): self = .wrong
        default: self = .error(AuthyError(status: status, body: body))
        }
    }
}
