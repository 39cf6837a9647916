internal import AuthyWire
internal import FoundationEssentials

enum JSON {
    /// Nil where the bytes are no JSON, or more deeply nested than any answer is.
    static func parse(_ bytes: [UInt8]) -> JSONValue? {
        try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }
}
