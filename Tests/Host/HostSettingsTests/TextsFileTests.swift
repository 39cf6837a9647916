import Foundation
import HostSettings
import LoginPolicy
import SettingsFile
import Testing

/// `texts.toml`, and the examples of it.
struct TextsFileTests {
    private func faults(_ text: String) -> [String] {
        TextsFile.parse(text, file: "t").problems.map { "\($0.error) -> \($0.hint)" }
    }

    private static let examples = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../docs/examples").standardizedFileURL

    @Test(arguments: ["de", "es"])
    func `the example of a language is whole and valid`(language: String) throws {
        let path = Self.examples.appending(path: "texts.\(language).toml")
        let file = TextsFile.parse(try String(contentsOf: path, encoding: .utf8), file: path.lastPathComponent)
        #expect(file.problems.map(\.error.description) == [])
        #expect(TextID.allCases.filter { !file.texts.isOwn($0) } == [])
        #expect(TextID.allCases.filter { $0.isPlural && file.texts.wording($0).one == nil } == [])
        #expect(!file.textsBeyondASCII.isEmpty)
    }

    @Test func `a fault in one text leaves the others`() {
        let file = TextsFile.parse(
            """
            again = "Noch einmal."
            waiting_number = "Ohne Zahl."
            timeout = "Zu lange."
            """, file: "t")
        #expect(file.texts[.again] == "Noch einmal.")
        #expect(file.texts[.timeout] == "Zu lange.")
        #expect(!file.texts.isOwn(.waitingNumber))
        #expect(file.problems.map(\.error.description) == ["t:2: waiting_number: the place {number} is missing"])
    }

    @Test(arguments: [
        ("agian = \"x\"", "t:1: agian: there is no text of this name -> did you mean \"again\"?"),
        ("zzzzzzzzzz = \"x\"", "t:1: zzzzzzzzzz: there is no text of this name -> countersign texts prints all names"),
        ("again = 3", "t:1: again: expected a text in quotes -> write it as: again = \"...\""),
        (
            "wrong_codes = [\"x\"]",
            "t:1: wrong_codes: expected a text in quotes -> "
                + "write it as: wrong_codes = { one = \"...\", other = \"...\" }"
        ),
        ("[again]\none = \"x\"", "t:1: again: expected a text in quotes -> write it as: again = \"...\""),
        (
            "[wrong_codes]\none = \"x\"",
            "t:1: wrong_codes: the form for other numbers than one is missing -> write other = \"...\""
        ),
        (
            "wrong_codes = { few = \"x\", other = \"{count}\" }",
            "t:1: wrong_codes: there is no form \"few\" -> the forms are one and other"
        ),
        (
            "wrong_codes = { one = 1, other = \"{count}\" }",
            "t:1: wrong_codes: expected a text in quotes -> write one = \"...\""
        ),
        (
            "again = \"\"",
            "t:1: again: this text is empty -> write something, or leave out the key for the English text"
        ),
    ])
    func `a fault is named with its line, its key and what to do`(text: String, fault: String) {
        #expect(faults(text) == [fault])
    }

    @Test(arguments: [
        "again", "again = \"x", "= 1", "[", "again = \"x\"\nagain = \"y\"", "a = \"\\u0000\"", "again = [}",
    ])
    func `what is no TOML leaves all texts English`(text: String) {
        let file = TextsFile.parse("timeout = \"Zu lange.\"\n" + text, file: "t")
        #expect(file.texts == Texts())
        #expect(file.problems.map(\.hint) == ["until then all texts are English"])
    }

    @Test func `a file of far more keys than texts is left out at once, and named once`() {
        let keys = (0..<20_000).map { "k\($0) = 1\n" }.joined()
        let file = TextsFile.parse("again = \"Noch einmal.\"\n" + keys, file: "t")
        #expect(
            file.problems.map(\.error.description)
                == ["t: it has 20001 keys, and there are \(TextID.allCases.count) texts"])
        #expect(!file.texts.isOwn(.again))
    }

    @Test func `two lines on the phone never have the same label`() {
        let file = TextsFile.parse("label_user = \"Wer\"\nlabel_caller = \"Wer\"\nlabel_command = \"Was\"", file: "t")
        #expect(file.problems.count == 2)
        #expect(TextID.allCases.filter(file.texts.isOwn) == [])
    }

    @Test func `an empty file is no fault`() {
        #expect(faults("") == [])
        #expect(faults("# nothing\n") == [])
    }

    @Test func `letters outside ASCII are found at terminals only`() {
        let file = TextsFile.parse(
            "again = \"Erneut für Sie\"\nlabel_user = \"Für\"\ntimeout = \"Zu lange.\"", file: "t")
        #expect(file.problems.isEmpty)
        #expect(file.textsBeyondASCII == [.again])
    }
}
