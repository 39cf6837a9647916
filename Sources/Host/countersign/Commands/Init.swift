internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import HostSettings

struct Init: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make the accounts of this host, or see that they are there.",
        discussion: """
            A login never makes accounts: where they are missing it is denied. This makes them, and notes beside the \
            settings which ones they are; run again it changes nothing. `make install` runs it. Without settings it \
            takes /var/lib/countersign.

            Where accounts were made and are missing now, mount what they lie on, or use `countersign restore`. With \
            --anew it makes new ones: every user is new to the host then. With --adopt it takes the ones that are \
            there, whatever they are.

            Examples:
              countersign init
              countersign init --adopt      after accounts were changed in the file, or put there from another host
            """)

    @Flag(help: "Make new accounts in place of those that are missing.")
    var anew = false
    @Flag(help: "Take the accounts that are there, and every row of them as it stands.")
    var adopt = false
    @OptionGroup var confirmation: ConfirmationOption
    @OptionGroup var output: OutputOption
    @OptionGroup var option: SettingsOption

    func validate() throws {
        guard !(anew && adopt) else { throw ValidationError("--anew and --adopt exclude each other.") }
    }

    func perform() throws {
        let serviceUser = try ServiceUser.current()
        let settings = try load(serviceUser)
        let accounts = try AccountsFile(settings, beside: option.config.text, serviceUser)
        let (how, id) = if adopt { ("adopted", try adopt(accounts)) } else { try prepare(accounts) }
        // A warning, as users can now be let in without a factor, or with another one.
        if anew || adopt {
            try Audit.current().write("init", detail: "\(accounts.path) \(how), id \(id)", level: .warning)
        }
        if output.json {
            return try Output.json(
                .object(["path": .string(accounts.path), "id": .string(id), "result": .string(how)]))
        }
        try Output.line("\(accounts.path): \(sentence(how)); id \(id)")
    }

    private func sentence(_ how: String) -> String {
        switch how {
        case "made": "new accounts, without a user"
        case "adopted": "accounts taken as they are"
        default: "the accounts are there"
        }
    }

    /// Loads the settings; if there are none yet, those of a newly installed host.
    private func load(_ serviceUser: ServiceUser) throws -> Settings {
        let file = option.config.text
        let isMissing = file == Path.settings.text && access(file, F_OK) != 0 && errno == ENOENT
        if isMissing { return try Settings.parse("", file: file) }
        return try Settings.load(file, trust: serviceUser.trust)
    }

    private func prepare(_ accounts: AccountsFile) throws -> (String, String) {
        guard let marked = accounts.markedID else {
            guard !anew else { throw CommandError("no accounts were made there before", hint: "leave out --anew") }
            let made = try accounts.make()
            return (made.how, made.id)
        }
        let file = accounts.path
        switch try accounts.onDisk() {
        case .accounts(let id) where id == marked:
            guard !anew else {
                throw CommandError(
                    "\(file) is there", hint: "to begin anew, move it away first, with its -wal and -shm")
            }
            let found = try accounts.make()
            return (found.how, found.id)
        case .accounts(let id):
            throw CommandError("\(AccountsError.other(file, id: id))", hint: Self.ways(accounts, last: Self.adopting))
        case .unprepared:
            throw CommandError(
                "\(file): accounts of an earlier version, though later ones were made there",
                hint: Self.ways(accounts, last: Self.adopting))
        case .nothing:
            guard anew else {
                throw CommandError(
                    "\(file): missing, though it was made (\(accounts.marker.path) says so)",
                    hint: Self.ways(
                        accounts, last: "to begin anew, with every user new to this host: countersign init --anew"))
            }
            try confirmation.ask(
                "Every user is new to this host then, and is let in by grace where the settings give it.", for: "anew")
            let made = try accounts.make()
            return (made.how, made.id)
        }
    }

    private func adopt(_ accounts: AccountsFile) throws -> String {
        if try accounts.onDisk() == .nothing {
            throw CommandError("\(accounts.path): missing", hint: "there is nothing to adopt")
        }
        try confirmation.ask("All that stands in \(accounts.path) is trusted then.", for: "adopt")
        return try accounts.adopt()
    }

    private static func ways(_ accounts: AccountsFile, last: String) -> String {
        "mount what the state directory lies on, or put back a backup: countersign restore FILE\n" + last
            + accounts.again
    }

    private static let adopting = "if they are the right ones: countersign init --adopt"
}

/// Work that `AccountsFile` has done as the user who keeps the accounts.
struct AccountsWork: AdminCommand {
    static let configuration = CommandConfiguration(commandName: "accounts-work", shouldDisplay: false)

    @Argument var work: AccountsFile.Work
    @Argument var state: String
    @Option var id = ""
    @Option var digest = ""
    @Flag var adopt = false

    func perform() throws {
        try ServiceUser.current().takeOver()
        // A file size limit then gives an error that is reported, as a full disk does.
        signal(SIGXFSZ, SIG_IGN)
        let path = state + "/accounts.db"
        switch work {
        case .look: try Output.line(words(try Accounts.existingFile(at: path)))
        case .prepare: try Output.line(words(try Accounts.prepare(path: path)))
        case .adopt: try Output.line("found \(try Accounts.adopt(path: path))")
        case .export: try Accounts.backUp(path: path, id: id, to: STDOUT_FILENO)
        case .inspect: try Output.line(words(try Accounts.summary(of: STDIN_FILENO, beside: path, adopts: adopt)))
        case .restore:
            let restored = try Accounts.restore(
                STDIN_FILENO, path: path, digest: digest, adopts: adopt,
                stamp: Timestamp.utc(Timestamp.now).replacing(":", with: ""),
                now: Timestamp.now)
            try Output.line(words(restored.summary) + (restored.kept.map { " \($0)" } ?? ""))
        }
    }

    private func words(_ summary: AccountsSummary) -> String {
        "found \(summary.id) \(summary.accounts) \(summary.lastLogin.map(String.init) ?? "-") \(summary.digest)"
    }

    private func words(_ found: Accounts.ExistingFile) -> String {
        switch found {
        case .nothing: "nothing"
        case .unprepared: "unprepared"
        case .accounts(let id): "found \(id)"
        }
    }

    private func words(_ preparation: Accounts.Preparation) -> String {
        switch preparation {
        case .made(let id): "made \(id)"
        case .adopted(let id): "adopted \(id)"
        case .found(let id): "found \(id)"
        }
    }
}

extension AccountsFile.Work: ExpressibleByArgument {}
