internal import CSyscalls
internal import HTTPTransport
internal import Synchronization

/// Runs all HTTP exchanges at once on one thread.
final class Exchanges: Sendable {
    struct Ticket: Sendable {
        let request: OutgoingRequest
        let url: ParsedURL
        let deadline: Int64
        let reply: Reply<OutgoingResult>
    }

    private struct State: Sendable {
        var line: FairQueue<Ticket>
        var isOver = false
    }

    private let state: Mutex<State>
    private let loop: TransferLoop
    private let authorities: String?

    /// Starts the thread; nil if libcurl has no handle left, or the system no thread.
    ///
    /// - Parameters:
    ///   - authorities: a PEM file of the only trusted authorities; nil for the system's.
    ///   - limits: how many exchanges run and wait.
    init?(authorities: String?, limits: FairQueue<Ticket>.Limits) {
        guard let loop = TransferLoop(idleConnections: 64) else { return nil }
        self.loop = loop
        self.authorities = authorities
        state = Mutex(State(line: FairQueue(limits)))
        guard Background.run({ self.work() }) else { return nil }
    }

    func add(_ ticket: Ticket) {
        let refusal = state.withLock { state -> OutgoingResult.Refusal? in
            if state.isOver { return .shutDown }
            let hasJoined = state.line.join(ticket, server: ticket.url.server, deadline: ticket.deadline)
            return if hasJoined { nil } else { .tooMany }
        }
        if let refusal { ticket.reply.give(.refused(refusal)) }
        loop.wake()
    }

    /// Ends all exchanges, and refuses all later ones.
    func shutDown() {
        state.withLock { $0.isOver = true }
        loop.wake()
    }

    /// The body of the thread.
    private func work() {
        var running = RunningExchanges(loop: loop)
        while true {
            let turn = state.withLock { ($0.isOver, $0.line.next(at: system_now()), $0.line.isEmpty) }
            let (isOver, next, isEmpty) = turn
            next.late.forEach { $0.reply.give(.unreached("its turn did not come in time")) }
            if isOver { next.start.forEach { $0.reply.give(.refused(.shutDown)) } }
            if isOver { break }
            next.start.forEach { start($0, in: &running) }
            leave(running.work())
            let pause: CInt = if isEmpty { 60_000 } else { 250 }
            loop.wait(milliseconds: pause)
        }
        running.clear()
        state.withLock { $0.line.clear() }.forEach { $0.reply.give(.refused(.shutDown)) }
    }

    private func start(_ ticket: Ticket, in running: inout RunningExchanges) {
        let left = Int(clamping: ticket.deadline - system_now())
        let transfer = ticket.request.transfer(to: ticket.url, milliseconds: left, authorities: authorities)
        guard let transfer, running.start(transfer, for: ticket) else {
            ticket.reply.give(.refused(.request))
            leave([ticket])
            return
        }
    }

    /// Releases the places of finished exchanges, and wakes the thread to fill them.
    private func leave(_ tickets: [Ticket]) {
        guard !tickets.isEmpty else { return }
        state.withLock { state in tickets.forEach { state.line.leave($0.url.server) } }
        loop.wake()
    }
}

/// The exchanges that are under way on the thread.
private struct RunningExchanges {
    private let loop: TransferLoop
    private var all: [ObjectIdentifier: (transfer: Transfer, ticket: Exchanges.Ticket)] = [:]

    init(loop: TransferLoop) { self.loop = loop }

    mutating func start(_ transfer: Transfer, for ticket: Exchanges.Ticket) -> Bool {
        guard loop.add(transfer) else { return false }
        all[ObjectIdentifier(transfer)] = (transfer, ticket)
        return true
    }

    /// Advances all exchanges.
    ///
    /// - Returns: those that ended.
    mutating func work() -> [Exchanges.Ticket] {
        guard let ended = loop.perform() else { return clear(.failed("libcurl failed")) }
        return ended.compactMap { transfer, result in
            guard let one = all.removeValue(forKey: ObjectIdentifier(transfer)) else { return nil }
            one.ticket.reply.give(OutgoingResult(result))
            return one.ticket
        }
    }

    @discardableResult mutating func clear(_ result: OutgoingResult = .refused(.shutDown)) -> [Exchanges.Ticket] {
        defer { all = [:] }
        for one in all.values {
            one.ticket.reply.give(result)
            loop.remove(one.transfer)
        }
        return all.values.map(\.ticket)
    }
}
