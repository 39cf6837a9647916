internal import ArgumentParser
internal import CSyscalls
internal import CommandSupport
internal import Glibc

/// The administrator's command, countersign(8).
@main
struct Countersign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "countersign",
        abstract: "Keep the accounts of two-factor logins.",
        discussion: """
            Run by root it works as the user _countersign on the accounts of this host; run by anybody else, with that \
            user's own rights on that user's own files.

            Examples:
              countersign softtoken alice        a SoftToken, with a QR code for the phone
              countersign show alice             what is known about alice
              countersign history alice          how alice's logins ended
              countersign check                  whether the settings are right
            """,
        version: "countersign \(Usage.version)",
        subcommands: [AccountsWork.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Account",
                subcommands: [
                    Link.self, SoftToken.self, Unlink.self, Prefer.self, RecoveryCommand.self, GraceLogins.self,
                    PauseUser.self,
                    OptOut.self, OptIn.self, Forget.self, Unlock.self,
                ]),
            CommandGroup(
                name: "Enrollment", subcommands: [Enroll.self, Confirm.self, Refresh.self, Import.self, Export.self]),
            CommandGroup(
                name: "Report", subcommands: [Show.self, List.self, History.self, Report.self, MetricsCommand.self]),
            CommandGroup(name: "Your own account", subcommands: [SelfCommand.self]),
            CommandGroup(
                name: "Diagnostic",
                subcommands: [
                    Setup.self, Init.self, JoinCommand.self, Backup.self, Restore.self, Check.self, Doctor.self,
                    Try.self, TextsCommand.self, Completion.self,
                ]),
        ])

    /// Runs the command.
    ///
    /// Exit codes are 0, those of `CommandError`, and 64 for wrong arguments.
    static func main() {
        system_default_signals()
        Timestamp.dropCallersZone()
        do {
            try Usage.know(CommandLine.arguments.dropFirst().first, of: self)
            let renamed = [RenamedOption("--patience", isNow: "--timeout", of: ["import", "refresh"])]
            let (arguments, warnings) = RenamedOption.update(Array(CommandLine.arguments.dropFirst()), renamed: renamed)
            warnings.forEach(Output.warning)
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch let failure as CommandError {
            failure.report()
            Glibc.exit(failure.code.rawValue)
        } catch {
            end(error)
        }
    }

    private static func end(_ error: any Error) -> Never {
        let usage = Usage(error, of: self)
        if let text = usage.text { try? Output.line(text) }
        if let error = usage.error { Output.error(error) }
        for hint in usage.hints { Output.hint(hint) }
        Glibc.exit(usage.code)
    }
}

/// A command that hardens its process, and throws only `CommandError` or an `ExitCode`.
protocol AdminCommand: ParsableCommand {
    func perform() throws
}

extension AdminCommand {
    func run() throws {
        try ProcessPrivileges.harden()
        do { try perform() } catch let code as ExitCode { throw code } catch { throw CommandError(error) }
    }
}
