/// Guards CSV cells, so that spreadsheets keep them as text instead of reading formulas or dates.
public enum SpreadsheetCell {
    /// Returns the text, with an apostrophe in front if a spreadsheet would take it for a formula or a date.
    ///
    /// - Parameter text: content of a cell.
    /// - Returns: content to write to CSV, before any quoting.
    public static func guarded(_ text: String) -> String { if isTaken(text) { "'" + text } else { text } }

    /// Returns the text of a cell, without the apostrophe of a guarded one.
    ///
    /// - Parameter cell: content of a cell as read; people may have guarded it too.
    /// - Returns: the text; cells that are not guarded are returned unchanged.
    public static func text(of cell: String) -> String {
        let rest = cell.utf8.dropFirst()
        guard cell.utf8.first == 0x27, let first = rest.first,
            isDigit(first) || [0x3D, 0x2B, 0x2D, 0x40].contains(first)
        else {
            return cell
        }
        return String(decoding: rest, as: UTF8.self)
    }

    private static func isTaken(_ text: String) -> Bool { isFormula(text) || isDay(text) }

    /// Whether a spreadsheet would compute it; plain numbers and masked phone numbers are not computed.
    private static func isFormula(_ text: String) -> Bool {
        switch text.utf8.first {
        case 0x3D, 0x40, 0x09, 0x0D: true
        case 0x2B, 0x2D: !text.utf8.dropFirst().allSatisfy { isDigit($0) || $0 == 0x2D || $0 == 0x58 }
        default: false
        }
    }

    /// Whether it consists of numbers with `-`, `.`, `/` or `:` between them, as in 5/5.
    private static func isDay(_ text: String) -> Bool {
        let parts = text.utf8.split(omittingEmptySubsequences: false) { [0x2D, 0x2E, 0x2F, 0x3A].contains($0) }
        return parts.count > 1 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(isDigit) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
