internal import Accounts
internal import ArgumentParser
internal import CSyscalls
internal import CommandSupport
internal import Glibc
internal import HostSettings
internal import Identifiers
internal import LoginPolicy

/// What users do with their own account, through sudo and the rules of countersign.sudoers.
///
/// None of these commands takes settings, helpers or a module from the caller.
struct SelfCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "self",
        abstract: "Look after your own account, through sudo.",
        discussion: """
            Acts on the account of the user who called sudo, and on no other. An account that has a factor is only \
            changed after that was proven in this run, to sudo or to this command, but for opt-in.

            Examples:
              sudo countersign self show
              sudo countersign self confirm
              sudo countersign self recovery
            """,
        subcommands: [
            SelfShow.self, SelfEnroll.self, SelfConfirm.self, SelfRecovery.self, SelfOptOut.self, SelfOptIn.self,
        ])

    /// Returns the caller of sudo, after resetting the limits inherited from the caller.
    ///
    /// A process that the caller slows down would hold the accounts' lock, and delay all logins.
    static func begin() throws -> Person {
        let person = try Caller.find()
        system_reset_inherited()
        return person
    }

    /// Opens the settings of this host and its accounts.
    ///
    /// The process moves to a session of its own, so that the caller's terminal cannot stop it. Nothing can be asked
    /// from here on.
    static func context() throws -> CommandContext {
        let error = system_fork_session()
        guard error == 0 else {
            throw CommandError("no process can be started: \(systemReason(-error))", hint: "try again", code: .later)
        }
        return try CommandContext.open(path: Path.settings.text, begins: false)
    }

    /// Throws if people share the account, as it is not known which of them is at the terminal.
    static func single(_ person: Person, in context: CommandContext) throws {
        guard try context.accounts.people(on: person.name, uid: person.uid).isEmpty else {
            throw CommandError(
                "several people share the account \(person.name)", hint: "the administrator tells them apart with --key"
            )
        }
    }
}

struct SelfShow: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what is known about you.",
        discussion: """
            Example:
              sudo countersign self show
            """)

    @OptionGroup var output: OutputOption

    func perform() throws {
        let person = try SelfCommand.begin()
        let context = try SelfCommand.context()
        try SelfCommand.single(person, in: context)
        try Show.show(person, in: context, json: output.json)
    }
}

/// A change of the caller's account.
///
/// This is not an `AdminCommand`: what the module starts must be as it is in a login program.
protocol SelfChange: ParsableCommand {
    /// Whether a factor has to be proven first.
    ///
    /// Requests that make no sense are refused here, before anything is asked.
    func needsProof(_ account: AccountProbe, settings: Settings) throws -> Bool
    /// Asks the person to agree, at the terminal.
    func ask(_ person: Person, settings: Settings) throws
    /// Changes the account.
    ///
    /// `state` is the account's state when the person began, or confirmed if a factor was proven since.
    func change(_ person: Person, in context: CommandContext, from state: AccountState) throws
}

extension SelfChange {
    func run() throws { try runChange() }

    func ask(_ person: Person, settings: Settings) throws {}

    func runChange() throws {
        do {
            let person = try SelfCommand.begin()
            let settings = try Settings.load(Path.settings.text, trust: ServiceUser.current().trust)
            let before = try AccountProbe(person, attempts: RunningProcess.sudo().map { $0.attempt(of: person) })
            let proof: StepUpProof? =
                if try needsProof(before, settings: settings) {
                    try StepUpProof.ofSudo(before, settings: settings) ?? StepUpProof.prove(person)
                } else {
                    nil
                }
            try ask(person, settings: settings)
            try ProcessPrivileges.harden()
            let context = try SelfCommand.context()
            try SelfCommand.single(person, in: context)
            try proof?.check(context)
            // The account may have been confirmed meanwhile.
            guard try proof != nil || context.accounts.account(of: person).state == before.state else {
                throw CommandError("the account of \(person.name) has changed meanwhile", hint: "run this again")
            }
            let state: AccountState = if proof == nil { before.state } else { .confirmed }
            try change(person, in: context, from: state)
        } catch let code as ExitCode { throw code } catch { throw CommandError(error) }
    }
}

struct SelfRecovery: SelfChange {
    static let configuration = CommandConfiguration(
        commandName: "recovery",
        abstract: "Make ten recovery codes for yourself.",
        discussion: """
            Asks for your second factor first. The codes are shown this once, and those that were made before are void.

            Examples:
              sudo countersign self recovery
              sudo countersign self recovery --count      how many are left
            """)

    @Flag(help: "Only tell how many are left.")
    var count = false

    func run() throws {
        guard count else { return try runChange() }
        do {
            try ProcessPrivileges.harden()
            let person = try SelfCommand.begin()
            let context = try SelfCommand.context()
            try SelfCommand.single(person, in: context)
            try RecoveryCommand.showCount(person, in: context, json: false)
        } catch { throw CommandError(error) }
    }

    func needsProof(_ account: AccountProbe, settings: Settings) throws -> Bool {
        guard account.state != .confirmed else { return true }
        throw CommandError(
            "you have not proven a second factor yet, for which recovery codes could stand",
            hint: "sudo countersign self confirm")
    }

    func change(_ person: Person, in context: CommandContext, from state: AccountState) throws {
        try RecoveryCommand.make(person, in: context, json: false)
    }
}

struct SelfOptOut: SelfChange {
    static let configuration = CommandConfiguration(
        commandName: "opt-out",
        abstract: "Do without a second factor yourself, where that is allowed.",
        discussion: """
            Asks for your second factor first, if you have one. The administrator can undo it.

            Example:
              sudo countersign self opt-out
            """)

    func needsProof(_ account: AccountProbe, settings: Settings) throws -> Bool {
        guard settings.enrolment.optOut != .no else {
            throw CommandError(
                "nobody may opt out here: enrolment.opt_out is \"no\"", hint: "ask the administrator", code: .refused)
        }
        guard isatty(STDIN_FILENO) == 1 else {
            throw CommandError("nobody is at a terminal to confirm this", hint: "run it in a terminal")
        }
        // This includes a factor that was never proven: the password alone must not remove it.
        return account.state != .none
    }

    func ask(_ person: Person, settings: Settings) throws {
        // As long as the prompt of a login, and two minutes at most.
        let seconds = min(settings.login(for: StepUpProof.service).deadline, 120)
        let texts = TextsFile.load(beside: Path.settings.text, trust: try ServiceUser.current().trust).texts
        try OptOut.argue(person, settings: settings, texts: texts) {
            try Confirmation.ask($0, for: person.name, seconds: seconds)
        }
    }

    func change(_ person: Person, in context: CommandContext, from state: AccountState) throws {
        try Output.line(OptOut.optOut(person, in: context, onlyIn: state))
    }
}

struct SelfOptIn: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "opt-in",
        abstract: "Undo your opt-out.",
        discussion: """
            Not where you could not log in afterwards: an administrator enrolls you first.

            Example:
              sudo countersign self opt-in
            """)

    func perform() throws {
        let person = try SelfCommand.begin()
        let context = try SelfCommand.context()
        try SelfCommand.single(person, in: context)
        let view = AccountView(person, try context.accounts.account(of: person), context.settings, now: context.now)
        guard !(view.isOptedOut && view.lacksFactor) else {
            throw CommandError(
                "you have no second factor, and could not log in afterwards",
                hint: "ask the administrator: countersign enroll",
                code: .refused)
        }
        try Output.line(OptIn.optIn(person, in: context))
    }
}
