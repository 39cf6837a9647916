internal import Encoding

/// Writes JSON (RFC 8259) without blanks, as some clients of Authy look for `"token":"is valid"` in the bytes.
public enum JSONText {
    /// A string with its quotes.
    public static func string(_ text: String) -> String { JSONValue.string(text).serialized() }

    /// An object with its members in this order.
    ///
    /// - Parameter members: plain names, and values that are JSON.
    /// - Returns: the text of the object.
    public static func object(_ members: [(name: String, json: String)]) -> String {
        "{" + members.map { string($0.name) + ":" + $0.json }.joined(separator: ",") + "}"
    }

    /// An array of elements that are JSON.
    public static func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }
}
