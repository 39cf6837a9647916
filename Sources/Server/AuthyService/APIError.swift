internal import AuthyWire
internal import Encoding

/// The error response of a call, in the form that Authy's clients know (Authy API, `error_code`).
public struct APIError: Error, Equatable, Sendable {
    /// The HTTP status.
    public let status: Int
    /// Authy's error code, such as 60019.
    public let code: Int
    /// The message for the client.
    public let message: String
    /// The messages for single fields, by the name of the field.
    var fields: [String: String] = [:]
    /// The value of the header Retry-After, in seconds; nil for none.
    public var retryAfter: Int64?

    /// The methods that the call has, separated by commas; nil except with status 405.
    public var allow: String?

    init(
        _ status: Int, _ code: Int, _ message: String, fields: [String: String] = [:], retryAfter: Int64? = nil,
        allow: String? = nil
    ) {
        self.allow = allow
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.retryAfter = retryAfter
    }

    /// 401, 60001: the API key is missing or invalid.
    public static let key = APIError(401, 60001, Literal.keyMessage)
    /// 404, 60000: the call does not exist.
    public static let path = APIError(404, 60000, "There is no such call.")

    /// 405, 60002: the call exists with another method.
    ///
    /// - Parameter allowed: The methods that the call has, for the header Allow (RFC 9110, section 15.5.6).
    /// - Returns: The error response.
    public static func method(_ allowed: String) -> APIError {
        APIError(405, 60002, "This call has another method.", allow: allowed)
    }
    /// 400, 60002: the body cannot be parsed.
    public static let body = APIError(400, 60002, "The body is neither JSON nor a form, or it is nested too deep.")
    /// 413, 60002: the body is too long.
    public static let tooLong = APIError(413, 60002, "The body is too long.")
    /// 400, 60002: the request cannot be parsed.
    public static let malformed = APIError(400, 60002, "This is not an HTTP request.")
    /// 414, 60002: the request line is too long.
    public static let lineTooLong = APIError(414, 60002, "The request line is too long.")
    /// 431, 60002: the headers are too long.
    public static let headersTooLong = APIError(431, 60002, "The headers are too long, or too many.")
    /// 505, 60002: the HTTP version is not supported.
    public static let version = APIError(505, 60002, "This server speaks HTTP/1.1.")
    /// 400, 60005: the query is not UTF-8.
    public static let noUTF8 = APIError(400, 60005, "The query is not valid UTF-8.")
    /// 500, 60000: the server failed.
    public static let broken = APIError(500, 60000, "The server cannot do this now. Nothing was changed.")
    static let userNotFound = APIError(404, 60026, "User not found.")
    /// The response of verify for a user that the application does not have.
    static let userDoesNotExist = APIError(401, 60016, "User doesn't exist")
    static let tokenInvalid = APIError(401, 60020, Literal.invalidMessage)
    static let tokenReused = APIError(401, 60019, Literal.reusedMessage)

    static func tooMany(retryAfter: Int64) -> APIError {
        APIError(429, 60003, "Too many requests. Try again later.", retryAfter: max(1, retryAfter))
    }

    /// The message is exactly Authy's, because clients compare it.
    static func missing(_ name: String) -> APIError {
        APIError(400, 60004, "Invalid parameter: \(name) - Parameter is required")
    }
    static func parameter(_ name: String) -> APIError {
        APIError(400, 60004, "Invalid parameter: \(name) - Parameter is invalid")
    }

    /// The response to the client.
    ///
    /// Every value in `errors` is a string, and so is `error_code`; the fields are repeated at the top level.
    public var response: ServiceResponse {
        let fields = JSONObject(self.fields.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
        let errors: JSONObject = if code == 60049 { [:] } else { ["message": .string(message)] + fields }
        var members: JSONObject = ["message": .string(message)]
        if code == 60019 || code == 60020 { members["token"] = .string(Literal.tokenIsInvalid) }
        members += ["success": false, "errors": .object(errors)]
        members += fields
        members["error_code"] = .string(String(code))
        var response = ServiceResponse(members, status: status)
        response.retryAfter = retryAfter
        response.allow = allow
        return response
    }
}
