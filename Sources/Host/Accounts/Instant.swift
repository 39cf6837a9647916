internal import Glibc

/// A moment by the wall clock and, within one boot of the machine, by a clock that does not jump.
public struct Instant: Equatable, Sendable {
    /// Seconds since 1970.
    public let wall: Int64
    /// The moment on the clock that does not jump; nil if it is not known.
    public let bootTime: BootTime?

    /// Seconds since the machine started, including the time that it slept (CLOCK_BOOTTIME).
    public struct BootTime: Equatable, Sendable {
        /// The kernel's id of this boot (random(4)).
        public let boot: String
        /// Seconds since the machine started.
        public let seconds: Int64

        /// Takes the values as they are.
        public init(boot: String, seconds: Int64) {
            self.boot = boot
            self.seconds = seconds
        }

        /// A moment of this boot; nil if the kernel does not tell the id of the boot.
        ///
        /// - Parameter milliseconds: milliseconds since the machine started (CLOCK_BOOTTIME).
        public init?(milliseconds: Int64) {
            guard let boot = Self.thisBoot else { return nil }
            self.init(boot: boot, seconds: milliseconds / 1000)
        }

        /// The id of this boot (random(4)).
        private static let thisBoot: String? = {
            let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: 36)
            guard unsafe read(descriptor, &bytes, bytes.count) == bytes.count,
                bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else {
                return nil
            }
            return String(decoding: bytes, as: UTF8.self)
        }()
    }

    /// Takes the values as they are.
    public init(wall: Int64, bootTime: BootTime? = nil) {
        self.wall = wall
        self.bootTime = bootTime
    }

    /// Seconds from this moment to another, never negative.
    ///
    /// Within one boot they are exact, whatever the wall clock did. Otherwise the wall clock counts, and 0 if it went
    /// back.
    public func elapsed(until later: Instant) -> Int64 {
        if let from = bootTime, let to = later.bootTime, from.boot == to.boot {
            return max(0, to.seconds.less(from.seconds))
        }
        return max(0, later.wall.less(wall))
    }

    /// Whether the wall clock was ahead when the moment was noted, and no better clock tells how long ago that was.
    func liesAhead(of now: Instant) -> Bool {
        if let from = bootTime, let to = now.bootTime, from.boot == to.boot { return false }
        return wall > now.wall.adding(TimeWindow.skew)
    }

    /// The stored form: the wall clock, and behind a blank each the seconds and the id of the boot.
    var text: String { bootTime.map { "\(wall) \($0.seconds) \($0.boot)" } ?? "\(wall)" }

    /// Reads the stored form; nil for any other text.
    init?(text: String) {
        let words = text.split(separator: " ")
        guard let wall = words.first.flatMap({ Int64($0) }) else { return nil }
        guard words.count == 3, let seconds = Int64(words[1]) else {
            self.init(wall: wall)
            return
        }
        self.init(wall: wall, bootTime: BootTime(boot: String(words[2]), seconds: seconds))
    }
}

extension Int64 {
    /// The difference, or the nearest number that fits.
    func less(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        guard overflow else { return difference }
        return if other < 0 { .max } else { .min }
    }
}
