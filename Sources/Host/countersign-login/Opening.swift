internal import Accounts
internal import CSyscalls
internal import HostSettings
internal import LoginPolicy
internal import SettingsFile

/// Opens the settings and accounts of a login.
extension LoginRequest {
    /// Loads the settings that the module names.
    ///
    /// - Throws: `LoginError` for any error in them, and for a server without TLS if the login program is root.
    func loadSettings() throws -> Settings {
        do {
            let settings = try Settings.load(settingsPath, trust: trust)
            if isElevated, settings.server?.isPlain == true {
                let advice = "http is not taken for logins of this machine; use https or unix:"
                throw LoginError(reason: .settings, detail: "\(settingsPath): server.url: \(advice)")
            }
            return settings
        } catch let error as SettingsError {
            throw LoginError(reason: .settings, detail: error.description)
        }
    }

    /// Opens the accounts that the marker names for these settings.
    ///
    /// A login never creates accounts: if they are missing, their volume may not be mounted.
    ///
    /// - Parameters:
    ///   - settings: the settings.
    ///   - waitsUntil: until when a locked database is waited for: a time of `system_now`, in milliseconds.
    /// - Returns: the accounts.
    /// - Throws: `LoginError` if the marker does not name them, and errors of the accounts.
    func openAccounts(of settings: Settings, waitsUntil: Int64?) throws -> Accounts {
        let marker: AccountsMarker
        do {
            marker = try AccountsMarker.load(beside: settingsPath, trust: trust)
        } catch {
            throw LoginError(reason: .accounts, detail: error.description)
        }
        guard let id = marker.id(of: settings.state) else {
            throw LoginError(
                reason: .accounts,
                detail: "\(marker.path) names no accounts in \(settings.state); run countersign init as root")
        }
        let accounts = try Accounts(path: settings.state + "/accounts.db", id: id, waitsUntil: waitsUntil)
        accounts.bootTime = { Instant.BootTime(milliseconds: system_now()) }
        return accounts
    }
}
