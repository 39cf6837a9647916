/// Why a file of settings is not taken: where, and what to do about it.
public struct SettingsError: Error, Equatable, CustomStringConvertible {
    public let file: String
    /// Counted from 1; nil where the fault has no line, or its line is not known for certain.
    public let line: Int?
    /// The key as it would be written with dots, as `login.tries`; tables of a list are counted from 1, as `exempt[2].users`.
    public let key: String?
    /// One sentence without control characters. It never holds an API key or a URL.
    public let message: String

    /// Control characters in `key` and `message` are made visible.
    public init(file: String, line: Int? = nil, key: String? = nil, message: String) {
        self.file = file
        self.line = line
        self.key = key?.plain
        self.message = message.plain
    }

    /// `FILE:LINE: KEY: message` on one line; what is nil is left out.
    public var description: String {
        let place = line.map { "\(file.plain):\($0)" } ?? file.plain
        return [place, key, message].compactMap { $0 }.joined(separator: ": ")
    }
}

/// A fault in a value, by whoever does not know where the value stands.
package struct Fault: Error {
    package let message: String

    package init(_ message: String) { self.message = message }
}

/// A fault in the document, by whoever does not know the file.
package struct Complaint: Error {
    package enum Place {
        case line(Int)
        /// The steps from the top of the document, as `Lines` records them.
        case path([String])
    }

    package let place: Place
    package let message: String

    package init(_ place: Place, _ message: String) {
        self.place = place
        self.message = message
    }
}

extension SettingsError {
    package init(file: String, text: String, _ complaint: Complaint) {
        switch complaint.place {
        case .line(let line):
            self.init(file: file, line: line, message: complaint.message)
        case .path(let path):
            self.init(file: file, line: Lines(text)[path], key: Self.key(path), message: complaint.message)
        }
    }

    private static func key(_ path: [String]) -> String? {
        path.isEmpty
            ? nil
            : path.reduce("") { $0 + ($0.isEmpty || $1.first == "[" ? "" : ".") + ($1.isBareKey ? $1 : $1.quoted) }
    }
}

extension String {
    /// The text without anything that could move a cursor, break a line or turn the direction of writing.
    var plain: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    /// The text in quotes, cut where it is long.
    package var quoted: String { count > 64 ? "\"\(prefix(64))...\"" : "\"\(self)\"" }

    package var hasControlCharacters: Bool { unicodeScalars.contains { $0.properties.generalCategory == .control } }

    /// Whether TOML takes it as a key without quotes, or it is a number in brackets that stands for a place in a list.
    fileprivate var isBareKey: Bool {
        let inner = first == "[" && last == "]" ? dropFirst().dropLast() : self[...]
        return !inner.isEmpty && inner.utf8.count <= 64
            && inner.unicodeScalars.allSatisfy {
                $0 == "-" || $0 == "_" || $0.isASCII && $0.properties.isAlphabetic || "0"..."9" ~= $0
            }
    }
}
