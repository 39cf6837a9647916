/// CSV whose first record names the columns.
struct CSVRoster {
    static let header = "the first line names the columns: user,country_code,phone,email and, where there are any, authy_id"

    private var records = CSVRecords()
    private var columns: [Column]?
    /// Without a header no record says anything.
    private var isLost = false

    mutating func take(_ bytes: [UInt8]) -> [Found] { entries(records.take(bytes)) }

    mutating func end() -> [Found] {
        let found = entries(records.end())
        return columns == nil && !isLost ? found + [.fault(LineFault(1, "there is no header; \(Self.header)"))] : found
    }

    private mutating func entries(_ found: [CSVRecords.Found]) -> [Found] {
        var entries: [Found] = []
        for one in found where !isLost {
            do throws(LineFault) {
                if let entry = try entry(one) { entries.append(.entry(entry)) }
            } catch {
                isLost = columns == nil
                entries.append(.fault(error))
            }
        }
        return entries
    }

    private mutating func entry(_ found: CSVRecords.Found) throws(LineFault) -> Entry? {
        switch found {
        case .fault(let fault): throw fault
        case .record(let line, let bytes):
            var fields: [String] = []
            for field in bytes {
                guard let text = String(validating: field, as: UTF8.self) else { throw LineFault(line, "not UTF-8") }
                fields.append(text)
            }
            guard let columns else {
                self.columns = try Self.columns(fields, line)
                return nil
            }
            guard fields.count == columns.count else {
                throw LineFault(line, "\(fields.count) \(fields.count == 1 ? "field" : "fields"), but the header has \(columns.count)")
            }
            return try Entry(line: line, fields: Dictionary(uniqueKeysWithValues: zip(columns, fields)))
        }
    }

    private static func columns(_ names: [String], _ line: Int) throws(LineFault) -> [Column] {
        var columns: [Column] = []
        for name in names.map(\.trimmed) {
            guard let column = Column(rawValue: name.lowercased()) else { throw LineFault(line, unknown(name)) }
            guard !columns.contains(column) else { throw LineFault(line, "the column \(column.rawValue) is there twice") }
            columns.append(column)
        }
        let missing = Column.needed.filter { !columns.contains($0) }.map(\.rawValue)
        guard missing.isEmpty else {
            let (columns, are) = missing.count == 1 ? ("column", "is") : ("columns", "are")
            throw LineFault(line, "the \(columns) \(missing.joined(separator: ", ")) \(are) missing; \(header)")
        }
        return columns
    }

    private static func unknown(_ name: String) -> String {
        if name.contains(";") { return "columns are told apart by commas, not by semicolons; \(header)" }
        return "there is no column \(name.isEmpty ? "without a name" : String(name.prefix(40))); \(header)"
    }
}

/// Writes the same form.
public enum CSVText {
    public static let header = Column.allCases.map(\.rawValue).joined(separator: ",")

    /// One record, without a line end. Fields are quoted where they must be.
    public static func record(_ fields: [String]) -> String { fields.map(quoted).joined(separator: ",") }

    private static func quoted(_ field: String) -> String {
        let special: Set<UInt8> = [0x22, 0x2C, 0x0A, 0x0D]
        let isPlain = !field.utf8.contains(where: special.contains) && field.trimmed == field
        return isPlain ? field : "\"" + field.replacing("\"", with: "\"\"") + "\""
    }
}
