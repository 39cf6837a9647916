public import Records
internal import Synchronization

/// The time by which limits count: it goes with the time since the system's start, and so neither back nor ahead where somebody sets the clock
/// of the day. Over restarts it is never behind what was kept, nor behind the clock of the day.
public final class LimitClock: Sendable {
    private static let name = "limit_time"

    private let start: Int64
    private let begun: Int64
    private let uptime: @Sendable () -> Int64
    private let latest: Mutex<Int64>

    /// - Parameters:
    ///   - start: how late it is, in seconds since 1970-01-01T00:00:00Z.
    ///   - uptime: seconds since some moment, that nobody sets.
    public init(start: Int64, uptime: @escaping @Sendable () -> Int64) {
        self.start = start
        self.uptime = uptime
        begun = uptime()
        latest = Mutex(start)
    }

    /// Goes on with what the store has kept.
    /// - Parameter now: the clock of the day.
    /// - Throws: `RecordStoreError`.
    public convenience init(_ store: any RecordStore, at now: Int64, uptime: @escaping @Sendable () -> Int64)
        async throws
    {
        let kept = try await store.read { try $0.value(Self.name) }.flatMap {
            Int64(String(decoding: $0, as: UTF8.self))
        }
        self.init(start: max(kept ?? now, now), uptime: uptime)
    }

    /// Seconds; never less than before.
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
