internal import Identifiers

extension String {
    /// The text without anything that could move a cursor, break a line, turn the direction of writing, or that the locale cannot show.
    var plain: String { printable { $0.isASCII || Terminal.takesUnicode } }

    /// JSON with everything but ASCII escaped, which may stand in its strings only.
    var asciiJSON: String {
        utf16.reduce(into: "") { text, unit in
            if unit < 0x7F {
                text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            } else {
                let hex = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            }
        }
    }
}
