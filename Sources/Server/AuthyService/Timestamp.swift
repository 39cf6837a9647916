/// Writes times as the API does.
public enum Moment {
    /// Writes a time in UTC as in RFC 3339, section 5.6, such as `2026-11-24T01:02:03Z`.
    ///
    /// - Parameter unixTime: Unix time in seconds; negative times count as 0.
    /// - Returns: The text.
    public static func text(_ unixTime: Int64) -> String {
        let time = max(0, unixTime)
        let (year, month) = AuthyService.monthOfYear(time)
        let day = AuthyService.dayOfMonth(time)
        let clock = [time / 3_600 % 24, time / 60 % 60, time % 60].map(two).joined(separator: ":")
        return "\(year)-\(two(month))-\(two(day))T\(clock)Z"
    }

    private static func two(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
}
