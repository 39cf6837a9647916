import AuthyWire
import Encoding
import Identifiers
import Testing

/// A response body as the client reads it; nil if it is not JSON, as there.
func decoded(_ json: String?) -> JSONValue? { json.flatMap { JSONValue($0.utf8, limits: .answer) } }

/// A number that must be one.
func number(_ code: Int) throws -> ErrorNumber { try #require(ErrorNumber(code)) }

/// The request and the user that the tests ask about.
enum Asked {
    static let uuid = "6f1d2c30-0000-4000-8000-000000000001"
    static func request() throws -> ApprovalRequestID { try #require(ApprovalRequestID(uuid)) }
    static func user() throws -> AuthyID { try #require(AuthyID(Int64(1635))) }
}
