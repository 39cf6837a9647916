internal import Accounts
internal import Settings

/// What the commands work with.
struct Desk {
    let settings: Settings
    let accounts: Accounts
    /// Seconds since 1970.
    let now: Int64

    /// Reads the settings with the caller's rights, and opens the accounts with those of whoever keeps them, for good.
    static func open(_ option: SettingsOption) throws -> Desk {
        let keeper = try Keeper.current()
        let settings = try Settings.load(option.config.text, trust: keeper.trust)
        try StateFolder.make(settings.state, for: keeper)
        try keeper.takeOver()
        return Desk(settings: settings, accounts: try Accounts(path: path(settings), mode: .create), now: Moment.now)
    }

    static func path(_ settings: Settings) -> String { settings.state + "/accounts.db" }
}
