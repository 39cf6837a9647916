package import Encoding
internal import Glibc

/// Standard output carries the answer, standard error everything said about it.
package enum Output {
    /// Writes a line to standard output; characters that would move the reader's cursor are escaped.
    ///
    /// - Throws: `CommandError` if standard output cannot be written.
    package static func line(_ text: String) throws {
        // Text that others put into the accounts must not move the reader's cursor.
        let plain = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).plain }
        try picture([plain.joined(separator: "\n")])
    }

    /// Writes lines of our own making unchanged.
    ///
    /// - Throws: `CommandError` if standard output cannot be written.
    package static func picture(_ lines: [String]) throws {
        let text = lines.map { $0 + "\n" }.joined()
        guard write(text, to: STDOUT_FILENO) else {
            throw CommandError("standard output cannot be written: \(systemReason())")
        }
    }

    /// Writes JSON in ASCII only, so that text of others cannot move the cursor.
    ///
    /// - Parameter value: the value; names are sorted.
    /// - Throws: `CommandError` if standard output cannot be written.
    package static func json(_ value: JSONValue) throws {
        try line(value.serialized(isSorted: true, escaping: .nonASCII))
    }

    /// Writes rows with aligned columns, two blanks apart.
    ///
    /// - Throws: `CommandError` if standard output cannot be written.
    package static func table(_ header: [String], rows: [[String]]) throws {
        try picture(Table.lines(header, rows: rows, fitting: nil))
    }

    /// Says what a command did: on standard output, unless that carries data.
    ///
    /// - Throws: `CommandError` if standard output cannot be written.
    package static func said(_ text: String, besidesData: Bool = false) throws {
        if besidesData { complain(text) } else { try line(text) }
    }

    /// Sends what `body` prints to standard output to standard error, as standard output carries data.
    ///
    /// - Throws: what `body` throws; `CommandError` if standard output cannot be set aside.
    package static func aside<Value>(_ body: () throws -> Value) throws -> Value {
        let kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        guard kept >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else {
            throw CommandError("standard output cannot be set aside: \(systemReason())")
        }
        defer {
            dup2(kept, STDOUT_FILENO)
            close(kept)
        }
        return try body()
    }

    /// Writes an error to standard error.
    package static func error(_ text: String) { complain("error: \(text)") }
    /// Writes a warning to standard error.
    package static func warning(_ text: String) { complain("warning: \(text)") }
    /// Writes a hint to standard error.
    package static func hint(_ text: String) { complain("hint: \(text)") }
    /// Writes a question to standard error; it is answered on the same line.
    package static func ask(_ text: String) { _ = write(text.plain, to: STDERR_FILENO) }
    /// Writes text of our own making to standard error unchanged.
    package static func draw(_ text: String) { _ = write(text, to: STDERR_FILENO) }
    /// Writes one line to standard error.
    package static func complain(_ text: String) { _ = write(text.plain + "\n", to: STDERR_FILENO) }

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
