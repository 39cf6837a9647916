internal import CSyscalls
internal import CommandSupport
internal import Glibc

/// A program that logins hand their work to.
struct HelperProgram {
    /// Time to start and end, in milliseconds.
    private static let timeout: Int64 = 10_000

    let path: String
    /// Uid of the user who starts it.
    let owner: UInt32
    /// User that it becomes; nil if it stays the user of this process.
    let user: SystemUser?

    /// Why no login could use it, and what to do; nil if it starts.
    var fault: (message: String, hint: String)? {
        let install = "install Countersign anew, or say where the helpers are with --helpers"
        var part = 0
        let program = system_open_trusted(path, system_trust(owner: owner, group: 0, public_file: 1), 0, &part)
        guard program >= 0 else { return ("\(path): \(Self.reason(program))", install) }
        defer { close(program) }
        var found = stat()
        guard fstat(program, &found) == 0, found.st_mode & 0o111 == 0o111 else {
            return ("\(path): not executable", install)
        }
        return startFault(program).map {
            ("\(path) cannot start: \($0)", "a library may be missing: ldd \(path) names it")
        }
    }

    /// Starts it and closes the socket: without a request it ends with 1.
    private func startFault(_ program: CInt) -> String? {
        var ends: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            return systemReason()
        }
        defer { close(ends[0]) }
        let pid = "countersign-helper".withCString { name in
            var helper = system_helper(
                executable: program, sockets: (ends[1], -1), name: name, elevated: user == nil ? 0 : 1,
                uid: user?.uid ?? 0,
                gid: user?.gid ?? 0)
            return system_start(&helper)
        }
        close(ends[1])
        guard pid > 0 else { return systemReason(-pid) }
        shutdown(ends[0], CInt(SHUT_WR))
        let hasEnded = !readable([ends[0]], until: system_now() + Self.timeout).isEmpty
        if !hasEnded { kill(pid, SIGKILL) }
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        guard hasEnded else { return "it does not end" }
        let code = SystemProgram.exitCode(status)
        return switch code {
        case ...1: nil
        case 129...: "signal \(code - 128)"
        default: "exit code \(code)"
        }
    }

    /// Says why `system_open_trusted` failed.
    static func reason(_ result: CInt) -> String {
        switch result {
        case -ENOENT: "missing"
        case -ELOOP: "a symlink is in its path"
        case SYSTEM_UNSAFE_FILE, SYSTEM_UNSAFE_FOLDER: "not root's, or others may write it or a directory above it"
        default: systemReason(-result)
        }
    }
}
