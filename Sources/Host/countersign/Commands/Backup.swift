internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import HostSettings
internal import NewFile

struct Backup: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a copy of the accounts to a file, while logins go on.",
        discussion: """
            The copy is whole and consistent, which `cp` of a file in use is not. It holds all SoftToken secrets: keep \
            it as the host itself.

            Examples:
              countersign backup /root/accounts-$(date +%F)
              countersign restore /root/accounts-2027-03-31
            """)

    @Argument(help: ArgumentHelp("Where to, a file that is not there yet.", valueName: "file"), completion: .file())
    var file: Path
    @OptionGroup var output: OutputOption
    @OptionGroup var option: SettingsOption

    func perform() throws {
        let serviceUser = try ServiceUser.current()
        let settings = try Settings.load(option.config.text, trust: serviceUser.trust)
        let accounts = try AccountsFile(settings, beside: option.config.text, serviceUser)
        guard let id = accounts.markedID else {
            throw CommandError("there are no accounts yet", hint: "countersign init\(accounts.again)")
        }
        try write { try accounts.export(to: $0, id: id) }
        try Audit.current().write("backup", detail: file.text)
        if output.json { return try Output.json(.object(["file": .string(file.text), "id": .string(id)])) }
        try Output.line("\(file): a copy of the accounts, with all their secrets; id \(id)")
    }

    private func write(_ body: (CInt) throws -> Void) throws {
        do {
            let made = try NewFile(file.text)
            defer { made.discard() }
            try body(made.descriptor)
            try made.finish()
        } catch let error as NewFileError {
            throw failure(error)
        }
    }

    private func failure(_ error: NewFileError) -> CommandError {
        switch error {
        case .exists: CommandError("\(file) is there already", hint: "name another file, or remove it")
        case .failed(let why):
            CommandError(
                "\(file) cannot be written: \(why)", hint: "name a file in a directory that is there and has room")
        }
    }
}

struct Restore: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a backup in place of the accounts, while logins go on.",
        discussion: """
            The accounts that there were are kept beside it, under a name that is told. What was used up since the \
            backup was made is there again: grace logins, recovery codes, phones and SoftTokens that were taken away. \
            What was open in it is ended, and codes of this moment are spent.

            It refuses what is no backup, is damaged, is of a later version, or is of other accounts than this host's. \
            With --adopt it takes those of another host, or of a host that was set up anew, and copies that were made \
            by hand.

            Examples:
              countersign restore /root/accounts-2027-03-31
              countersign restore /root/accounts-2027-03-31 --adopt      on a machine that takes the old one's place
            """)

    @Argument(help: ArgumentHelp("What `backup` has written.", valueName: "file"), completion: .file())
    var file: Path
    @Flag(help: "Also accounts that are not this host's, or that were changed by hand.")
    var adopt = false
    @OptionGroup var confirmation: ConfirmationOption
    @OptionGroup var output: OutputOption
    @OptionGroup var option: SettingsOption

    func perform() throws {
        let serviceUser = try ServiceUser.current()
        let audit = try Audit.current()
        let settings = try Settings.load(option.config.text, trust: serviceUser.trust)
        let accounts = try AccountsFile(settings, beside: option.config.text, serviceUser)
        let source = try opened()
        defer { close(source) }
        let summary = try accounts.inspect(source, adopts: adopt)
        try compare(summary, accounts: accounts)
        let last = summary.lastLogin.map { "the last login in it was at \(Timestamp.local($0))" } ?? "no login is in it"
        let people = summary.accounts.counted("account")
        try confirmation.ask(
            "\(file) has \(people), and \(last). It takes the place of the accounts of this host.", for: "restore")
        let restored = try accounts.restore(source, seen: summary, adopts: adopt)
        audit.write(
            "restore", detail: "\(file.text), id \(summary.id); before: \(restored.kept ?? "none")", level: .warning)
        try report(restored, path: accounts.path)
    }

    private func opened() throws -> CInt {
        let source = open(file.text, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard source >= 0 else {
            throw CommandError("\(file): \(systemReason())", hint: "name a file that `countersign backup` has written")
        }
        var found = stat()
        guard fstat(source, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
            close(source)
            throw CommandError("\(file): not a regular file", hint: "name a file that `countersign backup` has written")
        }
        return source
    }

    private func compare(_ summary: AccountsFile.Summary, accounts: AccountsFile) throws {
        guard !adopt, let id = accounts.markedID, id != summary.id else { return }
        throw CommandError(
            "\(file): not the accounts of this host, which have the id \(id), but those with the id \(summary.id)",
            hint: "if they are to be this host's from now on: countersign restore \(file) --adopt\(accounts.again)")
    }

    private func report(_ restored: AccountsFile.Restored, path: String) throws {
        let (summary, kept) = (restored.summary, restored.kept)
        if output.json {
            return try Output.json(
                .object([
                    "path": .string(path), "id": .string(summary.id), "accounts": .integer(Int64(summary.accounts)),
                    "last_login": summary.lastLogin.map { .string(Timestamp.utc($0)) } ?? .null,
                    "kept": kept.map { .string($0) } ?? .null,
                ]))
        }
        try Output.line("\(path): \(summary.accounts.counted("account")) from \(file)")
        if let kept {
            try Output.line(
                "those that there were: \(kept); with all their secrets, remove it when it is not needed any more")
        }
    }
}
