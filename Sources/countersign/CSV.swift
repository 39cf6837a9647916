/// Comma-separated values as in RFC 4180, with LF.
enum CSV {
    static func line(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") }

    /// Control characters are written out, and what a spreadsheet would take for a formula is made a text.
    private static func cell(_ text: String) -> String {
        let safe = (isFormula(text) ? "'" : "") + text.plain
        guard safe.utf8.contains(where: { [0x22, 0x2C].contains($0) }) || safe.hasPrefix(" ") || safe.hasSuffix(" ") else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }

    /// A masked phone number is none.
    private static func isFormula(_ text: String) -> Bool {
        switch text.utf8.first {
        case 0x3D, 0x40: true
        case 0x2B, 0x2D: !text.utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x58 }
        default: false
        }
    }
}
