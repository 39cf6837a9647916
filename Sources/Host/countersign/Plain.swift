internal import Identifiers

extension String {
    /// The text with escapes for characters that move the cursor, break lines, or turn the direction of writing.
    ///
    /// Characters that the locale cannot show are escaped too.
    var plain: String { printable { $0.isASCII || Terminal.takesUnicode } }

    /// JSON with all non-ASCII characters escaped; they can stand only in its strings.
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
