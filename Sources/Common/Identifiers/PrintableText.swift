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
