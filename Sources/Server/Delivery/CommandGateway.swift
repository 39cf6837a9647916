internal import CProgram
internal import Glibc
internal import ServerSettings
internal import Synchronization

/// A gateway that runs a program of the administrator's, with the text on its standard input.
package struct CommandGateway: Sendable {
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
        [path] + words.dropFirst().map { Self.filled($0, with: ["{kind}": message.kind.rawValue, "{to}": message.to]) }
    }

    private static func filled(_ text: String, with values: [String: String]) -> String {
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

extension OutgoingClient {
    /// Runs the program until it ends or its time is over, on a thread that may block.
    func run(_ program: CommandGateway, for job: GatewayClient.DeliveryJob) async -> GatewayResult {
        let children = children
        return await workers.run(milliseconds: job.timeout, refused: Self.result) { left, reply in
            children.run(program, for: job.message, milliseconds: left, reply: reply)
        }
    }

    private static func result(_ reason: Workers.Refusal) -> GatewayResult {
        switch reason {
        case .tooMany: .temporaryFailure(OutgoingResult.Refusal.tooMany.rawValue, after: nil)
        case .shutDown: .permanentFailure(OutgoingResult.Refusal.shutDown.rawValue)
        case .late: .permanentFailure("not done in time")
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
    func run(
        _ program: CommandGateway, for message: OneCodeMessage, milliseconds: Int, reply: Reply<GatewayResult>
    ) {
        let input = Array("\(message.text)\n".utf8)
        let descriptor = program_input(input, input.count)
        guard descriptor >= 0 else {
            return reply.give(.permanentFailure("no pipe: \(String(cString: strerror(-descriptor)))"))
        }
        var watch: CInt = -1
        let pid = Self.start(program.path, arguments: program.arguments(message), input: descriptor, watch: &watch)
        close(descriptor)
        guard pid > 0 else {
            return reply.give(.permanentFailure("cannot be started: \(String(cString: strerror(-pid)))"))
        }
        defer { close(watch) }
        add(pid)
        if program_ended(watch, CInt(clamping: milliseconds)) == 1 {
            reply.give(Self.result(exitStatus: reap(pid)))
        } else {
            state.withLock { _ in _ = kill(-pid, SIGKILL) }
            reply.give(.permanentFailure("killed after \((milliseconds + 999) / 1_000) s"))
            _ = reap(pid)
        }
    }

    private static func start(
        _ path: String, arguments: [String], input: CInt, watch: inout CInt
    ) -> pid_t {
        let copies = arguments.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        guard copies.allSatisfy({ $0 != nil }) else { return -ENOMEM }
        return program_start(path, copies.map { UnsafePointer($0) } + [nil], input, &watch)
    }

    private static func result(exitStatus status: CInt) -> GatewayResult {
        switch status {
        case 0: .accepted("exit status 0")
        case 1...255: .permanentFailure("exit status \(status)")
        case 256...: .permanentFailure("ended by signal \(status - 256)")
        default: .permanentFailure("lost")
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
