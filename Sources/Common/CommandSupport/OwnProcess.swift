internal import Glibc

/// Runs this program again for work that another user does, while this process keeps its own user.
package struct OwnProcess: Sendable {
    /// POSIX_SPAWN_SETSID, which spawn.h defines for GNU programs only.
    private static let newSession: Int16 = 0x80
    /// An output that is as long is an error: a list that is cut short would be taken for the whole.
    private static let most = 1 << 22

    private let name: String
    private let environment: [String]

    /// Creates a runner.
    ///
    /// - Parameters:
    ///   - name: the program's name, its first argument.
    ///   - environment: names of the variables that it gets; all others are left out.
    package init(name: String, environment: [String] = []) { (self.name, self.environment) = (name, environment) }

    /// Runs the program, and returns its output.
    ///
    /// - Parameters:
    ///   - words: its arguments.
    ///   - input: its standard input, read from the beginning of the file; nil for none.
    /// - Returns: the output; nil if it failed and has printed the reason to standard error.
    /// - Throws: `CommandError` if it cannot be started, the file not be read, or the output is longer than 4 MiB.
    package func output(_ words: [String], reading input: CInt? = nil) throws -> [UInt8]? {
        if let input, lseek(input, 0, SEEK_SET) != 0 {
            throw CommandError("the file cannot be read: \(systemReason())")
        }
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
            throw CommandError("no pipe can be made: \(systemReason())")
        }
        let child = start(words, input: input, output: ends[1])
        close(ends[1])
        guard let child else {
            let error = CommandError("this program cannot be started again: \(systemReason())")
            close(ends[0])
            throw error
        }
        let bytes = Self.all(ends[0])
        // A child that has more to say ends by this.
        close(ends[0])
        let code = Self.exitCode(of: child)
        guard bytes.count < Self.most else { throw CommandError("\(name) \(words.first ?? "") prints too much") }
        return if code == 0 { bytes } else { nil }
    }

    /// Runs the program with a descriptor of this process as standard output.
    ///
    /// - Returns: its exit code, 1 if a signal ended it; unless the code is 0 it has printed the reason to standard
    ///   error.
    /// - Throws: `CommandError` if it cannot be started.
    package func run(_ words: [String], writingTo output: CInt) throws -> Int32 {
        guard let child = start(words, input: nil, output: output) else {
            throw CommandError("this program cannot be started again: \(systemReason())")
        }
        return Self.exitCode(of: child)
    }

    private static func exitCode(of child: pid_t) -> Int32 {
        var status: CInt = -1
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return if status & 0x7F == 0 { status >> 8 & 0xFF } else { 1 }
    }

    private func start(_ words: [String], input: CInt?, output: CInt) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // It opens files of another user, so the caller's terminal must not be able to stop it.
        posix_spawnattr_setflags(&attributes, Self.newSession)
        var arguments = ([name] + words).map { strdup($0) } + [nil]
        var variables =
            environment.compactMap { name in getenv(name).map { strdup("\(name)=\(String(cString: $0))") } } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var child: pid_t = 0
        let error = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, &arguments, &variables)
        errno = error
        return if error == 0 { child } else { nil }
    }

    /// Reads to the end, or at least `most` bytes.
    private static func all(_ descriptor: CInt) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < most {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        return bytes
    }
}
