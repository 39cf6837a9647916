public import Records
internal import Synchronization

/// The clock of the limits, which follows the time since boot and so ignores changes of the wall clock.
///
/// After a restart it is never behind the stored time, nor behind the wall clock.
public final class LimitClock: Sendable {
    private static let name = "limit_time"

    private let start: Int64
    private let begun: Int64
    private let uptime: @Sendable () -> Int64
    private let latest: Mutex<Int64>

    /// Starts the clock at a time.
    ///
    /// - Parameters:
    ///   - start: The time now, as Unix time in seconds.
    ///   - uptime: Returns the seconds since a fixed point in time; it never decreases.
    public init(start: Int64, uptime: @escaping @Sendable () -> Int64) {
        self.start = start
        self.uptime = uptime
        begun = uptime()
        latest = Mutex(start)
    }

    /// Starts the clock at the stored time, or at the wall clock if that is later.
    ///
    /// - Parameters:
    ///   - store: The store that has kept the time.
    ///   - now: The wall clock, as Unix time in seconds.
    ///   - uptime: Returns the seconds since a fixed point in time; it never decreases.
    /// - Throws: `RecordStoreError` if the records cannot be read.
    public convenience init(_ store: any RecordStore, at now: Int64, uptime: @escaping @Sendable () -> Int64)
        async throws
    {
        let kept = try await store.read { try $0.value(Self.name) }.flatMap {
            Int64(String(decoding: $0, as: UTF8.self))
        }
        self.init(start: max(kept ?? now, now), uptime: uptime)
    }

    /// Returns the time in seconds; it never decreases.
    public func now() -> Int64 {
        latest.withLock { latest in
            latest = max(latest, start + uptime() - begun)
            return latest
        }
    }

    func keep(in store: any RecordStore) async throws {
        let time = Array(String(now()).utf8)
        try await store.write { try $0.setValue(Self.name, to: time) }
    }
}
