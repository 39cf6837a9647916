/// Writes JSON (RFC 8259) without blanks, as some clients of Authy look for `"token":"is valid"` in the bytes.
public enum JSONText {
    /// A string with its quotes.
    ///
    /// Quotes, backslashes, control characters, U+2028 and U+2029 (line ends in JavaScript) and U+FEFF (which some
    /// readers drop) are escaped.
    public static func string(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C:
                quoted.unicodeScalars.append("\\")
                quoted.unicodeScalars.append(scalar)
            case 0x00...0x1F, 0x7F, 0x2028, 0x2029, 0xFEFF:
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            default:
                quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// An object with its members in this order.
    ///
    /// - Parameter members: plain names, and values that are JSON.
    /// - Returns: the text of the object.
    public static func object(_ members: [(name: String, json: String)]) -> String {
        "{" + members.map { string($0.name) + ":" + $0.json }.joined(separator: ",") + "}"
    }

    /// An array of elements that are JSON.
    public static func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }

    /// A number; null for infinity and NaN, which JSON cannot express.
    static func number(_ number: Double) -> String { number.isFinite ? "\(number)" : "null" }
}

extension JSONValue {
    /// The value as JSON without blanks, members sorted by the bytes of their names.
    public func serialized() -> String {
        switch self {
        case .null: "null"
        case .bool(let bool): bool ? "true" : "false"
        case .integer(let integer): String(integer)
        case .number(let number): JSONText.number(number)
        case .string(let text): JSONText.string(text)
        case .array(let elements): "[" + elements.map { $0.serialized() }.joined(separator: ",") + "]"
        case .object(let members):
            JSONText.object(
                members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                    .map { (name: $0.key, json: $0.value.serialized()) })
        }
    }
}
