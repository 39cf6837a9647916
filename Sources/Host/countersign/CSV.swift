internal import Roster

/// Comma-separated values as in RFC 4180, with LF.
enum CSV {
    static func line(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") }

    /// Control characters are written out, and what a spreadsheet would take for a formula or a day stays a text.
    private static func cell(_ text: String) -> String {
        let safe = SpreadsheetCell.guarded(text).plain
        guard safe.utf8.contains(where: { [0x22, 0x2C].contains($0) }) || safe.hasPrefix(" ") || safe.hasSuffix(" ")
        else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
