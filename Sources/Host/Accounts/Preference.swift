public import Identifiers
internal import SQLite

extension Accounts {
    /// Sets the factor that is tried first.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - factor: any factor but a recovery code; nil for the one of the settings.
    /// - Returns: what changed.
    /// - Throws: `AccountsError.invalid` for a recovery code, `AccountsError.altered` if the row is lost or was
    ///   changed; `SQLiteError`.
    public func setPreference(_ person: Person, to factor: Factor?) throws -> AccountChange {
        guard factor != .recovery else { throw AccountsError.invalid("preference") }
        return try change(person) { try update(person, "prefers = ?2", factor?.rawValue) }
    }
}
