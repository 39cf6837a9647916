internal import AuthyWire
internal import Glibc
internal import LoginFlow
internal import Settings

/// What `show` says of an account, read by a process of its own: this one is root still, since a login may have to follow, and root
/// opens no file of the accounts.
struct Peek {
    /// POSIX_SPAWN_SETSID, which spawn.h has for GNU's own programs only.
    private static let newSession: Int16 = 0x80

    let state: AccountState
    let hadAuthyID: Bool

    init(_ person: Person) throws {
        let words = ["countersign", "show", "--json", "--config", Path.settings.text, "--", person.name]
        let members = JSONParameters.members(try Self.output(words)) ?? []
        guard let state = Self.word("state", members).flatMap(AccountState.init), let had = Self.word("had_authy_id", members) else {
            throw Trouble("the account of \(person.name) cannot be read", hint: "as root, countersign check says why")
        }
        self.state = state
        hadAuthyID = had != "false"
    }

    private static func word(_ name: String, _ members: [Parameter.Member]) -> String? {
        guard case .text(let word)? = members.first(where: { $0.name == name })?.value else { return nil }
        return word
    }

    private static func output(_ words: [String]) throws -> [UInt8] {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
            throw Trouble("no pipe can be made: \(systemReason())")
        }
        let child = start(words, writingTo: ends[1])
        close(ends[1])
        defer { close(ends[0]) }
        guard let child else { throw Trouble("this program cannot be started again: \(systemReason())") }
        let bytes = all(ends[0])
        var status: CInt = -1
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        // What was wrong it has said itself.
        guard status == 0 else { throw Trouble("the account cannot be read", hint: "as root, countersign check says why") }
        return bytes
    }

    private static func start(_ words: [String], writingTo output: CInt) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // It opens the accounts: the caller's terminal must not stop it either.
        posix_spawnattr_setflags(&attributes, newSession)
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var child: pid_t = 0
        let error = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, &arguments, &environment)
        errno = error
        return error == 0 ? child : nil
    }

    /// At most 64 kB.
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
