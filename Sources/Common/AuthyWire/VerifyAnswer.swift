public import Encoding

/// The result of `Endpoint.verify`.
public enum VerifyAnswer: Hashable, Sendable {
    /// The code is right.
    case valid
    /// The code is wrong.
    case wrong
    /// The code was right, but was used before.
    case spent
    /// The code was the confirmation code of a new phone, which is now confirmed.
    ///
    /// The caller decides whether that is a login.
    case phoneConfirmed
    /// The code was the confirmation code of a new phone, which somebody else must confirm: it does not count as right.
    case confirmationCode
    /// The server does not know this AuthyID.
    case unknownUser
    /// Any other answer.
    case error(AuthyError)

    /// Classifies an answer of the server.
    ///
    /// A code is valid only with status 200, exactly the right `token`, and `success` true (the boolean or, as Authy
    /// sends it, the string). Status 401 means a wrong code as well as a wrong API key. A code counts as wrong, and
    /// against the person, only if the answer says so:
    ///
    /// | HTTP status | `error_code` | body | answer |
    /// |---|---|---|---|
    /// | 200 | | as above, and `countersign` has `factor` "confirmation" | `phoneConfirmed` |
    /// | 200 | | as above | `valid` |
    /// | 401 | 60020 | `countersign` has `factor` "confirmation" | `confirmationCode` |
    /// | 401 | 60020 | | `wrong` |
    /// | 401 | 60019 | | `spent` |
    /// | 401 | absent or null | `token` is "is invalid", and the message begins "Token is invalid" | `wrong` |
    /// | 401 | absent or null | anything else, "Invalid API key" too, or none | `keyRefused` |
    /// | 401 | present, but not a number | | `malformed` |
    /// | 400–499, not 429 | 60016, 60026, 60050 | | `unknownUser` |
    /// | anything else | | | see `AuthyError` |
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: the body; nil if it is not JSON.
    public init(status: Int, body: JSONValue?) {
        self =
            switch status {
            case 200 where Self.isValid(body): Self.isConfirmation(body) ? .phoneConfirmed : .valid
            case 401: Self.refusal(body)
            case 400...499 where status != 429 && ErrorNumber(in: body).map(ErrorNumber.unknownUser.contains) == true:
                .unknownUser
            default: .error(AuthyError(status: status, body: body))
            }
    }

    private static func isValid(_ body: JSONValue?) -> Bool {
        guard let body else { return false }
        return body["token"] == .string(Literal.tokenIsValid) && body.isSuccess(orText: true)
    }

    private static func isConfirmation(_ body: JSONValue?) -> Bool {
        body?[Literal.extensions]?[Literal.factor] == .string(Literal.confirmation)
    }

    private static func refusal(_ body: JSONValue?) -> VerifyAnswer {
        switch ErrorNumber(in: body) {
        case .tokenInvalid?: isConfirmation(body) ? .confirmationCode : .wrong
        case .tokenReused?: .spent
        case let error? where ErrorNumber.unknownUser.contains(error): .unknownUser
        case nil where body?["error_code"] ?? .null != .null: .error(.malformed)
        case nil where saysWrong(body): .wrong
        default: .error(AuthyError(status: 401, body: body))
        }
    }

    private static func saysWrong(_ body: JSONValue?) -> Bool {
        body?["token"] == .string(Literal.tokenIsInvalid)
            && body?["message"]?.text?.hasPrefix(Literal.invalidMessage) == true
    }
}
