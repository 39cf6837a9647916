/// Any JSON text (RFC 8259) as a value.
///
/// `true`, `1` and `"true"` are three different values. Literals make values: `["success": true, "count": 2]`.
public enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// A whole number.
    public static func integer(_ integer: some FixedWidthInteger) -> JSONValue { .number(JSONNumber(integer)) }

    /// A number; null for infinity and NaN, which JSON cannot express.
    public static func double(_ double: Double) -> JSONValue { JSONNumber(double).map { .number($0) } ?? .null }

    /// A string; null if there is none.
    public static func string(orNull text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

    /// A whole number; null if there is none.
    public static func integer(orNull integer: (some FixedWidthInteger)?) -> JSONValue {
        integer.map { .integer($0) } ?? .null
    }

    /// The member of an object; nil if there is none, or if the value is not an object.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let object) = self else { return nil }
        return object[name]
    }

    /// The text of a string; nil for any other value.
    public var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}

extension JSONValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    /// A string.
    public init(stringLiteral text: String) { self = .string(text) }
    /// A whole number.
    public init(integerLiteral integer: Int64) { self = .integer(integer) }
    /// True or false.
    public init(booleanLiteral bool: Bool) { self = .bool(bool) }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    /// An object with its members in this order.
    public init(dictionaryLiteral members: (String, JSONValue)...) { self = .object(JSONObject(members)) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}
