package import ArgumentParser
internal import SettingsFile

/// What a command prints instead of running: its help, its version, or why its arguments are wrong.
///
/// countersign and countersignd both report through it.
package struct Usage {
    /// Version of both commands, as `--version` prints it.
    package static let version = "0.1.0"

    /// Help or version, for standard output; nil if there is an error or nothing to print.
    package let text: String?
    /// Message for standard error, without a prefix; nil if the code is 0 or the error has no message.
    package let error: String?
    /// Hints for standard error, one per line: the usage, and how to get help; empty if the code is 0.
    package let hints: [String]
    /// Exit code of the process: 0 for help and version, 64 (EX_USAGE, sysexits.h) for wrong arguments.
    ///
    /// Any other code comes from an `ExitCode` that the command has thrown.
    package let code: Int32

    /// Sorts an error of the argument parser into text, error, hints and exit code.
    ///
    /// - Parameters:
    ///   - error: what the parser of `command`, or its `run`, has thrown.
    ///   - command: the root command, which words the messages.
    package init(_ error: any Error, of command: any ParsableCommand.Type) {
        let (whole, message) = (command.fullMessage(for: error), command.message(for: error))
        code = command.exitCode(for: error).rawValue
        guard code != 0 else {
            text = if whole.isEmpty { nil } else { whole }
            (self.error, hints) = (nil, [])
            return
        }
        let lines: [Substring] = if message.isEmpty { [] } else { whole.split(separator: "\n") }
        let hints = lines.filter { line in ["Help:", "Usage:", "  See "].contains(where: line.hasPrefix) }
        text = nil
        self.error = if message.isEmpty { nil } else { Self.onOneLine(message) }
        self.hints = hints.map { $0.split(separator: " ").drop { $0 == "Help:" }.joined(separator: " ") }
    }

    /// Joins the choices of an option into one sentence; the parser lists them one below the other.
    private static func onOneLine(_ text: String) -> String {
        let lines = text.split(separator: "\n")
        let words = lines.dropFirst().filter { $0.hasPrefix("  - ") }.map { "'\($0.dropFirst(4))'" }
        guard let head = lines.first.map(String.init), let last = words.last, words.count == lines.count - 1 else {
            return text
        }
        return head.replacing(
            "one of the following:", with: "one of \(words.dropLast().joined(separator: ", ")) or \(last).")
    }

    /// Refuses a first word that is not the name of a subcommand; the parser would call it an unexpected argument.
    ///
    /// - Parameters:
    ///   - word: the first argument; nil and options pass.
    ///   - command: the root command, whose subcommands are known.
    /// - Throws: `ValidationError`, with the nearest name if there is one, if no subcommand has that name.
    package static func know(_ word: String?, of command: any ParsableCommand.Type) throws {
        let configuration = command.configuration
        let commands = configuration.subcommands + configuration.groupedSubcommands.flatMap { $0.subcommands }
        let names = commands.map { $0._commandName } + ["help"]
        guard let word, !word.hasPrefix("-"), !names.contains(word) else { return }
        let near = word.nearest(in: names).map { "; did you mean \($0)?" } ?? ""
        throw ValidationError("there is no command \(word.isEmpty ? "\"\"" : word)\(near)")
    }
}
