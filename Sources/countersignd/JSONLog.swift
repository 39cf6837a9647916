internal import AuthyService
internal import AuthyWire
internal import Glibc
internal import Logging

/// One JSON object on one line of standard error for each event: `at`, `level`, `event`, then what belongs to it.
struct JSONLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }.filter { !$0.key.hasPrefix("hb.") && !"\($0.value)".isEmpty }
        var members = [
            (name: "at", json: JSONText.string(Moment.text(Int64(time(nil))))), ("level", JSONText.string(event.level.rawValue)),
            ("event", JSONText.string("\(event.message)")),
        ]
        members += all.sorted { $0.key < $1.key }.map { ($0.key, JSONText.string("\($0.value)")) }
        let line = JSONText.object(members) + "\n"
        // One write: lines of two threads do not mix.
        Array(line.utf8).withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// The server's logger. What its library says of its own goes in at `warning`.
    static func logger(level: Logger.Level = .info) -> Logger {
        var logger = Logger(label: "countersignd") { _ in JSONLog() }
        logger.logLevel = level
        return logger
    }
}
