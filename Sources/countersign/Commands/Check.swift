internal import Accounts
internal import ArgumentParser
internal import Glibc
internal import Settings

struct Check: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "See whether the settings are right.",
        discussion: """
            Prints "ok", or the error that every login would write to the log, and exits with 1. Warns of what else would keep logins \
            from working. Run it as root after each change.

            Examples:
              countersign check
              countersign check --config /root/new.toml
            """)

    @OptionGroup var option: SettingsOption
    @Option(help: ArgumentHelp("Where the helpers are.", valueName: "dir"), completion: .directory)
    var helpers: Path = .helpers

    func perform() throws {
        // The login reads the settings as the same user, so this does too.
        let keeper = try? Keeper.current()
        try keeper?.takeOver()
        let trust = keeper?.trust ?? Trust(owner: 0, group: 0)
        if Keeper.isRoots { for finding in try Finding.users() { finding.warn() } }
        let file = option.config.text
        let settings = try Settings.load(file, trust: trust)
        if Keeper.isRoots, settings.server?.isPlain == true {
            let message = "http is not taken for logins of this machine; use https or unix:"
            throw SettingsError(file: file, key: "server.url", message: message)
        }
        let findings =
            Finding.state(settings, keeper) + Finding.server(settings.server, trust)
            + Finding.helpers(helpers.text, ownedBy: trust.owner, withServer: settings.server != nil)
        for finding in findings { finding.warn() }
        try Output.line("ok")
    }
}
