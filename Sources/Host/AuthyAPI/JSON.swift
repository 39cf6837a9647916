internal import AuthyWire
internal import FoundationEssentials

enum JSON {
    /// Nil if the bytes are not JSON, or nested more deeply than any answer.
    static func parse(_ bytes: [UInt8]) -> JSONValue? {
        try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }
}
