internal import Glibc

/// The current time in seconds since 1970.
func now() -> Int64 { Int64(time(nil)) }

enum Calendar {
    /// A time in UTC, as in RFC 3339 but without seconds.
    static func text(of time: Int64) -> String {
        var (seconds, parts) = (time_t(time), tm())
        gmtime_r(&seconds, &parts)
        let two = { (number: CInt) in (number < 10 ? "0" : "") + String(number) }
        return """
            \(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))\
            T\(two(parts.tm_hour)):\(two(parts.tm_min))Z
            """
    }
}
