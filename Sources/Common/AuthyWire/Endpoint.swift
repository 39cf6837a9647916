public import Identifiers

/// One call of the Authy API v1: a method, and the path and query behind the base URL of the server.
///
/// Only validated types enter the text, so that it needs no encoding and cannot lead anywhere else.
public struct Endpoint: Hashable, Sendable {
    /// The HTTP methods that the API uses.
    public enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"
    }

    /// The HTTP method of the call.
    public let method: Method
    /// Path and query, from the first slash on.
    public let target: String

    /// Asks the phone to approve or deny.
    ///
    /// The body is that of `NewApprovalRequest`, the answer a `CreateAnswer`.
    public static func createApprovalRequest(for user: AuthyID) -> Endpoint {
        Endpoint(method: .post, target: "/onetouch/json/users/\(user)/approval_requests")
    }

    /// Reads the status of an approval request; the answer is an `ApprovalAnswer`.
    public static func readApprovalRequest(_ request: ApprovalRequestID) -> Endpoint {
        Endpoint(method: .get, target: "/onetouch/json/approval_requests/\(request)")
    }

    /// Withdraws an approval request.
    ///
    /// Authy itself never had this call, so that errors mean nothing.
    public static func cancelApprovalRequest(_ request: ApprovalRequestID) -> Endpoint {
        Endpoint(method: .delete, target: "/onetouch/json/approval_requests/\(request)")
    }

    /// Checks a code; the answer is a `VerifyAnswer`.
    ///
    /// The call always has `force=true`: without it, any code is right for a user who never finished the registration.
    /// The last two parameters are extensions of countersignd, which Authy ignores.
    ///
    /// - Parameters:
    ///   - code: the code that was typed.
    ///   - user: the AuthyID whose code it is.
    ///   - isProven: whether the person has proven a factor. The confirmation code of a new phone is then not accepted.
    ///   - confirmation: the confirmation code of a new phone, which is confirmed if `code` is right.
    /// - Returns: the call.
    public static func verify(
        _ code: OneTimeCode, of user: AuthyID, isProven: Bool = false, confirmation: OneTimeCode? = nil
    ) -> Endpoint {
        let proven = if isProven { "&\(Literal.extensions)[\(Literal.proven)]=true" } else { "" }
        let beside = confirmation.map { "&\(Literal.extensions)[\(Literal.confirmation)]=\($0.digits)" } ?? ""
        let more = (proven + beside).replacing("[", with: "%5B").replacing("]", with: "%5D")
        return Endpoint(method: .get, target: "/protected/json/verify/\(code.digits)/\(user)?force=true\(more)")
    }

    /// Sends a OneCode by text message, also to a person who has the app; the answer is a `OneCodeAnswer`.
    public static func sms(to user: AuthyID) -> Endpoint {
        Endpoint(method: .get, target: "/protected/json/sms/\(user)?force=true")
    }

    /// Reads out a OneCode by telephone, also to a person who has the app; the answer is a `OneCodeAnswer`.
    public static func call(to user: AuthyID) -> Endpoint {
        Endpoint(method: .get, target: "/protected/json/call/\(user)?force=true")
    }

    /// Sends a code to a number that need not belong to a user.
    ///
    /// The body is that of `NewPhoneCheck`, the answer a `OneCodeAnswer`.
    public static let startPhoneCheck = Endpoint(method: .post, target: "/protected/json/phones/verification/start")

    /// Checks a code that was sent to a number; the answer is a `PhoneCheckAnswer`.
    public static func checkPhone(_ code: OneTimeCode, of phone: PhoneNumber) -> Endpoint {
        let number = "country_code=\(phone.countryCode)&phone_number=\(phone.national)"
        return Endpoint(
            method: .get, target: "/protected/json/phones/verification/check?\(number)&verification_code=\(code.digits)"
        )
    }

    /// Registers a person by phone; the same phone gives the same AuthyID.
    ///
    /// The body is that of `NewUser`, the answer a `NewUserAnswer`.
    public static let newUser = Endpoint(method: .post, target: "/protected/json/users/new")

    /// Reads what the server knows about a person; the answer is a `StatusAnswer`.
    public static func status(of user: AuthyID) -> Endpoint {
        Endpoint(method: .get, target: "/protected/json/users/\(user)/status")
    }

    /// Reads the details of the application that the API key belongs to.
    ///
    /// Status 200 means that the key is right.
    public static let application = Endpoint(method: .get, target: "/protected/json/app/details")

    /// Reports an activity of a person; the body is that of `UserActivity`.
    ///
    /// Status 200 means that the server has noted it.
    public static func registerActivity(of user: AuthyID) -> Endpoint {
        Endpoint(method: .post, target: "/protected/json/users/\(user)/register_activity")
    }
}

/// The names of HTTP header fields, in the capitalization that case-sensitive clients expect.
public enum Header {
    /// Carries the application's API key.
    public static let apiKey = "X-Authy-API-Key"
    /// Carries `wait(seconds:)`.
    public static let prefer = "Prefer"
    /// Carries the signature of a callback.
    public static let signature = "X-Authy-Signature"
    /// Carries the nonce of a callback.
    public static let signatureNonce = "X-Authy-Signature-Nonce"

    /// The value of `Prefer` (RFC 7240, section 4.3): how many seconds the server may hold the answer back until there
    /// is news.
    public static func wait(seconds: Int) -> String { "wait=\(max(0, seconds))" }
}

/// Texts that clients and servers compare byte by byte.
public enum Literal {
    /// `token` after a right code.
    public static let tokenIsValid = "is valid"
    /// `token` after a wrong code.
    public static let tokenIsInvalid = "is invalid"
    /// `message` after a right code.
    public static let validMessage = "Token is valid."
    /// `message` after a wrong code.
    public static let invalidMessage = "Token is invalid"
    /// `message` after a code that was used before.
    public static let reusedMessage = "Token is invalid. Token was used recently."
    /// `message` after a wrong API key.
    public static let keyMessage = "Invalid API key"
    /// The member, and the parameter, for everything that countersignd adds to the API.
    public static let extensions = "countersign"
    /// In `extensions` of a verify answer: the kind of code that was checked.
    public static let factor = "factor"
    /// The value of `factor` for the confirmation code of a new phone; as a parameter of verify, the confirmation code.
    public static let confirmation = "confirmation"
    /// As a parameter of verify: the caller knows that the person has proven a factor.
    public static let proven = "proven"
}

/// The status of an approval request; the raw values are the only spellings that count.
public enum ApprovalStatus: String, Sendable, CaseIterable {
    case pending, approved, denied, expired
}
