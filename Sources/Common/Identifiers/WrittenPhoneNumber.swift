/// A phone number as it was written, without separators; a numbering plan tells which number it is.
public struct WrittenPhoneNumber: Equatable, Sendable {
    /// Whether it begins with a plus.
    public let isInternational: Bool
    /// ASCII digits, converted from any script.
    public let digits: String
    /// Whether a single 0 stands in brackets, as in `+49 (0)151`, where it is mostly only dialed.
    public let hasZeroInBrackets: Bool
    /// Whether it looks like a date with a year of two digits, such as 20.12.34: some plans have numbers of six digits.
    public let mayBeDate: Bool

    /// The reasons to refuse a text.
    public enum FormatError: Error, Equatable, Sendable {
        case empty
        /// More than `WrittenPhoneNumber.longest` characters.
        case tooLong
        /// A letter: part of a word to dial by, or of an extension.
        case letter
        case character(Unicode.Scalar)
        /// A plus that is not at the beginning.
        case plus
        /// A decimal number of a spreadsheet, which has lost or gained digits.
        case decimal
        /// A date, into which a spreadsheet has turned a number.
        case date
    }

    /// The most characters that a number may have.
    public static let longest = 60

    /// Reads digits of any script and separators, and a plus before them.
    ///
    /// - Parameter text: the number as it was written.
    /// - Throws: `FormatError` for any other character, a decimal number, a date, and a text that is empty or too long.
    public init(_ text: String) throws(FormatError) {
        guard text.unicodeScalars.count <= Self.longest else { throw .tooLong }
        var digits = ""
        var isInternational = false
        for scalar in text.unicodeScalars {
            if Separators.contains(scalar) { continue }
            if let digit = Self.digit(scalar) {
                digits.unicodeScalars.append(digit)
            } else if scalar == "+" || scalar == "\u{FF0B}" {
                guard digits.isEmpty, !isInternational else { throw Self.error(for: scalar, in: text) }
                isInternational = true
            } else {
                throw Self.error(for: scalar, in: text)
            }
        }
        guard !Self.isDecimal(text) else { throw .decimal }
        let date = Self.date(text)
        guard date != .certain else { throw .date }
        guard !digits.isEmpty else { throw .empty }
        self.digits = digits
        self.isInternational = isInternational
        mayBeDate = date == .possible
        hasZeroInBrackets = text.utf8.filter { $0 != 0x20 }.contains("(0)".utf8)
    }

    /// The reason to refuse a character, which is a plus in the wrong place or neither a digit nor a separator.
    private static func error(for scalar: Unicode.Scalar, in text: String) -> FormatError {
        if isDecimal(text) { return .decimal }
        if scalar == "+" || scalar == "\u{FF0B}" { return .plus }
        return if scalar.properties.isAlphabetic { .letter } else { .character(scalar) }
    }

    /// A decimal digit of any script, as ASCII.
    private static func digit(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        if ("0"..."9").contains(scalar) { return scalar }
        guard scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue,
            (0...9).contains(value)
        else {
            return nil
        }
        return Unicode.Scalar(0x30 + UInt8(value))
    }

    /// Whether a text looks like `5550100123.0` or `1.5550100123E+10`.
    ///
    /// That is a whole number of at least seven digits with one point or comma and one or two digits behind it, or a
    /// number with an exponent.
    private static func isDecimal(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        if let exponent = bytes.lastIndex(where: { $0 | 0x20 == 0x65 }) {
            let behind = bytes[bytes.index(after: exponent)...].drop { $0 == 0x2B || $0 == 0x2D }
            let before = bytes[..<exponent]
            return areDigits(behind) && !before.isEmpty && before.allSatisfy { isDigit($0) || $0 == 0x2E || $0 == 0x2C }
        }
        let points = bytes.indices.filter { bytes[$0] == 0x2E || bytes[$0] == 0x2C }
        guard points.count == 1, let point = points.first else { return false }
        let behind = bytes[bytes.index(after: point)...]
        return (1...2).contains(behind.count) && areDigits(behind) && bytes[..<point].count(where: isDigit) >= 7
    }

    private enum DateForm { case none, possible, certain }

    /// Whether a text looks like `5/5`, `05/05/2026`, `5.5.2026` or `2026-05-05`.
    ///
    /// That is two or three numbers that can be a day, a month and a year, and nothing else.
    private static func date(_ text: String) -> DateForm {
        let bytes = Array(text.utf8.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed())
        guard let separator = bytes.first(where: { !isDigit($0) }), [0x2D, 0x2E, 0x2F].contains(separator) else {
            return .none
        }
        let parts = bytes.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.allSatisfy(areDigits) else { return .none }
        let fields = parts.map { (length: $0.count, value: Int(String(decoding: $0, as: UTF8.self)) ?? 0) }
        func isDayAndMonth(_ fields: some Collection<(length: Int, value: Int)>) -> Bool {
            fields.allSatisfy { $0.length <= 2 && (1...31).contains($0.value) } && fields.contains { $0.value <= 12 }
        }
        func isYear(_ field: (length: Int, value: Int)) -> Bool {
            field.length == 4 && (1900...2099).contains(field.value)
        }
        if fields.count == 2 { return if isDayAndMonth(fields) { .certain } else { .none } }
        guard fields.count == 3, let first = fields.first, let last = fields.last else { return .none }
        if isYear(first), isDayAndMonth(fields.dropFirst()) { return .certain }
        guard isDayAndMonth(fields.dropLast()) else { return .none }
        if isYear(last) { return .certain }
        return if last.length == 2 { .possible } else { .none }
    }

    private static func areDigits(_ bytes: ArraySlice<UInt8>) -> Bool { !bytes.isEmpty && bytes.allSatisfy(isDigit) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

/// The characters that people and layout programs put between digits.
public enum Separators {
    /// Whether a character is a blank, a hyphen, a dot, a slash, a bracket, or invisible.
    public static func contains(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Tab, blank, ( ) - . /
        case 0x09, 0x20, 0x28, 0x29, 0x2D, 0x2E, 0x2F: true
        // No-break blank, soft hyphen, middle dot.
        case 0xA0, 0xAD, 0xB7: true
        // Blanks of all widths, what joins and parts letters, direction marks, hyphens and dashes.
        case 0x2000...0x2015, 0x202A...0x202F, 0x205F...0x2064, 0x2066...0x2069: true
        case 0x061C, 0x1680, 0x180E, 0x3000, 0xFEFF: true
        // Minus sign; hyphens, dots, slashes and brackets in full width.
        case 0x2212, 0xFE58, 0xFE63, 0xFF08, 0xFF09, 0xFF0D, 0xFF0E, 0xFF0F: true
        default: false
        }
    }
}
