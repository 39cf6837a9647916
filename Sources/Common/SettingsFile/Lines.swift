/// The line of each key, table and list element of a TOML document.
///
/// Made for documents that the parser accepts: the scan ends at anything that it does not understand, and what comes
/// later has no line.
struct Lines {
    private var places: [[String]: Int] = [:]
    /// The number of tables that each `[[list]]` has so far.
    private var counts: [[String]: Int] = [:]
    /// The error on which the parser would abort the process.
    private(set) var abortError: DocumentError?
    private var line = 1
    private var rest: ArraySlice<UInt8>

    init(_ text: String) {
        rest = Array(text.utf8)[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        var table: [String]? = []
        repeat {
            skipBlanks(andLines: true)
            guard let path = table, let byte = rest.first else { return }
            if byte == Self.open { table = header() } else if !pair(in: path) { table = nil }
        } while true
    }

    /// Nil if the path is not in the document, or if its line is not certain.
    subscript(path: [String]) -> Int? { places[path] }

    /// The step of a path that leads to an element of a list, counted from 1.
    static func step(_ index: Int) -> String { "[\(index + 1)]" }

    private static let open = UInt8(ascii: "["), close = UInt8(ascii: "]"), comma = UInt8(ascii: ",")
    private static let quote = UInt8(ascii: "\""), apostrophe = UInt8(ascii: "'"), backslash = UInt8(ascii: "\\")

    // MARK: the grammar

    private mutating func header() -> [String]? {
        let isList = rest.starts(with: [Self.open, Self.open])
        rest = rest.dropFirst(isList ? 2 : 1)
        skipBlanks(andLines: false)
        guard isSafe(ParserGuard.header(rest.first)), let keys = dottedKey(), consume(Self.close),
            !isList || consume(Self.close)
        else { return nil }
        var path: [String] = []
        for (index, key) in keys.enumerated() {
            path.append(key)
            if isList, index == keys.count - 1 { counts[path, default: 0] += 1 }
            if let count = counts[path] { path.append(Self.step(count - 1)) }
        }
        record(path, depth: keys.count)
        return path
    }

    private mutating func pair(in table: [String]) -> Bool {
        guard let keys = dottedKey(), consume(UInt8(ascii: "=")) else { return false }
        skipBlanks(andLines: false)
        record(table + keys, depth: keys.count)
        return value(table + keys)
    }

    private mutating func value(_ path: [String]) -> Bool {
        guard isSafe(ParserGuard.depth(path)) else { return false }
        switch rest.first {
        case Self.quote, Self.apostrophe: return string() != nil
        case Self.open:
            return elements(upTo: Self.close) { lines, index in
                lines.record(path + [Self.step(index)], depth: 1)
                return lines.value(path + [Self.step(index)])
            }
        case UInt8(ascii: "{"): return elements(upTo: UInt8(ascii: "}")) { lines, _ in lines.pair(in: path) }
        default:
            let word = rest.prefix { !",]}#\n".utf8.contains($0) }
            rest = rest.dropFirst(word.count)
            return isSafe(ParserGuard.word(word)) && !word.isEmpty
        }
    }

    private mutating func elements(upTo end: UInt8, _ element: (inout Lines, Int) -> Bool) -> Bool {
        rest = rest.dropFirst()
        for index in 0... {
            skipBlanks(andLines: true)
            if consume(end) { return true }
            guard end != Self.close || isSafe(ParserGuard.element(rest.first)), element(&self, index) else {
                return false
            }
            skipBlanks(andLines: true)
            guard consume(Self.comma) || rest.first == end else { return false }
        }
        return false
    }

    private mutating func dottedKey() -> [String]? {
        var keys: [String] = []
        repeat {
            skipBlanks(andLines: false)
            let isQuoted = rest.first == Self.quote || rest.first == Self.apostrophe
            let key = if isQuoted { string() } else { bareKey() }
            guard let key else { return nil }
            keys.append(key)
            guard isSafe(ParserGuard.depth(keys)) else { return nil }
            skipBlanks(andLines: false)
        } while consume(UInt8(ascii: "."))
        return keys
    }

    private mutating func bareKey() -> String? {
        let key = rest.prefix { !" \t.=]#\n".utf8.contains($0) }
        rest = rest.dropFirst(key.count)
        guard !key.isEmpty else { return nil }
        return String(decoding: key, as: UTF8.self)
    }

    /// The text between the quotes.
    ///
    /// Escapes are not decoded: the result is then a text that no key can be.
    private mutating func string() -> String? {
        guard let mark = rest.popFirst() else { return nil }
        let isLong = rest.starts(with: [mark, mark])
        rest = rest.dropFirst(isLong ? 2 : 0)
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == 0x0A { line += 1 }
            if byte == mark, !isLong || rest.starts(with: [mark, mark]) {
                if isLong { rest = rest.drop { $0 == mark } }
                return String(decoding: text, as: UTF8.self)
            }
            if byte == Self.backslash, mark == Self.quote {
                text.append(0)
                if rest.popFirst() == 0x0A { line += 1 }
            } else {
                text.append(byte)
            }
        }
        return nil
    }

    private mutating func isSafe(_ message: String?) -> Bool {
        if let message { abortError = DocumentError(.line(line), message) }
        return message == nil
    }

    // MARK: bytes

    /// Records a path, and the tables that its last `depth` keys make on the way.
    private mutating func record(_ path: [String], depth: Int) {
        for length in max(1, path.count - depth)...path.count
        where length == path.count || places[Array(path.prefix(length))] == nil {
            places[Array(path.prefix(length))] = line
        }
    }

    private mutating func consume(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func skipBlanks(andLines: Bool) {
        let blanks = if andLines { " \t\r\n#" } else { " \t" }
        while let byte = rest.first, blanks.utf8.contains(byte) {
            if byte == UInt8(ascii: "#") { rest = rest.drop { $0 != 0x0A } } else { rest = rest.dropFirst() }
            if byte == 0x0A { line += 1 }
        }
    }
}
