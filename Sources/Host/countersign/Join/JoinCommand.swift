internal import ArgumentParser
internal import CommandSupport
internal import Glibc

struct JoinCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Connect this host to a 2FA server with a code.",
        discussion: """
            The code comes from `countersignd app invite` on the server, and is good once, for ten minutes. This \
            fetches the API key, and the certificate of the server's authority if it has its own, writes them beside \
            the settings, and adds [server] to the settings. Before anything is changed, the server must accept the \
            key. If the settings name this server already, only the key is replaced.

            Other users of this host can see the arguments of a command: leave out CODE to be asked for it.

            Examples:
              countersign join
              countersign join --yes < code.txt
            """)

    @Argument(help: "The code; without it, it is read from standard input.") var code: String?
    @OptionGroup var confirmation: ConfirmationOption
    @OptionGroup var helpers: HelpersOption
    @OptionGroup var output: OutputOption
    @OptionGroup var option: SettingsOption

    func perform() throws {
        let join = try HostJoin(try code ?? Self.readCode(), settings: option.config, helpers: helpers.helpers)
        try confirmation.ask(join.plan.question, for: "join")
        let report = try join.run()
        try Output.said(
            "This host is connected to \(report.url) as \(report.application). The key is in \(report.keyFile).",
            besidesData: output.json)
        if output.json { return try Output.json(report.json) }
        if let former = report.formerKeyFile {
            Output.hint("the key before is in \(former): put it back if \(report.application) is not this host's")
        }
        Output.hint("countersign check says whether logins are asked; countersign enroll USER registers a phone")
    }

    /// Longest text that is read, in bytes.
    private static let longest = 4_096

    /// Reads the code from standard input, after a question if that is a terminal.
    ///
    /// - Throws: `CommandError` if there is no line, or it is too long.
    static func readCode() throws -> String {
        if isatty(STDIN_FILENO) == 1 { Output.ask("The code: ") }
        guard let line = readLine(), line.utf8.count <= longest else {
            throw CommandError(
                "there is no code on standard input", hint: "countersignd app invite makes one, on the server")
        }
        return line
    }
}
