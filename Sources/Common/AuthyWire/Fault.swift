/// Why a call gave no answer that counts: one classification for all of them.
///
/// Judged from top to bottom; an error number counts only in an answer whose status says that it is an error (400 to 599).
///
/// | HTTP status | `error_code` | fault |
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
public enum Fault: Error, Hashable, Sendable {
    /// The server does not know the API key.
    case keyRefused
    /// Too many requests, or a limit of SMS or calls.
    case limited
    /// The server failed; its HTTP status, 500 to 599.
    case serverError(Int)
    /// The server does not know what was asked for, or the path.
    case notFound
    /// The server refused: its HTTP status, and why: 400 to 499, and 503 where a gateway did not take a message.
    case refused(status: Int, error: ErrorNumber?)
    /// Not an answer of this API to this question: never counted as anything.
    case malformed

    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: the body; nil if it was no JSON.
    public init(status: Int, body: JSONValue?) {
        let error = ErrorNumber(in: body)
        self =
            switch status {
            case 429: .limited
            case 400...599: Self.refusal(status, error)
            default: .malformed
            }
    }

    private static func refusal(_ status: Int, _ error: ErrorNumber?) -> Fault {
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
    /// Whether `success` is true, as a boolean; older servers, and `verify` to this day, have the string.
    func isSuccess(orText: Bool) -> Bool {
        self["success"] == .bool(true) || (orText && self["success"] == .string("true"))
    }
}
