public import Identifiers
internal import SQLite

/// A time in which the person is not asked for a factor.
public struct FactorPause: Equatable, Sendable {
    /// The first second after the pause, since 1970.
    public let until: Int64
    /// When the pause was set, in seconds since 1970.
    public let made: Int64
    /// Why, in the words of the administrator.
    public let reason: String

    /// Takes the values as they are.
    public init(from made: Int64, until: Int64, reason: String) {
        self.made = made
        self.until = until
        self.reason = reason
    }

    /// Whether the pause holds now.
    ///
    /// A pause that is longer than the settings allow never holds, nor does one that was set in the future.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - maxHours: the longest pause that the settings allow.
    /// - Returns: whether the person is not asked.
    public func holds(at now: Int64, maxHours: Int) -> Bool {
        until > now && made <= now.adding(TimeWindow.skew) && until <= made.adding(maxHours * 3_600)
    }
}

extension Accounts {
    /// Sets or ends a pause.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - pause: the pause; nil to end it.
    /// - Returns: what changed.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func setPause(_ person: Person, to pause: FactorPause?) throws -> AccountChange {
        try change(person, forgetsNamesakes: pause != nil) {
            try update(
                person, "paused_until = ?2, paused_at = ?3, pause_reason = ?4", pause?.until, pause?.made, pause?.reason
            )
        }
    }
}
