/// The reason to refuse a file of settings: the place of the fault, and what to do about it.
public struct SettingsError: Error, Equatable, CustomStringConvertible {
    /// The path of the file.
    public let file: String
    /// Counted from 1; nil if the fault has no line, or if its line is not certain.
    public let line: Int?
    /// The key with dots, as in `login.tries`; tables of a list are counted from 1, as in `exempt[2].users`.
    public let key: String?
    /// One sentence without control characters, an API key or a URL.
    public let message: String

    /// Makes an error; control characters in `key` and `message` are escaped.
    public init(file: String, line: Int? = nil, key: String? = nil, message: String) {
        self.file = file
        self.line = line
        self.key = key?.plain
        self.message = message.plain
    }

    /// `FILE:LINE: KEY: message` on one line, without the parts that are nil.
    public var description: String {
        let place = line.map { "\(file.plain):\($0)" } ?? file.plain
        return [place, key, message].compactMap { $0 }.joined(separator: ": ")
    }
}

/// An error in a value, from code that does not know where the value stands.
package struct ValueError: Error {
    /// One sentence for the administrator.
    package let message: String

    /// Takes the message as it is.
    package init(_ message: String) { self.message = message }
}

/// An error in the document, from code that does not know the file.
package struct DocumentError: Error {
    /// The place of the fault.
    package enum Place {
        case line(Int)
        /// The steps from the top of the document, as `Lines` records them.
        case path([String])
    }

    /// The place of the fault.
    package let place: Place
    /// One sentence for the administrator.
    package let message: String

    /// Takes place and message as they are.
    package init(_ place: Place, _ message: String) {
        self.place = place
        self.message = message
    }
}

extension SettingsError {
    /// Adds the file, and the line and the key of the fault.
    ///
    /// - Parameters:
    ///   - file: the path of the file.
    ///   - text: its content, in which the line is looked up.
    ///   - error: the error without its file.
    package init(file: String, text: String, _ error: DocumentError) {
        switch error.place {
        case .line(let line):
            self.init(file: file, line: line, message: error.message)
        case .path(let path):
            self.init(file: file, line: Lines(text)[path], key: Self.key(path), message: error.message)
        }
    }

    private static func key(_ path: [String]) -> String? {
        guard !path.isEmpty else { return nil }
        return path.reduce("") { key, step in
            let dot = if key.isEmpty || step.first == "[" { "" } else { "." }
            let name = if step.isBareKey { step } else { step.quoted }
            return key + dot + name
        }
    }
}

extension String {
    /// The text with every character escaped that could move a cursor, break a line or turn the direction of writing.
    var plain: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    /// The text in quotes, cut to 64 characters.
    package var quoted: String { count > 64 ? "\"\(prefix(64))...\"" : "\"\(self)\"" }

    /// Whether the text has a control character (Unicode category Cc).
    package var hasControlCharacters: Bool { unicodeScalars.contains { $0.properties.generalCategory == .control } }

    /// Whether TOML accepts the text as a key without quotes, or it is a number in brackets for an element of a list.
    fileprivate var isBareKey: Bool {
        let inner: Substring = if first == "[" && last == "]" { dropFirst().dropLast() } else { self[...] }
        return !inner.isEmpty && inner.utf8.count <= 64
            && inner.unicodeScalars.allSatisfy {
                $0 == "-" || $0 == "_" || $0.isASCII && $0.properties.isAlphabetic || "0"..."9" ~= $0
            }
    }
}
