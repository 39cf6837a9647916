internal import ArgumentParser
internal import CommandSupport

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
        let shown = if shell == .bash { Self.mended(script) } else { script }
        try Output.picture([shown])
    }

    /// Corrects two faults of the parser's script.
    ///
    /// It completes every word as a file name, so that bash writes `check/` if there is a directory of that name; and
    /// it does not offer names of commands after `help`.
    private static func mended(_ script: String) -> String {
        let names = Countersign.configuration.groupedSubcommands.flatMap { $0.subcommands }.map { $0._commandName }
        let words = names.joined(separator: "\\n")
        var isHelp = false
        return script.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
            if line.hasSuffix("() {") { isHelp = line == "_countersign_help() {" }
            switch line {
            case "complete -o filenames -F _countersign countersign":
                return ["complete -F _countersign countersign"]
            case "__countersign_add_completions() {":
                return [String(line), "    [[ \"${1}\" != -[fd] ]] || compopt -o filenames"]
            case "    __countersign_offer_flags_options -1" where isHelp:
                return [
                    String(line),
                    "    [[ \"${positional_number}\" -ne 1 ]] || __countersign_add_completions -W $'\(words)'",
                ]
            default:
                return [String(line)]
            }
        }.joined(separator: "\n")
    }
}
