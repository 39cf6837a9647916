public import Encoding
public import Identifiers

/// The result of `Endpoint.createApprovalRequest`.
public enum CreateAnswer: Hashable, Sendable {
    /// The request exists, under this name.
    case created(ApprovalRequestID)
    /// The user has no phone that takes requests.
    case noDevice
    /// The server does not know this AuthyID.
    case unknownUser
    /// The application has no OneTouch.
    case notEnabled
    /// Any other answer.
    case error(AuthyError)

    /// Classifies an answer of the server.
    ///
    /// A request was created only with status 200, `success` the boolean true, and a UUID as the name of the request.
    ///
    /// | HTTP status | `error_code` | answer |
    /// |---|---|---|
    /// | 400–499, not 429 | 60051 | `noDevice` |
    /// | 400–499, not 429 | 60016, 60026, 60050 | `unknownUser` |
    /// | 400–499, not 429 | 60065, 60085 | `notEnabled` |
    /// | anything else | | see `AuthyError` |
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: the body; nil if it is not JSON.
    public init(status: Int, body: JSONValue?) {
        if status == 200, let body, body.isSuccess(orText: false), let name = body["approval_request"]?["uuid"]?.text,
            let request = ApprovalRequestID(name)
        {
            self = .created(request)
        } else if (400...499).contains(status), status != 429, let error = ErrorNumber(in: body) {
            self = Self.refusal(error) ?? .error(AuthyError(status: status, body: body))
        } else {
            self = .error(AuthyError(status: status, body: body))
        }
    }

    private static func refusal(_ error: ErrorNumber) -> CreateAnswer? {
        switch error {
        case .noDevice: .noDevice
        case .oneTouchNotEnabled, .oneTouchMustBeEnabled: .notEnabled
        case _ where ErrorNumber.unknownUser.contains(error): .unknownUser
        default: nil
        }
    }
}

/// The status of an approval request: the answer to `Endpoint.readApprovalRequest`.
public enum ApprovalAnswer: Hashable, Sendable {
    case status(ApprovalStatus)
    /// Any other answer.
    case error(AuthyError)

    /// Classifies an answer of the server.
    ///
    /// An answer counts only with status 200, `success` the boolean true, the name of this request, the number of this
    /// user (an integer, not text), and exactly one of the four statuses. Any other answer with status 200 is
    /// malformed; other statuses are classified by `AuthyError`.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: the body; nil if it is not JSON.
    ///   - request: the request that was asked for.
    ///   - user: the user whose approval would count.
    public init(status: Int, body: JSONValue?, request: ApprovalRequestID, user: AuthyID) {
        guard status == 200, let body, body.isSuccess(orText: false), let approval = body["approval_request"],
            let name = approval["uuid"]?.text, ApprovalRequestID(name) == request,
            approval["_authy_id"] == .integer(user.value),
            let word = approval["status"]?.text, let standing = ApprovalStatus(rawValue: word)
        else {
            self = .error(AuthyError(status: status, body: body))
            return
        }
        self = .status(standing)
    }
}
