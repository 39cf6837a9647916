public import Identifiers
public import LoginPolicy
internal import SQLite

/// Doing without a factor, where the settings allow it.
extension Accounts {
    /// Notes that the person opts out of a factor; existing factors stay, and are asked for again after `optIn`.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - now: seconds since 1970.
    ///   - state: the state that the account must have, if the caller has decided by it; nil for any.
    /// - Returns: nil if the state differs. Nothing was written then.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func optOut(_ person: Person, now: Int64, onlyIn state: AccountState? = nil) throws -> AccountChange? {
        try change(person, where: { state == nil || $0.state == state }) {
            try update(person, "opted_out = coalesce(opted_out, ?2)", now)
        }
    }

    /// Undoes an opt-out.
    ///
    /// - Parameter person: the person.
    /// - Returns: what changed.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func optIn(_ person: Person) throws -> AccountChange {
        try change(person, forgetsNamesakes: false) { try update(person, "opted_out = NULL") }
    }
}
