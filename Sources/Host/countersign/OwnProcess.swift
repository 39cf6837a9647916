internal import Glibc

/// Runs this program again for work that another user does, as root opens no file of the accounts.
enum OwnProcess {
    /// POSIX_SPAWN_SETSID, which spawn.h defines for GNU programs only.
    private static let newSession: Int16 = 0x80

    /// Runs the program with these arguments, and returns its output.
    ///
    /// Returns nil if it failed; it has then printed the reason to standard error.
    static func output(_ words: [String]) throws -> [UInt8]? { try output(words, input: nil) }

    private static func output(_ words: [String], input: CInt?) throws -> [UInt8]? {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
            throw CommandError("no pipe can be made: \(systemReason())")
        }
        let child = start(words, input: input, output: ends[1])
        close(ends[1])
        defer { close(ends[0]) }
        guard let child else { throw CommandError("this program cannot be started again: \(systemReason())") }
        let bytes = all(ends[0])
        return waitFor(child) ? bytes : nil
    }

    /// Does the same with a file as standard input, read from its beginning.
    static func output(_ words: [String], reading input: CInt) throws -> [UInt8]? {
        guard lseek(input, 0, SEEK_SET) == 0 else { throw CommandError("the file cannot be read: \(systemReason())") }
        return try output(words, input: input)
    }

    /// Runs the program with a descriptor of this process as standard output.
    ///
    /// Returns false if it failed; it has then printed the reason to standard error.
    static func run(_ words: [String], writingTo output: CInt) throws -> Bool {
        guard let child = start(words, input: nil, output: output) else {
            throw CommandError("this program cannot be started again: \(systemReason())")
        }
        return waitFor(child)
    }

    private static func waitFor(_ child: pid_t) -> Bool {
        var status: CInt = -1
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status == 0
    }

    private static func start(_ words: [String], input: CInt?, output: CInt) -> pid_t? {
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
        // It opens the accounts, so the caller's terminal must not be able to stop it.
        posix_spawnattr_setflags(&attributes, newSession)
        var arguments = (["countersign"] + words).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var child: pid_t = 0
        let error = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, &arguments, &environment)
        errno = error
        return error == 0 ? child : nil
    }

    /// Reads to the end, or about 64 kB.
    private static func all(_ descriptor: CInt) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 1 << 16 {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        return bytes
    }
}
