internal import ArgumentParser
internal import CSyscalls
internal import Glibc

/// The option `--yes` of a command that destroys something, and the question without it.
package struct ConfirmationOption: ParsableArguments {
    /// Whether the question is left out.
    @Flag(help: "Do it without asking; needed where there is no terminal to ask on.")
    package var yes = false

    /// Creates the option as the parser does.
    package init() {}

    /// Asks for `name` to be typed; `what` is printed before.
    ///
    /// Without a terminal only `--yes` confirms.
    ///
    /// - Throws: `CommandError` if something else was typed, or there is no terminal.
    package func ask(_ what: String, for name: String) throws {
        if yes { return }
        try requireTerminal()
        try Confirmation.ask(what, for: name)
    }

    /// Asks a question that is answered with yes or no.
    ///
    /// - Parameter question: makes the question, and is not called with `--yes`, so that damaged data can be removed.
    ///   It returns nil if nothing would be lost.
    /// - Throws: `CommandError` if the answer is not yes, or there is no terminal.
    package func ask(_ question: () async throws -> String?) async throws {
        guard !yes, let question = try await question() else { return }
        try requireTerminal()
        guard isatty(STDERR_FILENO) == 1 else { throw Confirmation.noTerminal }
        Output.ask("\(question) [y/N] ")
        guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else {
            throw CommandError("nothing was changed", code: .refused)
        }
    }

    private func requireTerminal() throws { if isatty(STDIN_FILENO) != 1 { throw Confirmation.noTerminal } }
}

/// The question before something is destroyed.
package enum Confirmation {
    /// Longest name that is read, in bytes.
    private static let longest = 512

    fileprivate static var noTerminal: CommandError {
        CommandError("nobody is at a terminal to confirm this", hint: "add --yes where it is meant")
    }

    /// Asks for `name` to be typed within `seconds`; nil sets no limit.
    ///
    /// - Throws: `CommandError` if something else was typed, or nothing in time.
    package static func ask(_ what: String, for name: String, seconds: Int? = nil) throws {
        Output.ask("\(what) Type \(name) to confirm: ")
        let until = seconds.map { system_now() + Int64($0) * 1_000 }
        let typed = line(until: until)
        if typed == nil, let until, until <= system_now() {
            Output.complain("")
            throw CommandError("nothing was changed: nobody answered in time", hint: "run this again", code: .refused)
        }
        guard let typed, typed.utf8.elementsEqual(name.utf8) else {
            throw CommandError(
                "nothing was changed: that was not \(name)", hint: "type the name letter by letter, or leave it",
                code: .refused)
        }
    }

    /// Whether standard input can be read, or is at its end; waits until then.
    private static func isReadable(until: Int64) -> Bool {
        var watched = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, CInt(max(0, min(until - system_now(), 1_000_000)))) > 0
    }

    /// Reads one line of standard input, without its end.
    ///
    /// `until` counts as `system_now` does; nil sets no limit. Returns nil at end of input, for a line that is too
    /// long, and when the time is up.
    private static func line(until: Int64?) -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < longest {
            if let until, !isReadable(until: until) {
                if until <= system_now() { return nil }
                continue
            }
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return nil }
            if byte == 0x0A { return String(validating: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        return nil
    }
}
