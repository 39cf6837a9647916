internal import Identifiers

extension String {
    /// The text with escapes for characters that move the cursor, break lines, or turn the direction of writing.
    ///
    /// Characters that the locale cannot show are escaped too.
    package var plain: String { printable { $0.isASCII || Terminal.takesUnicode } }
}

extension BinaryInteger {
    /// The number and its noun, as in "1 phone" and "2 phones".
    ///
    /// - Parameters:
    ///   - noun: the noun for one.
    ///   - plural: the noun for any other number; by default `noun` with an "s".
    /// - Returns: both with a blank between them.
    package func counted(_ noun: String, plural: String? = nil) -> String {
        if self == 1 { "\(self) \(noun)" } else { "\(self) \(plural ?? noun + "s")" }
    }
}
