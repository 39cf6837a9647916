/// Guards CSV cells, so that spreadsheets keep them as text instead of reading formulas, dates or numbers.
///
/// `text(of: guarded(text))` is the text, whatever it is.
public enum SpreadsheetCell {
    /// Returns the text, with an apostrophe in front if a spreadsheet would change it, or if it looks guarded itself.
    ///
    /// - Parameter text: content of a cell.
    /// - Returns: content to write to CSV, before any quoting.
    public static func guarded(_ text: String) -> String {
        if isTaken(text) || isGuarded(text) { "'" + text } else { text }
    }

    /// Returns the text of a cell, without the apostrophe of a guarded one.
    ///
    /// - Parameter cell: content of a cell as read; people may have guarded it too.
    /// - Returns: the text; cells that are not guarded are returned unchanged.
    public static func text(of cell: String) -> String {
        if isGuarded(cell) { String(decoding: cell.utf8.dropFirst(), as: UTF8.self) } else { cell }
    }

    private static let apostrophe: UInt8 = 0x27

    /// Whether its first apostrophe is a guard; more of them belong to the text.
    private static func isGuarded(_ cell: String) -> Bool {
        let bare = cell.utf8.drop { $0 == apostrophe }
        guard cell.utf8.first == apostrophe, let first = bare.first else { return false }
        // People guard all numbers, and formulas of any kind.
        return isDigit(first) || [0x3D, 0x2B, 0x2D, 0x40].contains(first)
            || isTaken(String(decoding: bare, as: UTF8.self))
    }

    private static func isTaken(_ text: String) -> Bool {
        isFormula(text) || isTime(text) || isOtherNumber(text) || ["true", "false"].contains(text.lowercased())
    }

    /// Whether a spreadsheet would compute it; plain numbers and masked phone numbers are not computed.
    private static func isFormula(_ text: String) -> Bool {
        switch text.utf8.first {
        case 0x3D, 0x40, 0x09, 0x0D: true
        case 0x2B, 0x2D: !isPlainNumber(text) && !isMaskedPhone(text)
        default: false
        }
    }

    private static func isMaskedPhone(_ text: String) -> Bool {
        text.utf8.contains(0x58) && text.utf8.dropFirst().allSatisfy { isDigit($0) || $0 == 0x2D || $0 == 0x58 }
    }

    /// Whether it consists of at least two numbers, or of numbers and one word of a date or time, as in 5/5, mar1 and
    /// 5 pm.
    private static func isTime(_ text: String) -> Bool {
        let parts = parts(text)
        let words = parts.filter { !$0.utf8.allSatisfy(isDigit) }
        return parts.count > 1 && words.count <= 1 && words.allSatisfy(isTimeWord)
    }

    /// The runs of digits and of other characters in lowercase text, without what stands between those of a date.
    private static func parts(_ text: String) -> [String] {
        let lowercase = text.lowercased()
        return lowercase.split { "-./:, ".contains($0) }.flatMap { word in
            word.utf8.reduce(into: [[UInt8]]()) { runs, byte in
                if let last = runs.last?.last, isDigit(last) == isDigit(byte) {
                    runs[runs.count - 1].append(byte)
                } else {
                    runs.append([byte])
                }
            }
        }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether it is a half of the day, or the English name of a month, abbreviated or not.
    private static func isTimeWord(_ word: String) -> Bool {
        let months = [
            "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
            "november", "december",
        ]
        return ["a", "am", "p", "pm"].contains(word) || word.utf8.count > 2 && months.contains { $0.hasPrefix(word) }
    }

    /// Whether it is a number that a spreadsheet would write in another form: 0042, 1e5, 50%, or one with more digits
    /// than it keeps.
    private static func isOtherNumber(_ text: String) -> Bool {
        let factors = text.lowercased().split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
        let areNumbers = factors.allSatisfy { factor in
            factor.utf8.contains(where: isDigit) && factor.allSatisfy { "0123456789+-.,%$€£() ".contains($0) }
        }
        return areNumbers && !isPlainNumber(text)
    }

    /// Whether it is a whole number in the form in which a spreadsheet writes it.
    private static func isPlainNumber(_ text: String) -> Bool {
        let digits = text.utf8.drop { $0 == 0x2D }
        let isWhole = text.utf8.count - digits.count <= 1 && digits.allSatisfy(isDigit)
        return isWhole && (1...15).contains(digits.count) && (digits.first != 0x30 || digits.count == 1)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
