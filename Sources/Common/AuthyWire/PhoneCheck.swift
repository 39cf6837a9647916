public import Identifiers

/// A number that is to be proven before it is anybody's: the body of `Endpoint.startPhoneCheck`.
public struct NewPhoneCheck: Equatable, Sendable {
    /// How the code is sent; the raw values are those of `via`.
    public enum Way: String, Sendable { case sms, call }

    /// Digits of a code: as many as a OneCode has.
    private static let length = 7

    public let phone: PhoneNumber
    public let way: Way

    public init(phone: PhoneNumber, way: Way) {
        self.phone = phone
        self.way = way
    }

    /// The body, for `Content-Type: application/json`.
    public var json: String {
        JSONText.object([
            ("via", JSONText.string(way.rawValue)), ("country_code", JSONText.string(phone.countryCode)),
            ("phone_number", JSONText.string(phone.national)), ("code_length", String(Self.length)),
        ])
    }
}

/// What became of `Endpoint.checkPhone`.
public enum PhoneCheckAnswer: Hashable, Sendable {
    /// The code is right, and spent with that.
    case valid
    /// The code is wrong, or none is out any more: it has expired, or there were too many wrong ones.
    case wrong
    case fault(Fault)

    /// | HTTP status | `error_code` | body | answer |
    /// |---|---|---|---|
    /// | 200 | | `success` true or "true" | `valid` |
    /// | 401 | 60022 | | `wrong` |
    /// | 404 | 60023 | | `wrong` |
    /// | anything else | | | as `Fault` has it |
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: the body; nil if it was no JSON.
    public init(status: Int, body: JSONValue?) {
        switch (status, ErrorNumber(in: body)) {
        case (200, _) where body?.isSuccess(orText: true) == true: self = .valid
        case (401, .phoneCodeWrong?), (404, .noPhoneCheck?): self = .wrong
        default: self = .fault(Fault(status: status, body: body))
        }
    }
}
