public import Identifiers

/// One call of the Authy API v1: a method, and what stands behind the server's base URL.
///
/// Only validated types enter the text, so that it needs no encoding and cannot lead anywhere else.
public struct Endpoint: Hashable, Sendable {
    public enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"
    }

    public let method: Method
    /// Path and query, from the first slash on.
    public let target: String

    /// Asks the phone: approve or deny. The body is that of `NewApprovalRequest`, the answer a `CreateAnswer`.
    public static func createApprovalRequest(for user: AuthyID) -> Endpoint {
        Endpoint(method: .post, target: "/onetouch/json/users/\(user)/approval_requests")
    }

    /// How an approval request stands; the answer is an `ApprovalAnswer`.
    public static func readApprovalRequest(_ request: ApprovalRequestID) -> Endpoint {
        Endpoint(method: .get, target: "/onetouch/json/approval_requests/\(request)")
    }

    /// Takes an approval request back. Authy itself never had this call: errors mean nothing.
    public static func cancelApprovalRequest(_ request: ApprovalRequestID) -> Endpoint {
        Endpoint(method: .delete, target: "/onetouch/json/approval_requests/\(request)")
    }

    /// Checks a code; the answer is a `VerifyAnswer`. Always with `force=true`: without it a user who never finished the
    /// registration passes with any code.
    ///
    /// The other two are countersignd's own, which Authy does not look at:
    /// - Parameters:
    ///   - isProven: whether the person has proven a factor. The confirmation code of a new phone is then no right code.
    ///   - confirmation: the confirmation code of a new phone, which is confirmed if `code` is right.
    public static func verify(
        _ code: OneTimeCode, of user: AuthyID, isProven: Bool = false, confirmation: OneTimeCode? = nil
    ) -> Endpoint {
        let proven = isProven ? "&\(Literal.extensions)[\(Literal.proven)]=true" : ""
        let beside = confirmation.map { "&\(Literal.extensions)[\(Literal.confirmation)]=\($0.digits)" } ?? ""
        let more = (proven + beside).replacing("[", with: "%5B").replacing("]", with: "%5D")
        return Endpoint(method: .get, target: "/protected/json/verify/\(code.digits)/\(user)?force=true\(more)")
    }

    /// Sends a OneCode by text message, also to a person who has the app; the answer is a `OneCodeAnswer`.
    public static func sms(to user: AuthyID) -> Endpoint {
        Endpoint(method: .get, target: "/protected/json/sms/\(user)?force=true")
    }

    /// Reads a OneCode out by telephone, also to a person who has the app; the answer is a `OneCodeAnswer`.
    public static func call(to user: AuthyID) -> Endpoint {
        Endpoint(method: .get, target: "/protected/json/call/\(user)?force=true")
    }

    /// Sends a code to a number that need not be anybody's; the body is that of `NewPhoneCheck`, the answer a `OneCodeAnswer`.
    public static let startPhoneCheck = Endpoint(method: .post, target: "/protected/json/phones/verification/start")

    /// Checks a code that was sent to a number; the answer is a `PhoneCheckAnswer`.
    public static func checkPhone(_ code: OneTimeCode, of phone: PhoneNumber) -> Endpoint {
        let number = "country_code=\(phone.countryCode)&phone_number=\(phone.national)"
        return Endpoint(
            method: .get, target: "/protected/json/phones/verification/check?\(number)&verification_code=\(code.digits)"
        )
    }

    /// Registers a person by phone; the same phone gives the same AuthyID. The body is that of `NewUser`, the answer a `NewUserAnswer`.
    public static let newUser = Endpoint(method: .post, target: "/protected/json/users/new")

    /// What the server knows of a person; the answer is a `StatusAnswer`.
    public static func status(of user: AuthyID) -> Endpoint {
        Endpoint(method: .get, target: "/protected/json/users/\(user)/status")
    }

    /// What the server knows of the application whose key it is given. Status 200 says that the key is right.
    public static let application = Endpoint(method: .get, target: "/protected/json/app/details")

    /// Tells what became of a person; the body is that of `UserActivity`. Status 200 says that the server took note.
    public static func registerActivity(of user: AuthyID) -> Endpoint {
        Endpoint(method: .post, target: "/protected/json/users/\(user)/register_activity")
    }
}

/// The names of HTTP header fields, in the letters that case-sensitive clients look for.
public enum Header {
    /// Carries the application's API key.
    public static let apiKey = "X-Authy-API-Key"
    /// Carries `wait(seconds:)`.
    public static let prefer = "Prefer"
    /// Carries the signature of a callback.
    public static let signature = "X-Authy-Signature"
    /// Carries the nonce of a callback.
    public static let signatureNonce = "X-Authy-Signature-Nonce"

    /// How long the server may hold an answer back until there is news (RFC 7240, section 4.3), in seconds.
    public static func wait(seconds: Int) -> String { "wait=\(max(0, seconds))" }
}

/// Texts that clients and servers compare letter by letter.
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
    /// The member, and the parameter, in which countersignd has what Authy does not know.
    public static let extensions = "countersign"
    /// In `extensions` of a verify answer: what the code was.
    public static let factor = "factor"
    /// The value of `factor` for the confirmation code of a new phone; as a parameter of verify, such a code.
    public static let confirmation = "confirmation"
    /// As a parameter of verify: the caller knows that the person has proven a factor.
    public static let proven = "proven"
}

/// How an approval request stands. The raw values are the only spellings that count.
public enum ApprovalStatus: String, Sendable, CaseIterable {
    case pending, approved, denied, expired
}
