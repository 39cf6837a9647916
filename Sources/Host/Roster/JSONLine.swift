internal import AuthyWire

/// One JSON object on one line, with the names of the CSV columns.
enum JSONLine {
    static func entry(_ line: Int, text: String) throws(RosterError) -> Entry? {
        guard !text.trimmed.isEmpty else { return nil }
        guard let members = JSONParameters.members(text.utf8) else { throw RosterError(line, "no object in JSON") }
        var fields: [Column: String] = [:]
        for member in members {
            guard let column = Column(rawValue: member.name) else {
                throw RosterError(line, "there is no member \(member.name.prefix(40)); there are \(Column.all)")
            }
            guard let text = member.value.text else {
                throw RosterError(line, "\(member.name): a text or a number is needed")
            }
            fields[column] = text
        }
        return try Entry(line: line, fields: fields)
    }
}
