internal import Accounts
internal import Identifiers
internal import HostSettings

/// What the commands work with.
struct Desk {
    let settings: Settings
    let accounts: Accounts
    /// Seconds since 1970.
    let now: Int64
    private let audit: Audit

    /// Reads the settings with the caller's rights, and opens the accounts with those of whoever keeps them, for good.
    /// - Parameters:
    ///   - begins: whether accounts are made where none were ever made. Not by what only looks, nor by what users may run: accounts
    ///     whose marker was lost would be forgotten.
    ///   - prepare: done before, with the caller's rights still.
    static func open(
        _ option: SettingsOption, begins: Bool = true, prepare: (Settings, Keeper) throws -> Void = { _, _ in }
    ) throws -> Desk {
        try open(path: option.config.text, begins: begins, prepare: prepare)
    }

    static func open(path file: String, begins: Bool = true, prepare: (Settings, Keeper) throws -> Void = { _, _ in })
        throws -> Desk
    {
        let keeper = try Keeper.current()
        let audit = try Audit.current()
        let settings = try Settings.load(file, trust: keeper.trust)
        let accountsFile = try AccountsFile(settings, beside: file, keeper)
        guard let id = begins ? try accountsFile.id() : accountsFile.markedID else {
            throw Trouble("there are no accounts yet", hint: "countersign init\(accountsFile.again)")
        }
        try prepare(settings, keeper)
        try keeper.takeOver()
        let accounts = try Accounts(path: path(settings), id: id)
        accounts.steady = { Moment.steady }
        return Desk(settings: settings, accounts: accounts, now: Moment.now, audit: audit)
    }

    /// Writes into the system log what was changed; called as soon as it is.
    func tell(_ action: String, _ person: Person, _ detail: String, _ loudness: Audit.Loudness = .usual) {
        audit.tell(action, person, detail: detail, loudness)
    }

    static func path(_ settings: Settings) -> String { settings.state + "/accounts.db" }
}
