public import Encoding

/// Reads untrusted JSON as parameters, in the order of the text.
public enum JSONParameters {
    /// The most arrays and objects within each other, the most members of one object, and the most values in all.
    private static let limits = JSONValue.Limits(depth: 16, members: 200, values: 2_000, areNumbersFinite: false)

    /// The members of the object; nil if the bytes are not strict JSON, not UTF-8, not an object, or exceed the limits.
    public static func members(_ bytes: some Collection<UInt8>) -> [Parameter.Member]? {
        guard case .object(let object)? = JSONValue(bytes, limits: limits) else { return nil }
        return members(of: object)
    }

    /// Reads an array that this program has written; an empty list for anything else.
    public static func elements(_ text: String) -> Parameter {
        guard case .array(let elements)? = JSONValue(text.utf8, limits: limits) else { return .list([]) }
        return .list(elements.compactMap(parameter))
    }

    private static func members(of object: JSONObject) -> [Parameter.Member] {
        object.members.compactMap { name, value in parameter(value).map { Parameter.Member(name, $0) } }
    }

    /// The value as a parameter; nil for null, and for what holds nothing.
    private static func parameter(_ value: JSONValue) -> Parameter? {
        switch value {
        case .null: return nil
        case .bool(let bool): return .text(String(bool))
        case .number(let number): return .text(number.text)
        case .string(let text): return .text(text)
        case .array(let values):
            let elements = values.compactMap(parameter)
            return if elements.isEmpty { nil } else { .list(elements) }
        case .object(let object):
            let members = members(of: object)
            return if members.isEmpty { nil } else { .members(members) }
        }
    }
}

extension JSONValue.Limits {
    /// What a client reads of an answer: more than any answer has.
    public static let answer = JSONValue.Limits(depth: 32, members: 2_000, values: .max, areNumbersFinite: true)
}
