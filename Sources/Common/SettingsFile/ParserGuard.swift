/// Faults of a document on which the parser (toml++ 3.4.0) aborts the process, so that no line would reach the log.
///
/// Each check returns the message for the fault, or nil. A check may be wider than the fault, but refuses nothing that
/// is TOML.
enum ParserGuard {
    /// Checks the first byte behind `[` or `[[` and blanks.
    static func header(_ byte: UInt8?) -> String? {
        guard let byte, byte != UInt8(ascii: "]") else { return nil }
        let canBeginKey = isDigit(byte) || (0x61...0x7A).contains(byte | 0x20) || "-_\"'".utf8.contains(byte)
        return if canBeginKey { nil } else { badBrackets }
    }

    /// Checks the first byte of an element of a list.
    static func element(_ byte: UInt8?) -> String? {
        guard let byte else { return nil }
        return if byte == UInt8(ascii: "}") || byte >= 0x80 { badBrackets } else { nil }
    }

    /// Checks a value without quotes.
    ///
    /// A date has no underscore, and nothing behind it but the beginning of a time.
    static func word(_ word: some Collection<UInt8>) -> String? {
        let bytes = word.filter { $0 != UInt8(ascii: "_") }
        guard bytes.count > 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return nil }
        let isTime = " Tt".utf8.contains(bytes[10]) && bytes.dropFirst(11).prefix(2).filter(isDigit).count == 2
        let isWell = bytes.count == word.count && (isTime || bytes.dropFirst(10).allSatisfy(" \t\r".utf8.contains))
        return if isWell { nil } else { badDate }
    }

    /// Checks the number of keys in a path: the parser recurses for each.
    ///
    /// Settings have four at most.
    static func depth(_ path: [String]) -> String? {
        if path.count > 32 { "tables are nested too deep here" } else { nil }
    }

    static let badBrackets =
        "these brackets are no table and no list; write [name], [[exempt]], or key = [\"text\", \"text\"]"
    static let badDate = "there is no such date; write year, month and day as in 2027-03-31"

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
