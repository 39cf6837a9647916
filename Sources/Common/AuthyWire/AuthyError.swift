public import Encoding

/// Why a call gave no answer that counts, in one classification for all calls.
///
/// The rows apply from top to bottom; an error number counts only with a status that is an error (400 to 599).
///
/// | HTTP status | `error_code` | error |
/// |---|---|---|
/// | 429 | any | `limited` |
/// | 400–599 | 60001, 60047 | `keyRefused` |
/// | 400–599 | 60003, 60009–60012, 60120 | `limited` |
/// | 500–599 | any other, or none | `serverError` |
/// | 400–499 | 60049 | `notFound` |
/// | 404 | any other, or none | `notFound` |
/// | 401 | none | `keyRefused` |
/// | 400–499 | any other, or none | `refused` |
/// | anything else, 200 too | any, or none | `malformed` |
public enum AuthyError: Error, Hashable, Sendable {
    /// The server does not know the API key.
    case keyRefused
    /// Too many requests, or a limit of text messages or calls.
    case limited
    /// The server failed; its HTTP status, 500 to 599.
    case serverError(Int)
    /// The server does not know the object, or the path.
    case notFound
    /// The server refused: its HTTP status, 400 to 499 or, if a gateway refused a message, 503; and its reason.
    case refused(status: Int, error: ErrorNumber?)
    /// Not an answer of this API to this call.
    ///
    /// It never counts as anything.
    case malformed

    /// Classifies an answer by the table above.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: the body; nil if it is not JSON.
    public init(status: Int, body: JSONValue?) {
        let error = ErrorNumber(in: body)
        self =
            switch status {
            case 429: .limited
            case 400...599: Self.refusal(status, error: error)
            default: .malformed
            }
    }

    private static func refusal(_ status: Int, error: ErrorNumber?) -> AuthyError {
        switch (status, error) {
        case (_, let error?) where ErrorNumber.refusedKey.contains(error): .keyRefused
        case (_, let error?) where ErrorNumber.limits.contains(error): .limited
        case (500..., _): .serverError(status)
        case (_, .approvalRequestNotFound?), (404, _): .notFound
        case (401, nil): .keyRefused
        default: .refused(status: status, error: error)
        }
    }
}

extension JSONValue {
    /// Whether `success` is true, as a boolean or, if allowed, as a string, which older servers and `verify` send.
    func isSuccess(orText: Bool) -> Bool {
        self["success"] == .bool(true) || (orText && self["success"] == .string("true"))
    }
}
