internal import ArgumentParser
internal import Glibc

/// Runs this program again for work as the database's owner, while this process keeps its user.
enum OwnProcess {
    /// POSIX_SPAWN_SETSID, which spawn.h defines with _GNU_SOURCE only.
    private static let newSession: Int16 = 0x80
    /// The variables that the settings may depend on (systemd.exec(5)).
    private static let environment = ["CREDENTIALS_DIRECTORY"]

    /// Runs this program and waits for it.
    ///
    /// - Parameters:
    ///   - words: its arguments.
    ///   - output: the descriptor of its standard output.
    /// - Throws: `ExitCode` if it failed and has reported why on standard error; `CommandError` if it could not be
    ///   started.
    static func run(_ words: [String], writingTo output: CInt) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Ctrl-C ends this process only; the other one removes its own draft.
        posix_spawnattr_setflags(&attributes, newSession)
        var arguments = (["countersignd"] + words).map { strdup($0) } + [nil]
        var variables =
            environment.compactMap { name in getenv(name).map { strdup("\(name)=\(String(cString: $0))") } } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var child: pid_t = 0
        let error = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, &arguments, &variables)
        guard error == 0 else {
            throw CommandError("this program cannot be started again: \(String(cString: strerror(error)))")
        }
        var status: CInt = -1
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw ExitCode(status & 0x7F == 0 ? status >> 8 & 0xFF : 1) }
    }
}
