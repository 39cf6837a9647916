internal import CommandSupport
internal import Roster

/// Comma-separated values (RFC 4180), with LF as line end.
enum CSV {
    static func line(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") }

    /// Escapes control characters, and guards text that a spreadsheet would change.
    private static func cell(_ text: String) -> String {
        let safe = SpreadsheetCell.guarded(text).plain
        guard safe.utf8.contains(where: { [0x22, 0x2C].contains($0) }) || safe.hasPrefix(" ") || safe.hasSuffix(" ")
        else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
