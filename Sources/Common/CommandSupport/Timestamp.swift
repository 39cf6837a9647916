internal import CSyscalls
internal import Encoding
internal import Glibc
package import Identifiers

/// The clock, and its times as text.
///
/// Times are seconds since 1970; each text names its zone. People read the host's zone; JSON, CSV and logs have UTC.
package enum Timestamp {
    /// Ignores the caller's time zone: removes TZ from the environment and calls tzset(3).
    ///
    /// Call it before any other thread runs.
    package static func dropCallersZone() {
        unsetenv("TZ")
        tzset()
    }

    /// Seconds since 1970.
    package static var now: Int64 { Int64(time(nil)) }

    /// RFC 3339, in UTC.
    package static func utc(_ moment: Int64) -> String { RFC3339.utc(moment) }

    /// RFC 3339, in this host's time zone.
    package static func local(_ moment: Int64) -> String {
        var parts = tm()
        var moment = time_t(moment)
        localtime_r(&moment, &parts)
        return text(&parts, format: "%Y-%m-%dT%H:%M:%S") + zone(&parts)
    }

    /// To the minute, in this host's time zone, for columns.
    package static func short(_ moment: Int64) -> String {
        var parts = tm()
        var moment = time_t(moment)
        localtime_r(&moment, &parts)
        return text(&parts, format: "%Y-%m-%d %H:%M") + zone(&parts)
    }

    /// The offset as in RFC 3339; `Z` for UTC.
    private static func zone(_ parts: inout tm) -> String {
        let offset = text(&parts, format: "%z")
        if parts.tm_gmtoff == 0 { return "Z" }
        return offset.prefix(3) + ":" + offset.dropFirst(3)
    }

    /// Days from today to that day in this host's calendar; nil if it is past, or cannot be computed.
    package static func days(until day: CivilDay, from now: Int64) -> Int? {
        var (today, last) = (tm(), tm())
        var moment = time_t(now)
        localtime_r(&moment, &today)
        (today.tm_hour, today.tm_min, today.tm_sec, today.tm_isdst) = (12, 0, 0, -1)
        (last.tm_year, last.tm_mon, last.tm_mday, last.tm_hour, last.tm_isdst) = (
            CInt(day.year - 1900), CInt(day.month - 1), CInt(day.day), 12, -1
        )
        let seconds = mktime(&last) - mktime(&today)
        return if seconds < -43_200 { nil } else { (seconds + 43_200) / 86_400 }
    }

    /// Says roughly how long ago it was.
    package static func age(_ moment: Int64, now: Int64) -> String {
        let seconds = max(0, now - moment)
        let units: [(Int64, String)] = [(86_400, "day"), (3_600, "hour"), (60, "minute")]
        guard let (length, unit) = units.first(where: { seconds >= $0.0 }) else { return "just now" }
        return "\((seconds / length).counted(unit)) ago"
    }

    private static func text(_ parts: inout tm, format: String) -> String {
        var buffer = [CChar](repeating: 0, count: 64)
        let length = strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
