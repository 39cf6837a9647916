internal import ArgumentParser
internal import CSyscalls
internal import CommandSupport
internal import Frames
internal import Glibc
internal import NetProtocol

/// Lines from the keyboard, answers of the server and Ctrl-C, in the order in which they arrive.
final class Dialogue {
    enum Heard: Equatable {
        case line(String)
        /// No more lines will come.
        case end
        case answer(NetResult)
        /// The time is up.
        case due
    }

    /// Longest line that is read, in bytes.
    private static let longest = 1_024

    /// Whether a person can be asked.
    let asks: Bool
    /// Nil if there is no server.
    private var net: NetPool.Process?
    private let stops: Stops
    private var typed: [UInt8] = []
    private var inputIsOver = false

    init(_ net: NetPool.Process?, _ stops: Stops, asks: Bool) {
        self.net = net
        self.stops = stops
        self.asks = asks
    }

    /// Whether a person sits at a terminal and sees what is printed there.
    static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    func send(_ request: NetRequest) { net?.ask(request) }
    func stopPolling() { net?.stopPolling() }

    /// Asks the server and waits for the answer, for as long as the settings allow.
    func ask(_ request: NetRequest) -> NetResult {
        guard let channel = net?.channel else { return .refused("there is no server") }
        net?.ask(request)
        while true {
            if let answer = net?.answer() { return answer }
            _ = readable([channel.descriptor], until: nil)
        }
    }

    /// Waits for the next line, answer or deadline.
    ///
    /// - Parameters:
    ///   - input: whether lines are read.
    ///   - until: deadline, as `system_now` counts; nil for none.
    /// - Returns: what arrived first.
    /// - Throws: `ExitCode` at Ctrl-C, `CommandError` if a line is too long.
    func hear(input: Bool, until: Int64? = nil) throws -> Heard {
        while true {
            if let answer = net?.answer() { return .answer(answer) }
            if input, let line = try line() { return .line(line) }
            if input, inputIsOver { return .end }
            if let until, until <= system_now() { return .due }
            var watched = [stops.descriptor]
            if let net, net.asked != nil { watched.append(net.channel.descriptor) }
            if input { watched.append(STDIN_FILENO) }
            let ready = readable(watched, until: until)
            if ready.contains(stops.descriptor) { throw ExitCode(Stops.code) }
            if ready.contains(STDIN_FILENO) { receive() }
        }
    }

    private func receive() {
        var buffer = [UInt8](repeating: 0, count: Self.longest)
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        if count > 0 { typed += buffer.prefix(count) } else { inputIsOver = true }
    }

    private func line() throws -> String? {
        let lastEnd: Int? = if inputIsOver, !typed.isEmpty { typed.endIndex } else { nil }
        guard let end = typed.firstIndex(of: 0x0A) ?? lastEnd else {
            guard typed.count < Self.longest else { throw CommandError("standard input has a line that is too long") }
            return nil
        }
        let line = typed[..<end]
        typed.removeSubrange(..<min(end + 1, typed.endIndex))
        return String(decoding: line.filter { $0 != 0x0D }, as: UTF8.self)
    }
}
