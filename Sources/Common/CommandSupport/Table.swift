/// Lines with aligned columns.
package enum Table {
    /// Usual width of a terminal, in characters.
    package static let columns = 80

    /// Lays out the rows below the header.
    ///
    /// - Parameters:
    ///   - header: titles of the columns.
    ///   - rows: cells of each row; characters that would move the cursor are escaped.
    ///   - width: columns are two blanks apart if they fit into this width, else one; nil for two always.
    ///   - color: the color of a cell in that column, for terminals with colors.
    /// - Returns: one line for each row, without blanks at its end.
    package static func lines(
        _ header: [String], rows: [[String]], fitting width: Int? = columns,
        color: (Int, String) -> TerminalColor? = { _, _ in nil }
    ) -> [String] {
        let cells = [header] + rows.map { $0.map(\.plain) }
        let widths = header.indices.map { column in cells.map { $0.dropFirst(column).first?.count ?? 0 }.max() ?? 0 }
        let isWide = width.map { widths.reduce(0, +) + 2 * (widths.count - 1) > $0 } ?? false
        let gap = String(repeating: " ", count: isWide ? 1 : 2)
        let takesColors = Terminal.takesColors
        return cells.map { row in
            let last = row.lastIndex { !$0.isEmpty } ?? 0
            return row.prefix(last + 1).enumerated().map { column, text in
                let padded = if column == last { text } else { text.padded(to: widths[column]) }
                return color(column, text)?.paint(padded, if: takesColors) ?? padded
            }.joined(separator: gap)
        }
    }
}

extension String {
    /// The text with blanks after it up to that many characters.
    package func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    /// The text with blanks before it up to that many characters.
    package func padded(left width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
