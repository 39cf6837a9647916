internal import Glibc
public import Identifiers
public import LoginPolicy

/// The calendar of this host, in the time zone of /etc/localtime (tzset(3)).
public enum HostTime {
    /// Returns the first second after a day.
    ///
    /// - Parameter day: a day in local time.
    /// - Returns: seconds since 1970.
    public static func end(of day: CivilDay) -> Int64 {
        var parts = tm()
        parts.tm_year = CInt(clamping: day.year - 1900)
        parts.tm_mon = CInt(clamping: day.month - 1)
        parts.tm_mday = CInt(clamping: day.day + 1)
        parts.tm_isdst = -1
        return Int64(mktime(&parts))
    }
}

extension EnrolmentRules {
    /// When grace ends for everybody, in seconds since 1970; nil if no last day is set.
    public var graceEnd: Int64? { graceUntil.map(HostTime.end) }

    /// Whether the last day of grace has passed on this host.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Returns: false if no last day is set.
    public func isOver(_ now: Int64) -> Bool { graceEnd.map { now >= $0 } ?? false }
}
