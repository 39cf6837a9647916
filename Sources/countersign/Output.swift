internal import AuthyWire
internal import Glibc

/// What goes to standard output, which is the answer, and to standard error, which is said about it.
enum Output {
    static func line(_ text: String) throws {
        guard write(text + "\n", to: STDOUT_FILENO) else { throw Trouble("standard output cannot be written: \(systemReason())") }
    }

    /// JSON in ASCII only: whatever others put into a text, it moves no cursor.
    static func json(_ value: JSONValue) throws { try line(value.serialized().asciiJSON) }

    /// Says what a command did: on standard output, unless that carries data.
    static func said(_ text: String, besidesData: Bool = false) throws {
        if besidesData { complain(text) } else { try line(text) }
    }

    static func error(_ text: String) { complain("error: \(text)") }
    static func warning(_ text: String) { complain("warning: \(text)") }
    static func hint(_ text: String) { complain("hint: \(text)") }
    /// One line on standard error.
    static func complain(_ text: String) { _ = write(text.plain + "\n", to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: CInt) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
