public import Logging
internal import Synchronization

/// Logs events that clients can cause as often as they like, at most once a minute for each subject.
///
/// The entry says how many events of its kind there were.
public final class SparingLog: Sendable {
    private static let span: Int64 = 60
    private static let most = 1_000

    private struct Told {
        let at: Int64
        var leftOut = 0
    }

    private let log: Logger
    private let told = Mutex<[String: Told]>([:])

    init(_ log: Logger) { self.log = log }

    /// Logs a warning, unless there was one about the same thing within the last minute.
    ///
    /// - Parameters:
    ///   - event: The name of the event.
    ///   - thing: The subject of the event, such as an IP address.
    ///   - metadata: The metadata of the entry; `count` is added if it stands for several events.
    ///   - time: The time in seconds.
    public func warn(_ event: String, about thing: String, _ metadata: Logger.Metadata, at time: Int64) {
        guard let count = count(event + " " + thing, orElse: event, at: time) else { return }
        var metadata = metadata
        if count > 1 { metadata["count"] = "\(count)" }
        log.warning("\(event)", metadata: metadata)
    }

    /// Returns how many events the entry stands for; nil if none is written.
    private func count(_ name: String, orElse common: String, at time: Int64) -> Int? {
        told.withLock { told in
            if told.count >= Self.most, told[name] == nil { told = told.filter { time - $0.value.at < Self.span } }
            // With too many subjects, the new ones share one entry.
            let name = told.count >= Self.most && told[name] == nil ? common : name
            if let last = told[name], time - last.at < Self.span {
                told[name]?.leftOut += 1
                return nil
            }
            let leftOut = told[name]?.leftOut ?? 0
            told[name] = Told(at: time)
            return leftOut + 1
        }
    }
}
