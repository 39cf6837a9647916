internal import ArgumentParser
internal import CommandSupport
internal import Encoding
internal import Glibc

struct Setup: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Make the logins of this host ask for a second factor, with a way back.",
        discussion: """
            Looks at the stacks in /etc/pam.d, the settings of sshd and the users of this host, shows what will \
            change and for which users, and on a yes writes it. A host that it does not understand is left as it is.

            In a login by ssh, and at any terminal that is not certainly the console's, everything is put back after \
            ten minutes, unless `countersign setup --keep` is run in a new login that has proved a second factor.

            Examples:
              countersign setup --dry-run
              countersign setup
              countersign setup --service sudo --service su --yes
              countersign setup --join - < code.txt --yes
              countersign setup --keep
              countersign setup --undo
            """)

    @Option(
        help: ArgumentHelp(
            "A service that is to ask; may be repeated. (default: sshd and sudo)", valueName: "name"),
        completion: .services)
    var service: [String] = []
    @Flag(help: "Ask users who log in by ssh with a key as well: key, then second factor.")
    var askKeys = false
    @Option(
        help: ArgumentHelp("A user whose ssh key stays enough; may be repeated.", valueName: "user"),
        completion: .users)
    var leave: [String] = []
    @OptionGroup var settings: SetupSettings
    @Flag(help: "Show what would change, and change nothing.")
    var dryRun = false
    @Option(
        help: ArgumentHelp(
            "Put everything back after this time, as 90s, 10m or 1h, or never. (default: 10m; at the console never)",
            valueName: "time"))
    var rollbackAfter: RollbackTime?
    @Flag(help: "Keep the changes; only in a new login that has proved a second factor.")
    var keep = false
    @Flag(help: "Put everything back as it was before.")
    var undo = false
    @OptionGroup var confirmation: ConfirmationOption
    @OptionGroup var output: OutputOption
    @Option(help: .hidden) var scheduled: String?
    @Option(help: .hidden) var wait: Int64?

    func validate() throws {
        if let wrong = service.first(where: { $0.isEmpty || $0.hasPrefix(".") || $0.contains("/") }) {
            throw ValidationError("\"\(wrong)\" is not the name of a service.")
        }
        guard !(keep && undo) else { throw ValidationError("--keep and --undo exclude each other.") }
        if output.json, !dryRun, !confirmation.yes, !keep, !undo {
            throw ValidationError("--json needs --dry-run or --yes.")
        }
    }

    func perform() throws {
        guard ServiceUser.isRoots else {
            throw CommandError("only root can set up the logins of this host", hint: "sudo countersign setup")
        }
        if let scheduled { return try SetupRollback.run(scheduled, after: wait) }
        if keep { return try keepIt() }
        if undo { return try putBack() }
        if !dryRun { try SetupJournal.lock() }
        try start()
    }

    // MARK: ending one

    private func journal() throws -> SetupJournal {
        guard let journal = try SetupJournal.load() else {
            throw CommandError("no setup is in force", hint: "countersign setup --dry-run")
        }
        return journal
    }

    private func keepIt() throws {
        // Where there was none, not even the lock is made.
        _ = try journal()
        try SetupJournal.lock()
        try SetupKeep.keep(try journal(), output: output)
    }

    private func putBack() throws {
        var journal = try journal()
        if dryRun {
            return try Output.line("would be put back: \(journal.changes.map(\.path).joined(separator: ", "))")
        }
        try confirmation.ask(
            "\(journal.services.joined(separator: ", ")) will ask for no second factor any more.", for: "yes")
        // Nobody holds the lock while a question is open: the way back must not wait for an answer.
        try SetupJournal.lock()
        let id = journal.id
        journal = try self.journal()
        guard journal.id == id else {
            throw CommandError("another setup was made meanwhile", hint: "run countersign setup --undo again")
        }
        try SetupUndo.undo(journal)
        SetupRollback.log("undone", journal)
        let files = journal.changes.map(\.path)
        try Output.said("put back: \(files.joined(separator: ", "))", besidesData: output.json)
        if output.json { try Output.json(["undone": .array(files.map { .string($0) })]) }
    }

    // MARK: starting one

    private func start() throws {
        if let journal = try SetupJournal.load() {
            let what = journal.isApplied ? "a setup is in force" : "a setup was interrupted"
            throw CommandError(
                "\(what): \(journal.services.joined(separator: ", "))",
                hint: "countersign setup --undo puts everything back; then run this again")
        }
        var settings = settings
        if SetupSettings.exist, settings.areGiven {
            throw CommandError(
                "there are settings already: \(SetupSettings.file)", hint: "edit them, or leave these options out")
        }
        if !SetupSettings.exist, !dryRun, !confirmation.yes, isatty(STDIN_FILENO) == 1 { try settings.ask() }
        let joined = try settings.readCode()
        let scratch = try SetupScratch()
        let accounts = SetupAccounts(newGrace: settings.grace)
        let wanted = service.isEmpty ? SetupPlan.usual.filter { AuthStack(of: $0) != nil } : service
        let plan = try SetupPlan(
            wanted, asksKeys: askKeys, leaving: leave, accounts: accounts, scratch: scratch)
        let diffs = try plan.changes.map { try $0.diff(scratch) }
        if output.json {
            try Output.json(plan.json(diffs: diffs))
        } else {
            try show(plan, diffs: diffs, joined: joined)
        }
        let problems = try SetupRequirements.problems(services: plan.services)
        if dryRun {
            problems.forEach { $0.show() }
            return
        }
        if let problem = problems.first { throw CommandError(problem.message, hint: problem.hint) }
        guard !plan.changes.isEmpty else { return Output.complain("nothing is to be changed") }
        try apply(plan, settings: settings)
    }

    private func show(_ plan: SetupPlan, diffs: [String], joined: String?) throws {
        for line in plan.lines { try Output.line(line) }
        if !SetupSettings.exist {
            try Output.line("New: \(SetupSettings.file), and the accounts of this host")
        }
        if let joined { try Output.line("Logins will ask the server \(joined), and this spends its code") }
        for diff in diffs { try Output.line("\n\(diff.split(separator: "\n").joined(separator: "\n"))") }
    }

    private func apply(_ plan: SetupPlan, settings: SetupSettings) throws {
        let isOverSSH = LoginAncestry().mayBeOverSSH
        let seconds = (rollbackAfter ?? (isOverSSH ? .usual : .never)).seconds
        let back = seconds.map { " In \($0) seconds everything is put back, unless it is kept." } ?? ""
        try confirmation.ask("This is going to be written.\(back)", for: "yes")
        try settings.write(services: plan.services)
        let journal = SetupJournal(
            services: plan.services, changes: plan.changes, isOverSSH: isOverSSH, rollbackAfter: seconds)
        try journal.write()
        do { try SetupRollback.arm(journal) } catch {
            try journal.noteUndone()
            throw error
        }
        try SetupApply.apply(journal, plan: plan)
        SetupRollback.log("applied", journal)
        try Output.said(
            "done: \(plan.services.joined(separator: ", ")) ask for a second factor", besidesData: output.json)
        guard let at = journal.rollbackAt else {
            return Output.hint(
                "leave this shell open, try a login in another terminal; the way back: countersign setup --undo")
        }
        Output.warning("everything is put back at \(Timestamp.local(at)), unless it is kept")
        Output.hint("log in anew, give the second factor, and run there: countersign setup --keep")
    }
}

/// A time after which everything is put back.
struct RollbackTime: ExpressibleByArgument {
    /// Nil for never.
    let seconds: Int64?

    static let usual = RollbackTime(seconds: 600)
    static let never = RollbackTime(seconds: nil)

    private init(seconds: Int64?) { self.seconds = seconds }

    init?(argument: String) {
        if argument == "never" {
            self = .never
            return
        }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600]
        guard let unit = argument.last.flatMap({ units[$0] }), let count = Int64(argument.dropLast()),
            (1...86_400).contains(count)
        else { return nil }
        seconds = count * unit
    }
}

/// What has to be there before a stack names the module.
enum SetupRequirements {
    /// Returns what is missing; empty if nothing is.
    ///
    /// - Throws: `CommandError` if the system cannot look up its users.
    static func problems(services: [String]) throws -> [CheckResult] {
        var problems = try CheckResult.users().filter(\.isProblem)
        if !isModuleThere {
            problems.append(
                CheckResult(
                    "\(AuthStack.module) is in none of libpam's directories: every login would be refused",
                    "install Countersign first", effect: .stopsLogins))
        }
        problems += CheckResult.helpers(Path.helpers.text, ownedBy: 0).values.filter(\.isProblem)
        if services.contains(where: { $0.hasPrefix("sudo") }), access("/usr/sbin/visudo", X_OK) == 0,
            let (code, text) = SystemProgram.output("/usr/sbin/visudo", arguments: ["-c"], milliseconds: 10_000),
            code != 0
        {
            problems.append(
                CheckResult("visudo -c: \(text.prefix(200))", "put sudoers right first: visudo", effect: .stopsLogins))
        }
        return problems
    }

    private static var isModuleThere: Bool {
        let triplets = ["/lib", "/usr/lib"].flatMap { above in Folder.names(above).map { "\(above)/\($0)" } }
        return (["/lib", "/lib64", "/usr/lib", "/usr/lib64"] + triplets).contains {
            access("\($0)/security/\(AuthStack.module)", R_OK) == 0
        }
    }
}
