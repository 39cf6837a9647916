internal import Identifiers

extension String {
    /// The text with escapes for characters that move the cursor, break lines, or turn the direction of writing.
    ///
    /// Characters that the locale cannot show are escaped too.
    var plain: String { printable { $0.isASCII || Terminal.takesUnicode } }
}
