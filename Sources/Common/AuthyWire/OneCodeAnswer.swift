public import Encoding

/// The result of `Endpoint.sms`, `Endpoint.call` or `Endpoint.startPhoneCheck`.
///
/// The texts in it come from the server: they are escaped before anybody sees them.
public enum OneCodeAnswer: Hashable, Sendable {
    /// The code is on its way.
    ///
    /// - Parameters:
    ///   - message: the message of the server.
    ///   - cellphone: the masked number.
    case sent(message: String?, cellphone: String?)
    /// Not sent, as the person has the app; the platform of the phone, such as `android`.
    case ignored(device: String?)
    /// The server sends no text messages, or makes no calls.
    case notEnabled
    /// The server does not know this AuthyID.
    case unknownUser
    /// No code can be sent to the number.
    case invalidNumber
    /// Any other answer.
    case error(AuthyError)

    /// Classifies an answer of the server.
    ///
    /// | HTTP status | `error_code` | body | answer |
    /// |---|---|---|---|
    /// | 200 | | `success` true or "true", `ignored` absent, null or false | `sent` |
    /// | 200 | | `success` true or "true", `ignored` anything else | `ignored` |
    /// | 400–599, not 429 | 60006, 60007 | | `notEnabled` |
    /// | 400–599, not 429 | 60014, 60015 | | `error(.refused)` |
    /// | 503 | none | `message` has "not" and, behind it, "enabled" | `notEnabled` |
    /// | 400–499, not 429 | 60016, 60026, 60050 | | `unknownUser` |
    /// | 400–499, not 429 | 60033, 60078, 60082, 60083 | | `invalidNumber` |
    /// | anything else | | | see `AuthyError` |
    ///
    /// With 60014 and 60015 no gateway took the message, while the server works. The row on 503 makes a call that the
    /// server does not offer different from a server that is down.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: the body; nil if it is not JSON.
    public init(status: Int, body: JSONValue?) {
        if status == 200, let body, body.isSuccess(orText: true) {
            self = Self.success(body)
        } else if (400...599).contains(status), status != 429, let refusal = Self.refusal(status, body: body) {
            self = refusal
        } else {
            self = .error(AuthyError(status: status, body: body))
        }
    }

    private static func success(_ body: JSONValue) -> OneCodeAnswer {
        switch body["ignored"] {
        case nil, .null?, .bool(false)?: .sent(message: body["message"]?.text, cellphone: body["cellphone"]?.text)
        default: .ignored(device: body["device"]?.text)
        }
    }

    private static func refusal(_ status: Int, body: JSONValue?) -> OneCodeAnswer? {
        switch ErrorNumber(in: body) {
        case .callsDisabled?, .smsDisabled?: .notEnabled
        case let error? where error.isNotSent: .error(.refused(status: status, error: error))
        case let error? where status < 500 && ErrorNumber.unknownUser.contains(error): .unknownUser
        case let error? where status < 500 && ErrorNumber.invalidNumber.contains(error): .invalidNumber
        case nil where status == 503 && saysNotEnabled(body): .notEnabled
        default: nil
        }
    }

    private static func saysNotEnabled(_ body: JSONValue?) -> Bool {
        guard let message = body?["message"]?.text, let not = message.firstRange(of: "not") else { return false }
        return message[not.upperBound...].contains("enabled")
    }
}
