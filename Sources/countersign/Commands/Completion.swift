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
        try Output.picture([script])
    }
}
