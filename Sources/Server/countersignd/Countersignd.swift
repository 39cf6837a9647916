internal import ArgumentParser
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import Logging

@main
enum Program {
    /// Starts the command from a synchronous function, since libdispatch reads its environment when its first thread
    /// starts.
    ///
    /// libdispatch raises the priority of its thread for timers and signals. A service may not do that, and libdispatch
    /// would report the failure in the system log.
    static func main() {
        setenv("LIBDISPATCH_LOG", "NO", 1)
        Timestamp.dropCallersZone()
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
              countersignd doctor                        what is wrong with this server, and what to do
            """,
        version: "countersignd \(Usage.version)",
        subcommands: [
            Initialize.self, Serve.self, App.self, Users.self, Key.self, Backup.self, Restore.self, Check.self,
            Doctor.self,
        ])

    /// Whether the server runs, whose standard error is a log.
    private static var isServe: Bool { CommandLine.arguments.dropFirst().first == "serve" }

    /// The arguments with the names that options have now.
    private static func currentArguments() -> [String] {
        let renamed = [RenamedOption("--settings", isNow: "--config")]
        let (arguments, warnings) = RenamedOption.update(Array(CommandLine.arguments.dropFirst()), renamed: renamed)
        for warning in warnings {
            if isServe {
                JSONLog.logger().warning("old_option", metadata: ["reason": "\(warning)"])
            } else {
                Output.warning(warning)
            }
        }
        return arguments
    }

    /// Runs the command and exits with 0, 1 for a failure, 2 for a no or 64 for a usage error.
    ///
    /// `serve` exits with 78 for wrong settings.
    static func runCommand() async {
        do {
            try Usage.know(CommandLine.arguments.dropFirst().first, of: self)
            var command = try parseAsRoot(currentArguments())
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch let code as ExitCode {
            Glibc.exit(code.rawValue)
        } catch  where exitCode(for: error) == .validationFailure || exitCode(for: error).isSuccess {
            let usage = Usage(error, of: self)
            if let error = usage.error, isServe {
                JSONLog.fail("start_failed", reason: error, hint: usage.hints.joined(separator: "; "))
                Glibc.exit(usage.code)
            }
            if let text = usage.text { try? Output.line(text) }
            if let error = usage.error { Output.error(error) }
            for hint in usage.hints { Output.hint(hint) }
            Glibc.exit(usage.code)
        } catch {
            let failure = CommandError(error)
            failure.report()
            if failure.code == .settings { Glibc.exit(1) }
            Glibc.exit(failure.code.rawValue)
        }
    }
}

/// The options that all commands have.
struct Place: ParsableArguments {
    @Option(help: ArgumentHelp("The settings.", valueName: "path"))
    var config: String?

    @Option(
        help: ArgumentHelp("The directory of the database, in place of that of the settings.", valueName: "directory"))
    var state: String?

    func open() async throws -> ServerContext { try await ServerContext.open(config, state: state) }
}
