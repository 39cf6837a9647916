internal import ArgumentParser
internal import Glibc

/// The confirmation of a command that destroys something.
struct Consent: ParsableArguments {
    @Flag(help: "Do it without asking; needed where there is no terminal to ask on.")
    var yes = false

    /// Asks on the terminal, and returns if the answer is yes or `--yes` was given.
    ///
    /// - Parameter question: makes the question, and is not called with `--yes`, so that damaged data can be removed.
    ///   It returns nil if nothing would be lost.
    /// - Throws: `CommandError` if the answer is no, or there is no terminal.
    func ask(_ question: () async throws -> String?) async throws {
        guard !yes, let question = try await question() else { return }
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
            throw CommandError(
                "this cannot be undone, and there is no terminal to ask on: nothing was changed",
                hint: "--yes says that it is meant")
        }
        Output.prompt("\(question) [y/N] ")
        guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else { throw CommandError("nothing was changed") }
    }
}
