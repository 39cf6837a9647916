internal import Accounts
internal import CommandSupport
internal import Encoding
internal import HostSettings
internal import Identifiers
internal import LoginPolicy

/// Settings and accounts that a command works with.
struct CommandContext {
    let settings: Settings
    /// What users read, if the command shows it to one.
    let texts: Texts
    let accounts: Accounts
    /// Seconds since 1970.
    let now: Int64
    private let audit: Audit

    /// Reads the settings with the caller's rights, then becomes the user who keeps the accounts, and opens them.
    ///
    /// With `begins`, accounts are made if none were ever made. Commands that only read, and those that users may run,
    /// leave it off: if the marker were lost, the accounts would be forgotten. `prepare` runs with the caller's rights,
    /// before the process changes its user for good.
    static func open(
        _ option: SettingsOption, begins: Bool = true, prepare: (Settings, ServiceUser) throws -> Void = { _, _ in }
    ) throws -> CommandContext {
        try open(path: option.config.text, begins: begins, prepare: prepare)
    }

    static func open(
        path file: String, begins: Bool = true, prepare: (Settings, ServiceUser) throws -> Void = { _, _ in }
    )
        throws -> CommandContext
    {
        let serviceUser = try ServiceUser.current()
        let audit = try Audit.current()
        let settings = try Settings.load(file, trust: serviceUser.trust)
        let texts = TextsFile.load(beside: file, trust: serviceUser.trust).texts
        let accountsFile = try AccountsFile(settings, beside: file, serviceUser)
        let id = if begins { try accountsFile.id() } else { accountsFile.markedID }
        guard let id else {
            throw CommandError("there are no accounts yet", hint: "countersign init\(accountsFile.again)")
        }
        try prepare(settings, serviceUser)
        try serviceUser.takeOver()
        let accounts = try Accounts(path: path(settings), id: id)
        accounts.bootTime = { Timestamp.bootTime }
        return CommandContext(settings: settings, texts: texts, accounts: accounts, now: Timestamp.now, audit: audit)
    }

    /// Writes a change to the system log; call it as soon as the change is stored.
    func logChange(_ action: String, of person: Person, detail: String, level: AuditLog.Level = .notice) {
        audit.write(action, of: person, detail: detail, level: level)
    }

    /// Says what was done: as a sentence, or with `--json` as the account, with the sentence on standard error.
    func report(_ sentence: String, on person: Person, output: OutputOption) throws {
        try Output.said(sentence, besidesData: output.json)
        guard output.json else { return }
        try Output.json(AccountView(person, try accounts.account(of: person), settings, now: now).json)
    }

    /// Returns the people of the same system account who are told apart by their keys; none if `person` has a key.
    func peopleWithKeys(beside person: Person) throws -> [Person] {
        if person.key == nil { try accounts.people(on: person.name, uid: person.uid) } else { [] }
    }

    static func path(_ settings: Settings) -> String { settings.state + "/accounts.db" }
}
