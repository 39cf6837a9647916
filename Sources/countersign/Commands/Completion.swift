internal import ArgumentParser

struct Completion: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what completes this command in a shell.",
        discussion: """
            `make install` puts it where bash, zsh and fish look for it.

            Example:
              countersign completion bash > /etc/bash_completion.d/countersign
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: ArgumentHelp("bash, zsh or fish.", valueName: "shell"))
    var shell: Shell

    func run() throws {
        let script = Countersign.completionScript(for: CompletionShell(rawValue: shell.rawValue) ?? .bash)
        try Output.picture([shell == .bash ? Self.withHelp(script) : script])
    }

    /// The parser's own command takes names of commands, which it does not offer.
    private static func withHelp(_ script: String) -> String {
        let names = Countersign.configuration.groupedSubcommands.flatMap { $0.subcommands }.map { $0._commandName }
        var lines = script.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let function = lines.firstIndex(of: "_countersign_help() {"),
            let end = lines[function...].firstIndex(of: "    __countersign_offer_flags_options -1")
        else { return script }
        let words = names.joined(separator: "\\n")
        lines.insert("    [[ \"${positional_number}\" -ne 1 ]] || __countersign_add_completions -W $'\(words)'", at: end + 1)
        return lines.joined(separator: "\n")
    }
}
