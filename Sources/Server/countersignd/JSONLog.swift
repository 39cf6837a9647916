internal import AuthyService
internal import Encoding
internal import Glibc
internal import Logging

/// Writes each event as one line of JSON on standard error: `at`, `level`, `event`, then the event's keys.
struct JSONLog: LogHandler {
    /// The writer of all lines, which never makes a caller wait for the reader.
    static let writer = LogWriter(STDERR_FILENO) { count in
        line(.warning, event: "log_lines_dropped", metadata: ["count": "\(count)"])
    }

    /// The keys with numbers as values; all other values, except those of `truths`, are strings.
    private static let numbers = Set([
        "application", "connections", "count", "invitation", "limit", "retry_after", "seconds", "user", "users",
    ])
    private static let truths = Set(["tls"])

    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }.filter { !$0.key.hasPrefix("hb.") }
        Self.writer.put(Self.line(event.level, event: "\(event.message)", metadata: all))
    }

    /// Returns one line with its line feed.
    private static func line(_ level: Logger.Level, event: String, metadata: Logger.Metadata) -> [UInt8] {
        var members: JSONObject = [
            "at": .string(RFC3339.utc(Int64(time(nil)))), "level": .string(level.rawValue), "event": .string(event),
        ]
        let texts = metadata.mapValues { "\($0)" }.filter { !$0.value.isEmpty }
        members += JSONObject(texts.sorted { $0.key < $1.key }.map { ($0.key, value($0.value, of: $0.key)) })
        // Text that a client has chosen can neither control the terminal of a reader, nor make the journal show the
        // line as a blob.
        let line = JSONValue.object(members).serialized(escaping: .unprintable) + "\n"
        let priority = if isJournal { prefix(of: level) } else { "" }
        return Array((priority + line).utf8)
    }

    private static func value(_ text: String, of key: String) -> JSONValue {
        if numbers.contains(key), let number = Int64(text), String(number) == text { return .integer(number) }
        if truths.contains(key), let truth = Bool(text) { return .bool(truth) }
        return .string(text)
    }

    /// The prefix that the journal reads a line's priority from (sd-daemon(3)), with the levels of syslog(3).
    private static func prefix(of level: Logger.Level) -> String {
        switch level {
        case .critical: "<2>"
        case .error: "<3>"
        case .warning: "<4>"
        case .notice: "<5>"
        case .info: "<6>"
        case .debug, .trace: "<7>"
        }
    }

    /// Whether standard error is the journal (systemd.exec(5), $JOURNAL_STREAM).
    private static let isJournal: Bool = {
        var found = stat()
        guard let stream = getenv("JOURNAL_STREAM").map({ String(cString: $0) }), fstat(STDERR_FILENO, &found) == 0
        else { return false }
        return stream == "\(found.st_dev):\(found.st_ino)"
    }()

    /// Returns the server's logger.
    ///
    /// Hummingbird's own loggers use it at `warning` and above.
    static func logger(level: Logger.Level = .info) -> Logger {
        var logger = Logger(label: "countersignd") { _ in JSONLog() }
        logger.logLevel = level
        return logger
    }

    /// Logs why the server could not start or continue, and flushes.
    static func fail(_ event: String, reason: String, hint: String?) {
        logger().critical("\(event)", metadata: ["reason": "\(reason)", "hint": "\(hint ?? "")"])
        flush()
    }

    /// Writes pending lines before the process ends, for one second at most.
    static func flush() { writer.flush(within: .seconds(1)) }
}
