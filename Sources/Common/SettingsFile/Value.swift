package import Identifiers
internal import TOMLKit

/// A value of the document with its exact type: no number is taken for a text, a boolean or another kind of number.
package enum Value {
    case text(String)
    case whole(Int)
    case truth(Bool)
    case day(CivilDay)
    /// A date with a time.
    case moment
    case list([Value])
    case table([String: Value])
    /// A value that no setting takes, by its name in a message.
    case other(String)

    /// The name of the type in a message.
    var found: String {
        switch self {
        case .text: "a text"
        case .whole: "a whole number"
        case .truth(let truth): truth ? "true" : "false"
        case .day: "a date"
        case .moment: "a date with a time"
        case .list: "a list"
        case .table: "a table"
        case .other(let name): name
        }
    }

    /// Parses a document of TOML 1.0.
    ///
    /// - Parameter text: the document.
    /// - Returns: the entries of the top table.
    /// - Throws: `DocumentError` at the first fault, without values of the document in its message.
    package static func document(_ text: String) throws(DocumentError) -> [String: Value] {
        if let line = lineOfNUL(text) {
            throw DocumentError(.line(line), "a NUL has no place in the settings, not even escaped; take it out")
        }
        if let error = Lines(text).abortError { throw error }
        do {
            return entries(try TOMLTable(string: text))
        } catch {
            throw DocumentError(syntax: error)
        }
    }

    /// The line of the first NUL, written or escaped: TOMLKit returns C strings, which end at a NUL.
    private static func lineOfNUL(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        let place = bytes.indices.first { index in
            let rest = bytes[index...]
            return rest.first == 0 || rest.starts(with: "\\u0000".utf8) || rest.starts(with: "\\U00000000".utf8)
        }
        return place.map { bytes[..<$0].count { $0 == 0x0A } + 1 }
    }

    private static func entries(_ table: TOMLTable) -> [String: Value] {
        table.reduce(into: [:]) { $0[$1.0] = Value($1.1) }
    }

    private init(_ node: any TOMLValueConvertible) {
        let value: Value? =
            switch node.type {
            case .string: node.string.map(Value.text)
            case .int: node.int.map(Value.whole)
            case .bool: node.bool.map(Value.truth)
            case .date: node.date.map { .day(CivilDay(year: $0.year, month: $0.month, day: $0.day)) }
            case .array: node.array.map { .list($0.map { Value($0) }) }
            case .table: node.table.map { .table(Self.entries($0)) }
            case .double: .other("a number with a point or exponent")
            case .dateTime: .moment
            case .time: .other("a time")
            }
        self = value ?? .other("something unreadable")
    }
}

extension DocumentError {
    /// Keeps only the subject of the parser's message, which is meant for programmers and can quote a secret value.
    fileprivate init(syntax error: any Error) {
        guard let error = error as? TOMLParseError else {
            self.init(.path([]), "this is not TOML")
            return
        }
        let words = error.description
        let sentence = Self.sentences.first { words.contains($0.words) }?.sentence ?? Self.anySentence
        let message = if words.contains("cannot redefine") { Self.secondTime(words) } else { sentence }
        self.init(.line(error.source.begin.line), message)
    }

    private static let anySentence =
        "this line is not TOML; look for a missing quote, bracket, comma or equals sign here or in the line above"

    private static let sentences: [(words: String, sentence: String)] = [
        ("end-of-file", "the file ends in the middle of a text, a list or a table"),
        ("parsing date", ParserGuard.badDate),
        ("not representable", "this number is too large"),
        ("leading zeroes", "a number does not begin with 0; a text stands in quotes"),
        ("unknown escape", "this text has an escape that TOML does not know; write \\\\ for a backslash"),
        ("parsing string", "this text is not closed in its line, or has a control character in it"),
        ("table header", ParserGuard.badBrackets),
        ("expected '='", "a key is followed by = and its value"),
        ("expected value", "the value is missing"),
        ("could not determine value type", "this is no value; a text stands in straight double quotes"),
        ("parsing floating-point", "this is no value; a text stands in straight double quotes"),
        (
            "parsing boolean",
            "this is no value; true and false are written in lower case, and a text stands in straight double quotes"
        ),
        ("control character", "there is a control character in this line; take it out"),
    ]

    private static func secondTime(_ words: String) -> String {
        let parts = words.split(separator: "'", omittingEmptySubsequences: false)
        let name = parts.dropFirst().first.map { String($0).quoted } ?? "this"
        if words.contains("as array-of-tables") {
            return "\(name) is a table above and a list of tables here; write it in the same way everywhere"
        }
        return "\(name) stands here for the second time; keep one of the two"
    }
}
