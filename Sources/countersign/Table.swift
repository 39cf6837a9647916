/// Lines with aligned columns.
enum Table {
    /// What a terminal usually has.
    private static let columns = 80

    static func lines(_ header: [String], _ rows: [[String]]) -> [String] {
        let cells = [header] + rows.map { $0.map(\.plain) }
        let widths = header.indices.map { column in cells.map { $0.dropFirst(column).first?.count ?? 0 }.max() ?? 0 }
        let isWide = widths.reduce(0, +) + 2 * (widths.count - 1) > columns
        return cells.map { row in
            let line = zip(row, widths).map { $0.padded(to: $1) }.joined(separator: isWide ? " " : "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
