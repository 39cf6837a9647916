public import Logging
internal import Synchronization

/// Logs events that clients can cause as often as they like, at most once a minute for each subject.
///
/// The entry says how many events of its kind there were.
public final class RateLimitedLog: Sendable {
    private static let span: Int64 = 60
    private static let most = 1_000

    private struct Entry {
        let at: Int64
        var suppressed = 0
    }

    private let log: Logger
    private let entries = Mutex<[String: Entry]>([:])

    init(_ log: Logger) { self.log = log }

    /// Logs a warning, unless there was one about the same thing within the last minute.
    ///
    /// - Parameters:
    ///   - event: The name of the event.
    ///   - thing: The subject of the event, such as an IP address.
    ///   - metadata: The metadata of the entry; `count` is added if it stands for several events.
    ///   - time: The time in seconds.
    public func warn(_ event: String, about thing: String, metadata: Logger.Metadata, at time: Int64) {
        guard let count = count(event + " " + thing, or: event, at: time) else { return }
        var metadata = metadata
        if count > 1 { metadata["count"] = "\(count)" }
        log.warning("\(event)", metadata: metadata)
    }

    /// Returns how many events the entry stands for; nil if none is written.
    private func count(_ name: String, or common: String, at time: Int64) -> Int? {
        entries.withLock { entries in
            if entries.count >= Self.most, entries[name] == nil {
                entries = entries.filter { time - $0.value.at < Self.span }
            }
            // With too many subjects, the new ones share one entry.
            let name = if entries.count >= Self.most && entries[name] == nil { common } else { name }
            if let last = entries[name], time - last.at < Self.span {
                entries[name]?.suppressed += 1
                return nil
            }
            let suppressed = entries[name]?.suppressed ?? 0
            entries[name] = Entry(at: time)
            return suppressed + 1
        }
    }
}
