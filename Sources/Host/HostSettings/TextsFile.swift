internal import Glibc
public import LoginPolicy
public import SettingsFile

/// The file `texts.toml` beside the settings, which replaces texts of a login.
///
/// Nothing in it can change how a login ends: a text with a fault is left out, and the English one stands
/// (docs/develop/adr/0060-what-a-wrong-text-does.md).
public struct TextsFile: Sendable {
    /// A fault in the file.
    public struct Problem: Sendable {
        /// The place of the fault, and what is wrong.
        public let error: SettingsError
        /// What to do about it.
        public let hint: String
    }

    /// The path of the file.
    public let path: String
    /// The texts, English where the file has no other.
    public private(set) var texts = Texts()
    /// All faults, in the order of the keys; empty if there is no file.
    public private(set) var problems: [Problem] = []

    private init(path: String) { self.path = path }

    /// Reads the file beside the settings.
    ///
    /// - Parameters:
    ///   - settings: the path of the settings.
    ///   - trust: who may own the file, as for the settings; anybody may read it.
    /// - Returns: the texts and the faults. All texts are English if there is no file, if it cannot be read, or if
    ///   anybody but root and `trust.owner` could have changed it.
    public static func load(beside settings: String, trust: Trust) -> TextsFile {
        var file = TextsFile(path: AccountsMarker.folder(settings) + "/texts.toml")
        var status = stat()
        guard lstat(file.path, &status) == 0 || errno != ENOENT else { return file }
        do throws(SettingsError) {
            file.read(try TrustedFile.text(file.path, trust: trust, isPublic: true))
        } catch {
            file.problems = [Problem(error: error, hint: english)]
        }
        return file
    }

    /// Reads the text of a whole file.
    ///
    /// - Parameters:
    ///   - text: TOML 1.0 with LF or CRLF line ends.
    ///   - file: the name of the file, for the faults.
    /// - Returns: the texts and the faults.
    public static func parse(_ text: String, file: String) -> TextsFile {
        var parsed = TextsFile(path: file)
        parsed.read(text)
        return parsed
    }

    /// Texts at a terminal with characters outside ASCII, which old ssh clients show as others.
    public var textsBeyondASCII: [TextID] {
        TextID.allCases.filter { id in
            guard texts.isOwn(id), id.isAtTerminal else { return false }
            let wording = texts.wording(id)
            return [wording.one, wording.other].contains { $0?.utf8.contains { $0 >= 0x80 } == true }
        }
    }

    private static let english = "until then all texts are English"
    private static let mostKeys = 2 * TextID.allCases.count

    private mutating func read(_ text: String) {
        let entries: [String: Value]
        do throws(DocumentError) {
            entries = try Value.document(text)
        } catch {
            problems = [Problem(error: SettingsError(file: path, text: text, error), hint: Self.english)]
            return
        }
        // Each fault costs a look through the whole file, and every login waits for all of them.
        guard entries.count <= Self.mostKeys else {
            let error = DocumentError(
                .path([]), "it has \(entries.count) keys, and there are \(TextID.allCases.count) texts")
            problems = [Problem(error: SettingsError(file: path, text: text, error), hint: Self.english)]
            return
        }
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
            do throws(TextError) {
                guard let id = TextID(rawValue: key) else { throw Self.unknown(key) }
                try texts.set(Self.wording(value, for: id), for: id)
            } catch {
                complain(error, at: key, in: text)
            }
        }
        dropAmbiguousLabels(in: text)
    }

    /// Goes back to all English labels if two are the same: the phone would show only one of those lines.
    private mutating func dropAmbiguousLabels(in text: String) {
        let ambiguous = texts.ambiguousLabels
        guard !ambiguous.isEmpty else { return }
        let error = TextError("another line on the phone has this label", hint: "change one of the two")
        for id in ambiguous where texts.isOwn(id) { complain(error, at: id.rawValue, in: text) }
        for id in TextID.allCases where id.kind == .label { texts.reset(id) }
    }

    private mutating func complain(_ error: TextError, at key: String, in text: String) {
        let documentError = DocumentError(.path([key]), error.message)
        problems.append(Problem(error: SettingsError(file: path, text: text, documentError), hint: error.hint))
    }

    private static func unknown(_ key: String) -> TextError {
        let near = key.nearest(in: TextID.allCases.map(\.rawValue)).map { "did you mean \($0.quoted)?" }
        return TextError("there is no text of this name", hint: near ?? "countersign texts prints all names")
    }

    private static func wording(_ value: Value, for id: TextID) throws(TextError) -> Wording {
        switch value {
        case .text(let text): return Wording(other: text)
        case .table(let forms) where id.isPlural: return try wording(forms: forms, for: id)
        default:
            let forms = if id.isPlural { "{ one = \"...\", other = \"...\" }" } else { "\"...\"" }
            throw TextError("expected a text in quotes", hint: "write it as: \(id.rawValue) = \(forms)")
        }
    }

    private static func wording(forms: [String: Value], for id: TextID) throws(TextError) -> Wording {
        if let stranger = forms.keys.sorted().first(where: { !["one", "other"].contains($0) }) {
            throw TextError("there is no form \(stranger.quoted)", hint: "the forms are one and other")
        }
        guard case .text(let other)? = forms["other"] else {
            throw TextError("the form for other numbers than one is missing", hint: "write other = \"...\"")
        }
        switch forms["one"] {
        case .text(let one)?: return Wording(one: one, other: other)
        case nil: return Wording(other: other)
        default: throw TextError("expected a text in quotes", hint: "write one = \"...\"")
        }
    }
}
