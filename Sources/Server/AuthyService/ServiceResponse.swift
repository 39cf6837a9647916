internal import AuthyWire
internal import Encoding

/// The response to a call, without HTTP.
public struct ServiceResponse: Sendable {
    /// The HTTP status.
    public var status: Int
    /// The body: JSON in UTF-8 without blanks, because some clients search the bytes for `"token":"is valid"`.
    public var body: String
    /// The value of the header Retry-After, in seconds; nil for none.
    public var retryAfter: Int64?
    /// The value of the header Allow; nil for none.
    public var allow: String?

    init(_ members: JSONObject, status: Int = 200) {
        self.status = status
        body = JSONValue.object(members).serialized()
    }

    /// Makes a response with a body of the caller's own.
    public init(status: Int, body: String) {
        self.status = status
        self.body = body
    }
}
