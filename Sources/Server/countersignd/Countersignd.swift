internal import ArgumentParser
internal import Encoding
internal import Glibc
internal import CommandSupport

@main
enum Program {
    /// Starts the command from a synchronous function, since libdispatch reads its environment when its first thread
    /// starts.
    ///
    /// libdispatch raises the priority of its thread for timers and signals. A service may not do that, and libdispatch
    /// would report the failure in the system log.
    static func main() {
        setenv("LIBDISPATCH_LOG", "NO", 1)
        signal(SIGPIPE, SIG_IGN)
        Audit.begin()
        Task.detached {
            await Countersignd.runCommand()
            Glibc.exit(0)
        }
        while true { pause() }
    }
}

/// The server and its administrator's commands.
struct Countersignd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "countersignd",
        abstract: "A 2FA server that speaks the Authy API.",
        discussion: """
            Examples:
              countersignd init                          database and master key, before the first start
              countersignd app create "Example Corp"     an application and its API key, shown once
              countersignd serve                         the server, until SIGTERM
              countersignd user link 1234567             a link that makes a phone's browser a device
              countersignd check                         whether settings, keys and database are right
            """,
        version: "countersignd \(Usage.version)",
        subcommands: [
            Initialize.self, Serve.self, App.self, Users.self, Key.self, Backup.self, Restore.self, Check.self,
        ])

    /// Runs the command and exits with 0, 1 for a failure or 64 for a usage error; `serve` exits with 78 for wrong
    /// settings.
    static func runCommand() async {
        do {
            try Usage.know(CommandLine.arguments.dropFirst().first, of: self)
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch let code as ExitCode {
            Glibc.exit(code.rawValue)
        } catch  where exitCode(for: error) == .validationFailure || exitCode(for: error).isSuccess {
            let usage = Usage(error, of: self)
            if let error = usage.error,
                CommandLine.arguments.dropFirst().first == Serve.configuration.commandName ?? "serve"
            {
                JSONLog.fail("start_failed", reason: error, hint: usage.hints.joined(separator: "; "))
                Glibc.exit(usage.code)
            }
            if let text = usage.text { Output.line(text) }
            if let error = usage.error { Output.complain("error: \(error)") }
            for hint in usage.hints { Output.complain("hint: \(hint)") }
            Glibc.exit(usage.code)
        } catch {
            let failure = CommandError(error)
            Output.complain("error: \(failure.message)")
            if let hint = failure.hint { Output.complain("hint: \(hint)") }
            Glibc.exit(1)
        }
    }
}

/// The options that all commands have.
struct Place: ParsableArguments {
    @Option(help: ArgumentHelp("The settings.", valueName: "file"))
    var settings: String?

    @Option(help: ArgumentHelp("The folder of the database, in place of that of the settings.", valueName: "folder"))
    var state: String?

    func open() async throws -> ServerContext { try await ServerContext.open(settings, state: state) }
}

enum Output {
    /// Prints a line in which control characters are replaced: text of others must not move the cursor.
    static func line(_ text: String) { print(plain(text)) }
    static func json(_ value: JSONValue) { line(value.serialized()) }
    /// Returns a number and its noun, as in "1 phone" and "2 phones".
    static func count(_ number: some BinaryInteger, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
    /// Prints lines of this program as they are.
    static func picture(_ lines: [String]) { for line in lines { print(line) } }

    static func complain(_ text: String) { prompt(text + "\n") }

    /// Writes to standard error, without a line end.
    static func prompt(_ text: String) {
        Array(plain(text).utf8).withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isPlain($0) ? $0 : "?" }))
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control: scalar == "\n"
        case .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    /// Prints rows with columns as wide as their widest cell.
    static func table(_ rows: [[String]]) {
        let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = zip(row, widths).map { $0.padding(to: $1) }
            line(cells.joined(separator: "  ").trimmed)
        }
    }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isColoured: Bool { isTerminal && (getenv("NO_COLOR").map { String(cString: $0).isEmpty } ?? true) }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    fileprivate var trimmed: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
