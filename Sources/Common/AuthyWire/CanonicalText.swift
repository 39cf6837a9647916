/// The text that both sides sign for the parameters of a callback (Authy API v1, "Verifying the callback").
///
/// It is what Rails makes of a hash with `to_query`:
///
/// - A member is `prefix[name]`, at the top `name`; an element of an array is `prefix[]`, and elements keep their
///   order.
/// - Names and values are form-encoded; null is `name=`, numbers are decimal, empty objects and arrays are left out.
/// - At every object the encoded members are sorted by their bytes, then joined by `&`.
public enum CanonicalText {
    /// The text for the JSON body of a POST; a body that is not an object has no parameters.
    ///
    /// Rails does not sort objects within arrays, but keeps their order. A sender satisfies both rules if it writes
    /// such objects sorted, as `JSONValue.serialized()` does. Fractions are written as Swift writes them, which differs
    /// from Ruby for very large and very small ones; callbacks of Authy have none.
    public static func of(_ body: JSONValue) -> String {
        guard case .object(let members) = body else { return "" }
        return joined(members) { $0 }
    }

    /// The text for the query of a GET.
    ///
    /// - Parameter query: decoded names with their brackets, and decoded values, in the order of the request.
    /// - Returns: the text to sign.
    public static func of(query: [(name: String, value: String)]) -> String {
        query.map { (key: sortKey($0.name, $0.value), text: formEncoded($0.name) + "=" + formEncoded($0.value)) }
            .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map(\.text)
            .joined(separator: "&")
    }

    /// All elements of one array have the same key, so that they stay together and, as sorting is stable, in order.
    private static func sortKey(_ name: String, _ value: String) -> String {
        if let array = name.firstRange(of: "[]") { return formEncoded(name[..<array.upperBound]) }
        return formEncoded(name) + "=" + formEncoded(value)
    }

    private static func joined(_ members: [String: JSONValue], named: (String) -> String) -> String {
        members.map { fragment($0.value, named: named($0.key)) }
            .filter { !$0.isEmpty }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .joined(separator: "&")
    }

    private static func fragment(_ value: JSONValue, named name: String) -> String {
        switch value {
        case .null: formEncoded(name) + "="
        case .bool(let bool): formEncoded(name) + (bool ? "=true" : "=false")
        case .integer(let integer): formEncoded(name) + "=\(integer)"
        case .number(let number): formEncoded(name) + "=" + formEncoded("\(number)")
        case .string(let text): formEncoded(name) + "=" + formEncoded(text)
        case .array(let elements):
            elements.map { fragment($0, named: name + "[]") }.filter { !$0.isEmpty }.joined(separator: "&")
        case .object(let members): joined(members) { "\(name)[\($0)]" }
        }
    }

    /// Encodes as `CGI.escape` of Ruby does.
    ///
    /// Letters, digits, `-`, `.`, `_` and `~` stay, a blank becomes `+`, and every other byte of the UTF-8 becomes %XX.
    private static func formEncoded(_ text: some StringProtocol) -> String {
        text.utf8.reduce(into: "") { encoded, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            case 0x20:
                encoded += "+"
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                encoded += byte < 0x10 ? "%0\(hex)" : "%\(hex)"
            }
        }
    }
}
