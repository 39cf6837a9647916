internal import Identifiers

/// Which characters of a string are written as `\uXXXX`, besides those that JSON demands (RFC 8259, section 7).
public enum JSONEscaping: Sendable {
    /// No others: some receivers compare the bytes.
    case required
    /// DEL, U+2028 and U+2029 (line ends in JavaScript), and U+FEFF (which some readers drop).
    case lineEnds
    /// All that is not ASCII, and DEL.
    case nonASCII
    /// Characters that do not show as themselves: they control a terminal, break a line, or turn its direction.
    case unprintable

    fileprivate func covers(_ scalar: Unicode.Scalar) -> Bool {
        switch (self, scalar.value) {
        case (_, 0x00...0x1F), (.lineEnds, 0x7F), (.lineEnds, 0x2028...0x2029), (.lineEnds, 0xFEFF): true
        case (.nonASCII, 0x7F...): true
        case (.unprintable, 0x7F...): !scalar.isPrintable
        default: false
        }
    }
}

extension JSONValue {
    /// The value as JSON without blanks, as some clients of Authy look for `"token":"is valid"` in the bytes.
    ///
    /// - Parameters:
    ///   - isSorted: whether the members of all objects are sorted by the bytes of their names; if not, they keep their
    ///     order.
    ///   - escaping: what is escaped in strings.
    /// - Returns: the text.
    public func serialized(isSorted: Bool = false, escaping: JSONEscaping = .lineEnds) -> String {
        var writer = JSONWriter(isSorted: isSorted, escaping: escaping)
        writer.write(self)
        return writer.text
    }
}

private struct JSONWriter {
    let isSorted: Bool
    let escaping: JSONEscaping
    var text = ""

    init(isSorted: Bool, escaping: JSONEscaping) {
        self.isSorted = isSorted
        self.escaping = escaping
    }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: text += "null"
        case .bool(true): text += "true"
        case .bool(false): text += "false"
        case .number(let number): text += number.text
        case .string(let string): write(string)
        case .array(let elements): write(elements)
        case .object(let object): write(object)
        }
    }

    private mutating func write(_ elements: [JSONValue]) {
        text += "["
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            write(element)
        }
        text += "]"
    }

    private mutating func write(_ object: JSONObject) {
        var object = object
        if isSorted { object.sort() }
        text += "{"
        for (index, member) in object.members.enumerated() {
            if index > 0 { text += "," }
            write(member.name)
            text += ":"
            write(member.value)
        }
        text += "}"
    }

    private mutating func write(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C:
                text.unicodeScalars.append("\\")
                text.unicodeScalars.append(scalar)
            case _ where escaping.covers(scalar):
                for unit in String(scalar).utf16 {
                    text += "\\u" + Hexadecimal.encode([UInt8(unit >> 8), UInt8(unit & 0xFF)])
                }
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
