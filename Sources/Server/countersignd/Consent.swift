internal import ArgumentParser
internal import Glibc

/// What a command that destroys asks before it does.
struct Consent: ParsableArguments {
    @Flag(help: "Do it without asking; needed where there is no terminal to ask on.")
    var yes = false

    /// Returns only where it is meant.
    /// - Parameter question: made where it is asked only: what is damaged can be removed with --yes. Nil where nothing would be lost.
    /// - Throws: `Trouble` where it is not, or where nobody can be asked.
    func ask(_ question: () async throws -> String?) async throws {
        guard !yes, let question = try await question() else { return }
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
            throw Trouble(
                "this cannot be undone, and there is no terminal to ask on: nothing was changed",
                hint: "--yes says that it is meant")
        }
        Output.prompt("\(question) [y/N] ")
        guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else { throw Trouble("nothing was changed") }
    }
}
