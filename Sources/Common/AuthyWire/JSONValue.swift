/// Any JSON text (RFC 8259) as a value, so that the classification of answers does not depend on the parser.
///
/// Decoding is total: whatever a decoder accepts becomes a value, and too deep nesting is a `DecodingError`. `true`,
/// `1` and `"true"` stay three different values. The decoder keeps one of two members with the same name. A number
/// without a fraction that fits is an integer, however it was written: a decoder does not tell `1.0` from `1`.
public enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number that is not an `Int64`.
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// Members by name; their order is not kept.
    case object([String: JSONValue])

    /// The most arrays and objects within each other.
    public static let maximumDepth = 32

    /// The member of an object; nil if there is none, or if the value is not an object.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    /// The text of a string; nil for any other value.
    public var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}

extension JSONValue: Codable {
    /// Decodes any JSON.
    ///
    /// - Parameter decoder: a decoder of JSON.
    /// - Throws: `DecodingError` if the text is not JSON, or nested deeper than `maximumDepth`.
    public init(from decoder: any Decoder) throws {
        let depth = decoder.codingPath.count
        if let scalar = Self.scalar(try decoder.singleValueContainer()) {
            self = scalar
        } else if depth >= Self.maximumDepth {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "nested too deep"))
        } else if let elements = try? decoder.unkeyedContainer() {
            self = .array(try Self.elements(elements))
        } else {
            self = .object(try Self.members(try decoder.container(keyedBy: Name.self)))
        }
    }

    /// Booleans come first, so that no decoder takes them for numbers, or numbers for them.
    private static func scalar(_ container: any SingleValueDecodingContainer) -> JSONValue? {
        if container.decodeNil() { return .null }
        if let bool = try? container.decode(Bool.self) { return .bool(bool) }
        if let text = try? container.decode(String.self) { return .string(text) }
        if let integer = try? container.decode(Int64.self) { return .integer(integer) }
        if let number = try? container.decode(Double.self) { return .number(number) }
        return nil
    }

    private static func elements(_ container: any UnkeyedDecodingContainer) throws -> [JSONValue] {
        var container = container
        var elements: [JSONValue] = []
        while !container.isAtEnd {
            elements.append(try container.decode(JSONValue.self))
        }
        return elements
    }

    private static func members(_ container: KeyedDecodingContainer<Name>) throws -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        for name in container.allKeys {
            members[name.stringValue] = try container.decode(JSONValue.self, forKey: name)
        }
        return members
    }

    /// Encodes the value as the JSON that it stands for.
    ///
    /// - Parameter encoder: an encoder of JSON.
    /// - Throws: the error of the encoder, such as for a number that JSON cannot express.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let bool): try container.encode(bool)
        case .integer(let integer): try container.encode(integer)
        case .number(let number): try container.encode(number)
        case .string(let text): try container.encode(text)
        case .array(let elements): try container.encode(elements)
        case .object(let members): try container.encode(members)
        }
    }

    /// A coding key of any name.
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
