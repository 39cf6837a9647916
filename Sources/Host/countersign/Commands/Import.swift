internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import Frames
internal import Glibc
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import Recovery
internal import Roster

struct Import: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Register or link many users from a file.",
        discussion: """
            The file is CSV with a header (user,country_code,phone,email and, if there are any, authy_id), or JSON \
            lines with the same names. It is checked first: if one line is bad, all bad lines are named and nothing is \
            done. Users who have an AuthyID are left as they are, so that a second run goes on where the first one \
            stopped, and changes nothing where it had ended. Says how many users the server will send a text message \
            before it does. Exits with 75 if the server stays out of reach, and with 130 after Ctrl-C: the same \
            command goes on.

            Examples:
              countersign import users.csv --dry-run
              countersign import users.csv --no-install-link
              countersign import /etc/users.oath --from oath
              countersign import --from google-authenticator --homes
            """)

    enum Store: String, CaseIterable, ExpressibleByArgument {
        case googleAuthenticator = "google-authenticator"
        case oath
        case authySSH = "authy-ssh"
    }

    @Argument(
        help: ArgumentHelp(
            "The file; with --from google-authenticator a folder with one file for each user.", valueName: "file"),
        completion: .file())
    var file: String?
    @Flag(help: "Check the file, and do nothing.")
    var dryRun = false
    @OptionGroup var link: InstallLinkOption
    @Option(help: "Whose file it is, where it is not of this command's own form.")
    var from: Store?
    @Flag(help: "With --from google-authenticator: the files that all users have in their homes.")
    var homes = false
    @OptionGroup var poolOption: RequestPoolOption
    @OptionGroup var helpers: HelpersOption
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        if homes, from != .googleAuthenticator {
            throw ValidationError("--homes goes with --from google-authenticator only.")
        }
        if homes, file != nil { throw ValidationError("--homes takes no file.") }
        if !homes, file == nil { throw ValidationError("Name a file.") }
    }

    func perform() throws {
        let stops = try Stops.watch()
        var source = try source()
        let users = UserDirectory(enumerates: source.isLarge)
        var pool: NetPool?
        defer { pool?.end() }
        // The file is read without root's rights; the processes that speak to the server are started before that.
        let context = try CommandContext.open(settings) { settings, serviceUser in
            guard from == nil, !dryRun, settings.server != nil else { return }
            pool = try NetPool.start(
                settings, count: poolOption.jobs, helpers: helpers.helpers, serviceUser: serviceUser)
        }
        var check = RosterCheck()
        let makesEmail = context.settings.enrolment.emailDomain != nil
        try source.rewind(makesEmail: makesEmail)
        guard
            try check.run(
                &source, users: users, rules: context.settings.enrolment, stops: stops,
                account: context.accounts.account(of:))
        else {
            throw ExitCode(Stops.code)
        }
        try report(check, settings: context.settings)
        if dryRun {
            return try Output.said("\(check.plan.sentence); nothing was done", besidesData: output.json)
        }
        try source.rewind(makesEmail: makesEmail)
        announce(check.plan)
        let importing = Importing(context, source, users, total: check.good, installLink: !link.noInstallLink)
        try end(importing.run(pool, stops: stops, timeout: poolOption.timeout), importing: importing)
    }

    private func source() throws -> RosterSource {
        guard let file else { return .lines(try GoogleAuthenticatorFiles.homes()) }
        guard let path = Path(argument: file) else {
            throw CommandError("the working directory is gone", hint: "give the whole path")
        }
        switch from {
        case .googleAuthenticator?: return .lines(try GoogleAuthenticatorFiles.folder(path, name: file))
        case .oath?: return .file(try .open(path, name: file, form: .oath))
        case .authySSH?: return .file(try .open(path, name: file, form: .authySSH))
        case nil: return .file(try .open(path, name: file, form: .own))
        }
    }

    /// Says what users will receive, before anything is sent.
    private func announce(_ plan: RosterCheck.Plan) {
        guard plan.registered > 0 else { return }
        let users = plan.registered.counted("user")
        if link.noInstallLink {
            return Output.complain("\(users) will be registered; the server is asked to send them nothing")
        }
        Output.complain("\(users) will be registered; the server sends each of them a text message with a link")
        Output.hint("--no-install-link has it send none; --dry-run registers nobody")
    }

    private func report(_ check: RosterCheck, settings: Settings) throws {
        if check.bad > 0 {
            throw CommandError(
                "\(check.bad.counted("line")) of \(check.good + check.bad) "
                    + "\(check.bad == 1 ? "is" : "are") bad; nothing was done",
                hint: "correct \(check.bad == 1 ? "it" : "them") and run the same command again")
        }
        if check.registers, settings.server == nil { throw NetPool.noServer }
    }

    private func end(_ ended: Importing.Team.Ended, importing: Importing) throws {
        let counts = importing.counts
        if output.json { try Output.json(counts.json) }
        switch ended {
        case .done:
            try Output.said(counts.sentence, besidesData: output.json)
            if counts.refused > 0 {
                throw CommandError(
                    "\(counts.refused.counted("user")) the server did not take",
                    hint: "correct the lines and run the same command again")
            }
        case .stopped:
            Output.complain(importing.soFar)
            Output.hint("stopped; the same command goes on from there")
            throw ExitCode(Stops.code)
        case .outOfReach(let reason):
            Output.complain(importing.soFar)
            throw CommandError(reason, hint: "the same command, run later, goes on from there", code: .later)
        }
    }
}
