internal import ArgumentParser
internal import Glibc

/// A time as people type it: `2h` or `7d` ago, a day, or a minute of a day in this host's time zone.
package struct TimeArgument: ExpressibleByArgument, Equatable {
    private enum Form: Equatable {
        case ago(seconds: Int64)
        case moment(Int64)
        /// First and last second of the day.
        case day(Int64, last: Int64)
    }

    private let form: Form

    /// The forms, for the help of an option.
    package static let help = "as 2h, 7d, 2027-03-31 or 2027-03-31T22:00"
    private static let units: [Character: Int64] = ["m": 60, "h": 3600, "d": 86_400, "w": 604_800]

    /// Parses an argument; nil for a time that no calendar has.
    package init?(argument: String) {
        guard let form = Self.ago(argument) ?? Self.date(argument) else { return nil }
        self.form = form
    }

    /// First second of a range that begins at this time, since 1970.
    package func first(now: Int64) -> Int64 {
        switch form {
        case .ago(let seconds): now - seconds
        case .moment(let moment), .day(let moment, _): moment
        }
    }

    /// Last second of a range that ends at this time; a day counts to its end.
    package func last(now: Int64) -> Int64 {
        if case .day(_, let last) = form { last } else { first(now: now) }
    }

    private static func ago(_ text: String) -> Form? {
        guard let unit = text.last.flatMap({ units[$0] }), let count = number(text.dropLast()), count <= 100_000 else {
            return nil
        }
        return .ago(seconds: Int64(count) * unit)
    }

    private static func date(_ text: String) -> Form? {
        let halves = text.split(omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
        guard let days = numbers(halves.first, separator: "-", lengths: [4, 2, 2]), halves.count <= 2 else {
            return nil
        }
        guard halves.count == 2 else {
            guard let first = moment(days, time: [0, 0, 0]), let last = moment(days, time: [23, 59, 59]) else {
                return nil
            }
            return .day(first, last: last)
        }
        let time =
            numbers(halves.last, separator: ":", lengths: [2, 2]).map { $0 + [0] }
            ?? numbers(halves.last, separator: ":", lengths: [2, 2, 2])
        return time.flatMap { moment(days, time: $0) }.map { .moment($0) }
    }

    private static func numbers(_ text: Substring?, separator: Character, lengths: [Int]) -> [Int]? {
        let parts = text?.split(separator: separator, omittingEmptySubsequences: false) ?? []
        guard parts.map(\.utf8.count) == lengths else { return nil }
        let numbers = parts.compactMap(number)
        return if numbers.count == lengths.count { numbers } else { nil }
    }

    private static func number(_ text: Substring) -> Int? {
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    /// Returns nil for a time that no calendar has.
    private static func moment(_ day: [Int], time: [Int]) -> Int64? {
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (CInt(day[0] - 1900), CInt(day[1] - 1), CInt(day[2]))
        (parts.tm_hour, parts.tm_min, parts.tm_sec, parts.tm_isdst) = (CInt(time[0]), CInt(time[1]), CInt(time[2]), -1)
        let moment = mktime(&parts)
        guard moment != -1, parts.tm_mday == CInt(day[2]), parts.tm_mon == CInt(day[1] - 1), (0...23).contains(time[0]),
            (0...59).contains(time[1]), (0...59).contains(time[2])
        else { return nil }
        return Int64(moment)
    }
}
