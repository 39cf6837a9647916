internal import AuthyWire
internal import Encoding
internal import Identifiers
internal import Records

/// The error response to a call of the phone page.
public struct PhoneAPIError: Error, Sendable {
    /// The HTTP status.
    public let status: Int
    let code: String
    let message: String
    var more: JSONObject = [:]
    /// The value of the header Retry-After, in seconds; nil for none.
    public var retryAfter: Int64?

    /// The body: a JSON object with `error`, `message`, and more members for some errors.
    public var body: String {
        JSONValue.object(["error": .string(code), "message": .string(message)] + more).serialized()
    }

    static let invalid = PhoneAPIError(
        status: 400, code: "invalid", message: "Something went wrong. Please load this page again.")
    static let unknown = PhoneAPIError(status: 404, code: "unknown", message: "This is not known any more.")
    static let unconfirmed = PhoneAPIError(
        status: 403, code: "unconfirmed", message: "This phone is not confirmed yet.")
    static let wrongCode = PhoneAPIError(
        status: 400, code: "wrong_code", message: "That is not the code that the new phone shows.")
    static let unknownLink = PhoneAPIError(
        status: 404, code: "link_unknown", message: "This link is not known. Please ask for a new one.")
    static let unknownDevice = PhoneAPIError(status: 401, code: "unknown_device", message: "This phone was removed.")
    /// 404, `unknown`: the call does not exist.
    public static let path = PhoneAPIError(status: 404, code: "unknown", message: "There is no such call.")
    /// 500, `broken`: the server failed.
    public static let broken = PhoneAPIError(
        status: 500, code: "broken", message: "The server cannot do this now. Please try again.")

    static let tooManyWaits = PhoneAPIError(
        status: 429, code: "too_many", message: "This page is open too many times. Close some.", retryAfter: 30)

    static func over(_ status: Approval.Status) -> PhoneAPIError {
        PhoneAPIError(
            status: 409, code: "over", message: "This request is over.",
            more: ["status": .string(status.rawValue)])
    }
}
