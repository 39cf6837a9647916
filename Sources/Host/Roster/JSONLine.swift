internal import AuthyWire

/// One JSON object on one line, with the names of the CSV columns.
enum JSONLine {
    static func entry(_ line: Int, _ text: String) throws(LineFault) -> Entry? {
        guard !text.trimmed.isEmpty else { return nil }
        guard let members = JSONParameters.members(text.utf8) else { throw LineFault(line, "no object in JSON") }
        var fields: [Column: String] = [:]
        for member in members {
            guard let column = Column(rawValue: member.name) else {
                throw LineFault(line, "there is no member \(member.name.prefix(40)); there are \(Column.all)")
            }
            guard let text = member.value.text else {
                throw LineFault(line, "\(member.name): a text or a number is needed")
            }
            fields[column] = text
        }
        return try Entry(line: line, fields: fields)
    }
}
