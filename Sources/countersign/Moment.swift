internal import Glibc

/// The clock, and how its moments are written: they are seconds since 1970.
enum Moment {
    static var now: Int64 { Int64(time(nil)) }

    /// As in RFC 3339, in UTC.
    static func utc(_ moment: Int64) -> String {
        var parts = tm()
        var moment = time_t(moment)
        gmtime_r(&moment, &parts)
        return text(&parts, "%Y-%m-%dT%H:%M:%SZ")
    }

    /// As in RFC 3339, in this host's time.
    static func local(_ moment: Int64) -> String {
        var parts = tm()
        var moment = time_t(moment)
        localtime_r(&moment, &parts)
        let zone = text(&parts, "%z")
        return text(&parts, "%Y-%m-%dT%H:%M:%S") + zone.prefix(3) + ":" + zone.dropFirst(3)
    }

    /// To the minute, in this host's time, for columns.
    static func short(_ moment: Int64) -> String {
        var parts = tm()
        var moment = time_t(moment)
        localtime_r(&moment, &parts)
        return text(&parts, "%Y-%m-%d %H:%M")
    }

    private static func text(_ parts: inout tm, _ format: String) -> String {
        var buffer = [CChar](repeating: 0, count: 64)
        let length = strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
