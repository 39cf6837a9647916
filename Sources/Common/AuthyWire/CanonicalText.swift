public import Encoding

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
    /// such objects sorted, as `JSONValue.serialized(isSorted:)` does. Fractions are written as Swift writes them,
    /// which differs from Ruby for very large and very small ones; callbacks of Authy have none.
    public static func of(_ body: JSONValue) -> String {
        guard case .object(let object) = body else { return "" }
        return joined(object) { $0 }
    }

    /// The text for the query of a GET.
    ///
    /// - Parameter query: decoded names with their brackets, and decoded values, in the order of the request.
    /// - Returns: the text to sign.
    public static func of(query: [(name: String, value: String)]) -> String {
        query.map {
            (
                key: sortKey($0.name, value: $0.value),
                text: PercentEncoding.encodeForm($0.name) + "=" + PercentEncoding.encodeForm($0.value)
            )
        }
        .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map(\.text)
        .joined(separator: "&")
    }

    /// All elements of one array have the same key, so that they stay together and, as sorting is stable, in order.
    private static func sortKey(_ name: String, value: String) -> String {
        if let array = name.firstRange(of: "[]") { return PercentEncoding.encodeForm(name[..<array.upperBound]) }
        return PercentEncoding.encodeForm(name) + "=" + PercentEncoding.encodeForm(value)
    }

    private static func joined(_ object: JSONObject, named: (String) -> String) -> String {
        object.members.map { fragment($0.value, named: named($0.name)) }
            .filter { !$0.isEmpty }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .joined(separator: "&")
    }

    private static func fragment(_ value: JSONValue, named name: String) -> String {
        switch value {
        case .null: PercentEncoding.encodeForm(name) + "="
        case .bool(let bool): PercentEncoding.encodeForm(name) + "=\(bool)"
        case .number(let number): PercentEncoding.encodeForm(name) + "=" + PercentEncoding.encodeForm(number.decimal)
        case .string(let text): PercentEncoding.encodeForm(name) + "=" + PercentEncoding.encodeForm(text)
        case .array(let elements):
            elements.map { fragment($0, named: name + "[]") }.filter { !$0.isEmpty }.joined(separator: "&")
        case .object(let object): joined(object) { "\(name)[\($0)]" }
        }
    }
}

extension JSONNumber {
    /// The number as Swift writes it, a whole one without fraction and exponent.
    fileprivate var decimal: String { integer.map { "\($0)" } ?? "\(double)" }
}
