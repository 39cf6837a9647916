package import ArgumentParser
internal import SettingsFile

/// What the commands for administrators say of themselves and of arguments that make no sense.
package struct Usage {
    package static let version = "0.1.0"

    /// Help and version, which are no errors.
    package let text: String?
    package let error: String?
    package let hints: [String]
    package let code: Int32

    /// - Parameter error: what the parser of `command` threw.
    package init(_ error: any Error, of command: any ParsableCommand.Type) {
        let (whole, message) = (command.fullMessage(for: error), command.message(for: error))
        code = command.exitCode(for: error).rawValue
        guard code != 0 else {
            (text, self.error, hints) = (whole.isEmpty ? nil : whole, nil, [])
            return
        }
        let lines = message.isEmpty ? [] : whole.split(separator: "\n")
        let hints = lines.filter { line in ["Help:", "Usage:", "  See "].contains(where: line.hasPrefix) }
        (text, self.error) = (nil, message.isEmpty ? nil : Self.onOneLine(message))
        self.hints = hints.map { $0.split(separator: " ").drop { $0 == "Help:" }.joined(separator: " ") }
    }

    /// Where an option takes many words, the parser writes them one below the other.
    private static func onOneLine(_ text: String) -> String {
        let lines = text.split(separator: "\n")
        let words = lines.dropFirst().filter { $0.hasPrefix("  - ") }.map { "'\($0.dropFirst(4))'" }
        guard let head = lines.first.map(String.init), let last = words.last, words.count == lines.count - 1 else {
            return text
        }
        return head.replacing(
            "one of the following:", with: "one of \(words.dropLast().joined(separator: ", ")) or \(last).")
    }

    /// Refuses a first word that is no command, which the parser would call an argument.
    package static func know(_ word: String?, of command: any ParsableCommand.Type) throws {
        let configuration = command.configuration
        let commands = configuration.subcommands + configuration.groupedSubcommands.flatMap { $0.subcommands }
        let names = commands.map { $0._commandName } + ["help"]
        guard let word, !word.hasPrefix("-"), !names.contains(word) else { return }
        let near = word.nearest(in: names).map { "; did you mean \($0)?" } ?? ""
        throw ValidationError("there is no command \(word.isEmpty ? "\"\"" : word)\(near)")
    }
}
