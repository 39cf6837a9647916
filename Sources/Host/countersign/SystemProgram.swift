internal import CSyscalls
internal import CommandSupport
internal import Glibc

/// Runs a program of the system and reads its output.
enum SystemProgram {
    /// Maximum output, in bytes.
    private static let most = 262_144

    /// Runs a program without any of this process's environment.
    ///
    /// - Parameters:
    ///   - path: path of the program.
    ///   - arguments: its arguments.
    ///   - milliseconds: time in which it has to end.
    /// - Returns: exit code, and all that it printed on both outputs; nil if it cannot be started, does not end in
    ///   time, or prints too much.
    static func output(_ path: String, arguments: [String], milliseconds: Int64) -> (code: CInt, text: String)? {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let pid = spawn(path, arguments: arguments, output: ends[1])
        close(ends[1])
        guard let pid else { return nil }
        let until = system_now() + milliseconds
        var bytes: [UInt8] = []
        var isOver = false
        while !isOver, bytes.count < most, !readable([ends[0]], until: until).isEmpty {
            var buffer = [UInt8](repeating: 0, count: 16_384)
            let count = read(ends[0], &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            isOver = count <= 0
            bytes += buffer.prefix(max(0, count))
        }
        guard let status = end(pid, until: isOver ? until : 0), isOver else { return nil }
        return (exitCode(status), String(decoding: bytes, as: UTF8.self))
    }

    /// Waits for a program, which may go on although it has closed its outputs, and ends it when the time is over.
    ///
    /// Nil if it had to be ended.
    private static func end(_ pid: pid_t, until: Int64) -> CInt? {
        var status: CInt = 0
        while system_now() < until {
            let ended = waitpid(pid, &status, WNOHANG)
            if ended == pid { return status }
            if ended < 0, errno != EINTR { return nil }
            usleep(2_000)
        }
        kill(pid, SIGKILL)
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return nil
    }

    /// The exit code as a shell counts it: 128 plus the number of a signal that ended it.
    static func exitCode(_ status: CInt) -> CInt {
        if status & 0x7F == 0 { (status >> 8) & 0xFF } else { 128 + (status & 0x7F) }
    }

    private static func spawn(_ path: String, arguments: [String], output: CInt) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nil]
        defer { (words + environment).forEach { free($0) } }
        var pid: pid_t = 0
        return if posix_spawn(&pid, path, &actions, nil, &words, &environment) == 0 { pid } else { nil }
    }
}
