public import Logging
internal import Synchronization

/// Writes what clients can make happen as often as they like: a line about one thing at most once in a minute, which then says how many of its
/// kind there were.
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

    /// - Parameters:
    ///   - thing: what the event is about, such as an address.
    ///   - time: in seconds.
    public func warn(_ event: String, about thing: String, _ metadata: Logger.Metadata, at time: Int64) {
        guard let count = count(event + " " + thing, orElse: event, at: time) else { return }
        var metadata = metadata
        if count > 1 { metadata["count"] = "\(count)" }
        log.warning("\(event)", metadata: metadata)
    }

    /// How many the line is to tell of; nil where there is to be none.
    private func count(_ name: String, orElse common: String, at time: Int64) -> Int? {
        told.withLock { told in
            if told.count >= Self.most, told[name] == nil { told = told.filter { time - $0.value.at < Self.span } }
            // So many things are one.
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
