extension Unicode.Scalar {
    /// Whether the character shows as itself: it moves no cursor, breaks no line, keeps the direction of writing, and
    /// is visible.
    public var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}

extension String {
    /// The text with each character that is not printable, or not shown by the reader, written as `\u{1F}`.
    ///
    /// - Parameter shows: whether the reader shows a printable character.
    /// - Returns: the text with those characters escaped.
    public func printable(where shows: (Unicode.Scalar) -> Bool = { _ in true }) -> String {
        if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isPrintable, shows(scalar) {
                text.unicodeScalars.append(scalar)
            } else {
                text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            }
        }
    }
}

/// Values of a log line, which is ASCII: nothing in one can end it or begin another.
extension String {
    /// The value for `key=VALUE` in a log line: at most 127 bytes without blanks, quotes and equals signs, or `-` if it
    /// is empty.
    public var logToken: String {
        let text = escaped(limit: 127) { $0.value > 0x20 && $0.value < 0x7F && $0 != "\"" && $0 != "=" }
        return text.isEmpty ? "-" : text
    }

    /// The value for `key="VALUE"` in a log line: at most 300 bytes.
    public var logText: String {
        replacing("\"", with: "?").escaped(limit: 300) { $0.value >= 0x20 && $0.value < 0x7F }
    }

    private func escaped(limit: Int, where stays: (Unicode.Scalar) -> Bool) -> String {
        var text = ""
        for scalar in unicodeScalars {
            let next = stays(scalar) ? String(scalar) : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            guard text.utf8.count + next.utf8.count <= limit else { break }
            text += next
        }
        return text
    }
}
