/// Lines with aligned columns.
enum Table {
    /// Usual width of a terminal, in characters.
    static let columns = 80

    /// Lays out the rows; `color` returns the color of a cell in that column, for terminals with colors.
    static func lines(_ header: [String], _ rows: [[String]], color: (Int, String) -> TerminalColor? = { _, _ in nil })
        -> [String]
    {
        let cells = [header] + rows.map { $0.map(\.plain) }
        let widths = header.indices.map { column in cells.map { $0.dropFirst(column).first?.count ?? 0 }.max() ?? 0 }
        let isWide = widths.reduce(0, +) + 2 * (widths.count - 1) > columns
        let takesColours = Terminal.takesColours
        return cells.map { row in
            let last = row.lastIndex { !$0.isEmpty } ?? 0
            return row.prefix(last + 1).enumerated().map { column, text in
                let padded = column == last ? text : text.padded(to: widths[column])
                return color(column, text)?.paint(padded, if: takesColours) ?? padded
            }.joined(separator: isWide ? " " : "  ")
        }
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    func padded(left width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
