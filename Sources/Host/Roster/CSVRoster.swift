/// CSV whose first record names the columns.
struct CSVRoster {
    static let header =
        "the first line names the columns: user,country_code,phone,email and, where there are any, authy_id"

    private var records = CSVRecords()
    /// Columns of the header; nil for a column without a name, which must stay empty.
    private var columns: [Column?]?
    /// Whether users without an e-mail address are given one.
    private let makesEmail: Bool
    /// Whether the header was bad, so that no record can be read.
    private var isLost = false

    init(makesEmail: Bool) { self.makesEmail = makesEmail }

    mutating func read(_ bytes: [UInt8]) -> [Found] { entries(records.read(bytes)) }

    mutating func end() -> [Found] {
        let found = entries(records.end())
        guard columns == nil, !isLost else { return found }
        return found + [.error(RosterError(1, "there is no header; \(Self.header)"))]
    }

    private mutating func entries(_ found: [CSVRecords.Found]) -> [Found] {
        var entries: [Found] = []
        for one in found where !isLost {
            do throws(RosterError) {
                if let entry = try entry(one) { entries.append(.entry(entry)) }
            } catch {
                isLost = columns == nil
                entries.append(.error(error))
            }
        }
        return entries
    }

    private mutating func entry(_ found: CSVRecords.Found) throws(RosterError) -> Entry? {
        switch found {
        case .error(let error): throw error
        case .record(let line, let bytes):
            var fields: [String] = []
            for field in bytes {
                guard let text = String(validating: field, as: UTF8.self) else { throw RosterError(line, "not UTF-8") }
                fields.append(text)
            }
            // Spreadsheets append rows of nothing but commas.
            if fields.allSatisfy(\.trimmed.isEmpty) { return nil }
            guard let columns else {
                self.columns = try self.columns(fields, line: line)
                return nil
            }
            return try Entry(line: line, fields: Self.named(fields, columns: columns, line: line))
        }
    }

    private static func named(_ fields: [String], columns: [Column?], line: Int) throws(RosterError) -> [Column:
        String]
    {
        // Empty fields beyond the header's are ignored.
        guard fields.count >= columns.count, fields.dropFirst(columns.count).allSatisfy(\.trimmed.isEmpty) else {
            throw RosterError(
                line, "\(fields.count) \(fields.count == 1 ? "field" : "fields"), but the header has \(columns.count)")
        }
        var named: [Column: String] = [:]
        for (index, (column, field)) in zip(columns, fields).enumerated() {
            if let column {
                named[column] = SpreadsheetCell.text(of: field.trimmed)
            } else if !field.trimmed.isEmpty {
                throw RosterError(line, "field \(index + 1) has a value, but its column has no name")
            }
        }
        return named
    }

    private func columns(_ names: [String], line: Int) throws(RosterError) -> [Column?] {
        var columns: [Column?] = []
        for name in names.map(\.trimmed) {
            if name.isEmpty {
                columns.append(nil)
                continue
            }
            guard let column = Column(rawValue: name.lowercased()) else { throw RosterError(line, Self.unknown(name)) }
            guard !columns.contains(column) else {
                throw RosterError(line, "the column \(column.rawValue) is there twice")
            }
            columns.append(column)
        }
        let missing = Column.needed.filter { !columns.contains($0) && !($0 == .email && makesEmail) }.map(\.rawValue)
        guard missing.isEmpty else {
            let (columns, are) = if missing.count == 1 { ("column", "is") } else { ("columns", "are") }
            throw RosterError(line, "the \(columns) \(missing.joined(separator: ", ")) \(are) missing; \(Self.header)")
        }
        return columns
    }

    private static func unknown(_ name: String) -> String {
        if name.contains(";") { return "columns are told apart by commas, not by semicolons; \(header)" }
        return "there is no column \(name.prefix(40)); \(header)"
    }
}

/// Writes CSV in the form that `RosterReader` reads.
public enum CSVText {
    /// Header with the names of all columns, without a line end.
    public static let header = Column.allCases.map(\.rawValue).joined(separator: ",")

    /// Returns one record, without a line end.
    ///
    /// Fields are quoted where needed (RFC 4180), and guarded by `SpreadsheetCell`.
    /// - Parameter fields: values in the order of the header.
    /// - Returns: the fields, separated by commas.
    public static func record(_ fields: [String]) -> String {
        fields.map { quoted(SpreadsheetCell.guarded($0)) }.joined(separator: ",")
    }

    private static func quoted(_ field: String) -> String {
        let special: Set<UInt8> = [0x22, 0x2C, 0x0A, 0x0D]
        let isPlain = !field.utf8.contains(where: special.contains) && field.trimmed == field
        return if isPlain { field } else { "\"" + field.replacing("\"", with: "\"\"") + "\"" }
    }
}
