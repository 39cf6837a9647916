internal import CProgram
internal import Glibc
internal import ServerSettings
internal import Synchronization

/// A gateway that runs a program of the administrator's, with the text on its standard input.
package struct Program: Sendable {
    private let words: [String]

    /// Creates a gateway from the words of its command.
    ///
    /// - Parameter words: an absolute path and its arguments.
    /// - Throws: `DeliveryError` if the path is not absolute, or a word contains a zero byte.
    package init(_ words: [String]) throws(DeliveryError) {
        guard let path = words.first, path.hasPrefix("/") else {
            throw DeliveryError("command must begin with an absolute path")
        }
        guard !words.contains(where: { $0.utf8.contains(0) }) else {
            throw DeliveryError("command must not hold a zero byte")
        }
        self.words = words
    }

    /// The absolute path of the program.
    package var path: String { words.first ?? "" }

    /// Returns the path and the arguments, with `{kind}` and `{to}` replaced.
    ///
    /// Each word stays one argument, and replaced text is not expanded again.
    package func arguments(_ message: OneCodeMessage) -> [String] {
        [path] + words.dropFirst().map { Self.filled($0, ["{kind}": message.kind.rawValue, "{to}": message.to]) }
    }

    private static func filled(_ text: String, _ values: [String: String]) -> String {
        var (rest, filled) = (text[...], "")
        while let next = rest.first {
            if let (name, value) = values.first(where: { rest.hasPrefix($0.key) }) {
                filled += value
                rest = rest.dropFirst(name.count)
            } else {
                filled.append(next)
                rest = rest.dropFirst()
            }
        }
        return filled
    }
}

extension Outgoing {
    /// Runs the program until it ends or its time is over, on a thread that may block.
    func run(_ program: Program, _ load: GatewayClient.DeliveryJob) async -> Verdict {
        let children = children
        return await workers.run(milliseconds: load.timeout, refused: Self.verdict) { left, reply in
            children.run(program, load.message, milliseconds: left, reply)
        }
    }

    private static func verdict(_ reason: Workers.Refusal) -> Verdict {
        switch reason {
        case .tooMany: .mayPass(OutgoingResult.Refusal.tooMany.rawValue, after: nil)
        case .shutDown: .refused(OutgoingResult.Refusal.shutDown.rawValue)
        case .late: .refused("not done in time")
        }
    }
}

/// The running programs; each is waited for, so that none stays as a zombie.
final class Children: Sendable {
    private struct State: Sendable {
        /// Process groups that may be killed: their leaders are not reaped yet, so the IDs cannot be reused.
        var groups: Set<pid_t> = []
        var isOver = false
    }

    private let state = Mutex(State())

    /// Kills the running programs, and each that starts later.
    func shutDown() {
        state.withLock { state in
            state.isOver = true
            for group in state.groups { kill(-group, SIGKILL) }
        }
    }

    /// Runs the program and blocks until it is reaped, which may be after the reply if it was killed.
    func run(_ program: Program, _ message: OneCodeMessage, milliseconds: Int, _ reply: Reply<Verdict>) {
        let input = Array("\(message.text)\n".utf8)
        let descriptor = program_input(input, input.count)
        guard descriptor >= 0 else { return reply.give(.refused("no pipe: \(String(cString: strerror(-descriptor)))")) }
        var watch: CInt = -1
        let pid = Self.start(program.path, program.arguments(message), descriptor, &watch)
        close(descriptor)
        guard pid > 0 else { return reply.give(.refused("cannot be started: \(String(cString: strerror(-pid)))")) }
        defer { close(watch) }
        add(pid)
        if program_ended(watch, CInt(clamping: milliseconds)) == 1 {
            reply.give(Self.verdict(reap(pid)))
        } else {
            state.withLock { _ in _ = kill(-pid, SIGKILL) }
            reply.give(.refused("killed after \((milliseconds + 999) / 1_000) s"))
            _ = reap(pid)
        }
    }

    private static func start(_ path: String, _ arguments: [String], _ input: CInt, _ watch: inout CInt) -> pid_t {
        let copies = arguments.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        guard copies.allSatisfy({ $0 != nil }) else { return -ENOMEM }
        return program_start(path, copies.map { UnsafePointer($0) } + [nil], input, &watch)
    }

    private static func verdict(_ status: CInt) -> Verdict {
        switch status {
        case 0: .taken("exit status 0")
        case 1...255: .refused("exit status \(status)")
        default: .refused(status > 255 ? "ended by signal \(status - 256)" : "lost")
        }
    }

    private func add(_ pid: pid_t) {
        state.withLock { state in
            state.groups.insert(pid)
            if state.isOver { kill(-pid, SIGKILL) }
        }
    }

    private func reap(_ pid: pid_t) -> CInt {
        state.withLock { _ = $0.groups.remove(pid) }
        return program_reap(pid)
    }
}
