internal import SettingsFile

/// The placeholders that a message text may and must contain.
struct Template {
    let known: [String]
    let needed: String?
    var isOneLine = false

    static let code = Template(known: ["code", "application"], needed: "code")
    static let link = Template(known: ["link", "application"], needed: "link")
    /// Subjects have no code, since they show on a locked screen.
    static let subject = Template(known: ["application"], needed: nil, isOneLine: true)
}

extension Kind<String> {
    /// A message text with its placeholders, of 1 to `length` characters.
    static func template(_ template: Template, upTo length: Int) -> Kind {
        .text { given throws(ValueError) in
            let text = given.replacing("\r\n", with: "\n")
            guard (1...length).contains(text.count) else { throw ValueError("this text has 1 to \(length) characters") }
            let lines = if template.isOneLine { [text] } else { text.split(separator: "\n").map(String.init) }
            let isPlain = !lines.contains(where: \.hasControlCharacters)
            guard isPlain else { throw ValueError("there is a control character in this text; take it out") }
            try check(placeholders(in: text), known: template.known)
            if let needed = template.needed, !text.contains("{\(needed)}") {
                throw ValueError("{\(needed)} is missing in this text")
            }
            return text
        }
    }

    private static func check(_ names: [String], known: [String]) throws(ValueError) {
        guard let stranger = names.first(where: { !known.contains($0) }) else { return }
        let near = stranger.nearest(in: known).map { "did you mean {\($0)}?" }
        throw ValueError(
            "{\(stranger)} is not known in this text; "
                + "\(near ?? "known here: \(known.map { "{\($0)}" }.joined(separator: ", "))")"
        )
    }
}

/// Returns the names in `{name}`; any other brace is literal.
func placeholders(in text: String) -> [String] {
    text.split(separator: "{", omittingEmptySubsequences: false).dropFirst().compactMap { part in
        let word = part.prefix { $0.utf8.count == 1 && $0.utf8.allSatisfy { $0.isLetter || $0 == UInt8(ascii: "_") } }
        return if !word.isEmpty && part.dropFirst(word.count).first == "}" { String(word) } else { nil }
    }
}
