internal import Settings
internal import ArgumentParser
internal import CSyscalls
internal import Glibc

/// The administrator's command.
@main
struct Countersign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "countersign",
        abstract: "Keep the accounts of two-factor logins.",
        discussion: """
            Run by root it works as the user _countersign on the accounts of this host; run by anybody else, with that user's own rights on \
            that user's own files.

            Examples:
              countersign softtoken alice        a SoftToken, with a QR code for the phone
              countersign show alice             what is known about alice
              countersign history alice          how alice's logins ended
              countersign check                  whether the settings are right
            """,
        version: "countersign 0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Account",
                subcommands: [
                    Link.self, SoftToken.self, Unlink.self, Prefer.self, RecoveryCommand.self, GraceLogins.self, PauseUser.self,
                    OptOut.self, OptIn.self, Forget.self, Unlock.self,
                ]),
            CommandGroup(name: "Enrolment", subcommands: [Enroll.self, Confirm.self, Refresh.self, Import.self, Export.self]),
            CommandGroup(name: "Report", subcommands: [Show.self, List.self, History.self, Report.self]),
            CommandGroup(name: "Your own account", subcommands: [Own.self]),
            CommandGroup(name: "Diagnostic", subcommands: [Check.self, Try.self, Completion.self]),
        ])

    /// Exit codes: 0, those of `Trouble`, and 64 for arguments that make no sense.
    static func main() {
        system_die_plainly()
        do {
            try know(CommandLine.arguments.dropFirst().first)
            var command = try parseAsRoot()
            try command.run()
        } catch let trouble as Trouble {
            trouble.report()
            Glibc.exit(trouble.code.rawValue)
        } catch {
            end(error)
        }
    }

    /// Refuses a first word that is no command, which the parser would call an argument.
    private static func know(_ word: String?) throws {
        let names = configuration.groupedSubcommands.flatMap { $0.subcommands }.map { $0._commandName } + ["help"]
        guard let word, !word.hasPrefix("-"), !names.contains(word) else { return }
        let near = word.nearest(in: names).map { "; did you mean \($0)?" } ?? ""
        throw ValidationError("there is no command \(word.isEmpty ? "\"\"" : word)\(near)")
    }

    /// Where an option takes many words, the parser writes them one below the other.
    private static func onOneLine(_ text: String) -> String {
        let lines = text.split(separator: "\n")
        let words = lines.dropFirst().filter { $0.hasPrefix("  - ") }.map { "'\($0.dropFirst(4))'" }
        guard let head = lines.first.map(String.init), let last = words.last, words.count == lines.count - 1 else { return text }
        return head.replacing("one of the following:", with: "one of \(words.dropLast().joined(separator: ", ")) or \(last).")
    }

    /// What the parser throws: help and version, which are no errors, exit codes, and faults in the arguments.
    private static func end(_ error: any Error) -> Never {
        let code = exitCode(for: error)
        if code.isSuccess {
            let text = fullMessage(for: error)
            if !text.isEmpty { try? Output.line(text) }
        } else if !message(for: error).isEmpty {
            Output.error(onOneLine(message(for: error)))
            let hints = fullMessage(for: error).split(separator: "\n").filter { line in
                ["Help:", "Usage:", "  See "].contains(where: line.hasPrefix)
            }
            for hint in hints { Output.hint(hint.split(separator: " ").drop { $0 == "Help:" }.joined(separator: " ")) }
        }
        Glibc.exit(code.rawValue)
    }
}

/// A command that keeps secrets to itself, and whose errors are all `Trouble` or an `ExitCode`.
protocol AdminCommand: ParsableCommand {
    func perform() throws
}

extension AdminCommand {
    func run() throws {
        try Keeper.harden()
        do { try perform() } catch { throw error is ExitCode ? error : Trouble(error) }
    }
}
