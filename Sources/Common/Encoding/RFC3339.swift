/// A day in UTC.
public struct UTCDay: Equatable, Sendable {
    /// The year, from 1970 on.
    public let year: Int64
    /// The month, 1 to 12.
    public let month: Int64
    /// The day of the month, 1 to 31.
    public let day: Int64

    /// The day of a time, by Howard Hinnant's `civil_from_days`.
    ///
    /// - Parameter unixTime: Unix time in seconds; negative times count as 0.
    public init(unixTime: Int64) {
        let days = max(0, unixTime) / 86_400 + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        month = if shifted < 10 { shifted + 3 } else { shifted - 9 }
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
    }
}

/// Times as text (RFC 3339, section 5.6).
public enum RFC3339 {
    /// A time in UTC, such as `2026-11-24T01:02:03Z`.
    ///
    /// - Parameter unixTime: Unix time in seconds; negative times count as 0.
    /// - Returns: the text.
    public static func utc(_ unixTime: Int64) -> String {
        let time = max(0, unixTime)
        let day = UTCDay(unixTime: time)
        let clock = [time / 3_600 % 24, time / 60 % 60, time % 60].map(twoDigits).joined(separator: ":")
        return "\(day.year)-\(twoDigits(day.month))-\(twoDigits(day.day))T\(clock)Z"
    }

    private static func twoDigits(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
}
