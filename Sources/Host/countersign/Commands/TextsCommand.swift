internal import ArgumentParser
internal import CommandSupport
internal import Encoding
internal import HostSettings
internal import LoginPolicy

struct TextsCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "texts",
        abstract: "Print the texts that people read when they log in.",
        discussion: """
            Prints them as TOML: those of texts.toml beside the settings, and the English ones for all others. So the \
            output is a beginning for another language. Names in braces are places, which every text keeps.

            Examples:
              countersign texts
              countersign texts > texts.toml
              countersign texts --json | jq -r '.[] | select(.own) | .id'
            """)

    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        let serviceUser = try ServiceUser.current()
        try serviceUser.takeOver()
        let file = TextsFile.load(beside: settings.config.text, trust: serviceUser.trust)
        if output.json {
            try Output.json(.array(TextID.allCases.map { Self.json($0, in: file.texts) }))
        } else {
            try Output.picture(TextID.allCases.flatMap { Self.lines($0, in: file.texts) })
        }
        for result in CheckResult.texts(file, isShared: ServiceUser.isRoots) { result.show() }
    }

    /// The text as lines of TOML, below the English one if it is another.
    private static func lines(_ id: TextID, in texts: Texts) -> [String] {
        let line = toml(id, wording: texts.wording(id))
        return if texts.isOwn(id) { ["# English: \(id.english.other)", line] } else { [line] }
    }

    private static func toml(_ id: TextID, wording: Wording) -> String {
        guard let one = wording.one else { return "\(id.rawValue) = \(quoted(wording.other))" }
        return "\(id.rawValue) = { one = \(quoted(one)), other = \(quoted(wording.other)) }"
    }

    /// A text as a basic string of TOML; it has no control characters.
    private static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }

    private static func json(_ id: TextID, in texts: Texts) -> JSONValue {
        let wording = texts.wording(id)
        var members: JSONObject = [
            "id": .string(id.rawValue), "text": .string(wording.other), "own": .bool(texts.isOwn(id)),
            "places": .array(id.places.map { .string($0.rawValue) }),
        ]
        if let one = wording.one { members["one"] = .string(one) }
        return .object(members)
    }
}
