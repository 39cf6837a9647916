/// Lines of one file of pam.d(5), as they stand in it.
struct EditedStack {
    /// One line, with those that continue it.
    struct Record {
        let first: Int
        let last: Int
        let words: [String]

        var type: String { words.first?.lowercased() ?? "" }
        /// Whether it adds to the auth stack.
        var isAuth: Bool { ["auth", "-auth", "@include"].contains(type) }
        /// Name of the file that it includes, or nil.
        var includes: String? {
            if type == "@include" { return words.dropFirst().first }
            let isInclude = words.count > 2 && ["include", "substack"].contains(words[1].lowercased())
            return isInclude ? words[2] : nil
        }
        /// Whether it includes a file by the control word `include`.
        var isPlainInclude: Bool { isAuth && words.count > 2 && words[1] == "include" }
    }

    let lines: [String]
    let records: [Record]

    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var records: [Record] = []
        var open: (first: Int, text: String)?
        for (index, line) in lines.enumerated() {
            let code = line.prefix { $0 != "#" }
            let start = open ?? (index, "")
            if code.hasSuffix("\\"), code.count == line.count {
                open = (start.first, start.text + code.dropLast() + " ")
                continue
            }
            open = nil
            let words = (start.text + code).split { " \t".contains($0) }.map(String.init)
            if !words.isEmpty { records.append(Record(first: start.first, last: index, words: words)) }
        }
        self.records = records
    }

    /// The text with lines in place of a record and behind it.
    func text(replacing record: Record, with substitute: [String], adding new: [String], behind place: Record) -> String
    {
        var changed: [String] = []
        for (index, line) in lines.enumerated() {
            if index == record.first { changed += substitute }
            if !(record.first...record.last).contains(index) { changed.append(line) }
            if index == place.last { changed += new }
        }
        return changed.joined(separator: "\n")
    }

    func raw(_ record: Record) -> [String] { Array(lines[record.first...record.last]) }
}
