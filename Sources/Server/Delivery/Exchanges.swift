internal import CCurl
internal import CSyscalls
internal import Glibc
internal import Synchronization

/// Runs all HTTP exchanges at once on one thread, with libcurl's multi interface.
final class Exchanges: Sendable {
    struct Ticket: Sendable {
        let request: OutgoingRequest
        let url: TargetURL
        let deadline: Int64
        let reply: Reply<OutgoingResult>
    }

    private struct State: Sendable {
        var line: FairQueue<Ticket>
        var isOver = false
    }

    private let state: Mutex<State>
    private let multi: Multi
    private let authorities: String?

    /// Starts the thread; nil if libcurl has no handle left, or the system no thread.
    ///
    /// - Parameters:
    ///   - authorities: a PEM file of the only trusted authorities; nil for the system's.
    ///   - limits: how many exchanges run and wait.
    init?(authorities: String?, limits: FairQueue<Ticket>.Limits) {
        guard let multi = Multi() else { return nil }
        self.multi = multi
        self.authorities = authorities
        state = Mutex(State(line: FairQueue(limits)))
        guard Background.run({ self.work() }) else { return nil }
    }

    func add(_ ticket: Ticket) {
        let refusal = state.withLock { state -> OutgoingResult.Refusal? in
            if state.isOver { return .shutDown }
            return state.line.join(ticket, server: ticket.url.server, deadline: ticket.deadline) ? nil : .tooMany
        }
        if let refusal { ticket.reply.give(.refused(refusal)) }
        multi.wake()
    }

    /// Ends all exchanges, and refuses all later ones.
    func shutDown() {
        state.withLock { $0.isOver = true }
        multi.wake()
    }

    /// The body of the thread.
    private func work() {
        var running = Running(multi: multi)
        while true {
            let turn = state.withLock { ($0.isOver, $0.line.next(at: system_now()), $0.line.isEmpty) }
            let (isOver, next, isEmpty) = turn
            next.late.forEach { $0.reply.give(.unreached("its turn did not come in time")) }
            if isOver { next.start.forEach { $0.reply.give(.refused(.shutDown)) } }
            if isOver { break }
            next.start.forEach { start($0, &running) }
            leave(running.work())
            multi.wait(milliseconds: isEmpty ? 60_000 : 250)
        }
        running.clear()
        state.withLock { $0.line.clear() }.forEach { $0.reply.give(.refused(.shutDown)) }
    }

    private func start(_ ticket: Ticket, _ running: inout Running) {
        let left = Int(clamping: ticket.deadline - system_now())
        guard let exchange = Exchange(ticket.request, to: ticket.url, timeout: left, authorities: authorities),
            running.start(exchange, ticket)
        else {
            ticket.reply.give(.refused(.request))
            leave([ticket])
            return
        }
    }

    /// Releases the places of finished exchanges, and wakes the thread to fill them.
    private func leave(_ tickets: [Ticket]) {
        guard !tickets.isEmpty else { return }
        state.withLock { state in tickets.forEach { state.line.leave($0.url.server) } }
        multi.wake()
    }
}

/// The exchanges that are under way on the thread.
private struct Running {
    let multi: Multi
    private var all: [UnsafeMutableRawPointer: (exchange: Exchange, ticket: Exchanges.Ticket)] = [:]

    init(multi: Multi) { self.multi = multi }

    mutating func start(_ exchange: Exchange, _ ticket: Exchanges.Ticket) -> Bool {
        guard curl_multi_add_handle(multi.handle, exchange.easy) == CURLM_OK else { return false }
        all[exchange.easy] = (exchange, ticket)
        return true
    }

    /// Advances all exchanges.
    ///
    /// - Returns: those that ended.
    mutating func work() -> [Exchanges.Ticket] {
        var running: CInt = 0
        guard curl_multi_perform(multi.handle, &running) == CURLM_OK else { return clear(.failed("libcurl failed")) }
        var over: [Exchanges.Ticket] = []
        var left: CInt = 0
        while let message = curl_multi_info_read(multi.handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle, let one = all[easy]
            else { continue }
            one.ticket.reply.give(one.exchange.result(ccurl_result(message)))
            over.append(one.ticket)
            curl_multi_remove_handle(multi.handle, easy)
            all[easy] = nil
        }
        return over
    }

    @discardableResult
    mutating func clear(_ result: OutgoingResult = .refused(.shutDown)) -> [Exchanges.Ticket] {
        defer { all = [:] }
        for (easy, one) in all {
            one.ticket.reply.give(result)
            curl_multi_remove_handle(multi.handle, easy)
        }
        return all.values.map(\.ticket)
    }
}

/// libcurl's multi handle.
///
/// `@unchecked Sendable`: other threads only wake it, which libcurl allows.
final class Multi: @unchecked Sendable {
    let handle: UnsafeMutableRawPointer

    init?() {
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let handle = curl_multi_init() else { return nil }
        self.handle = handle
        // Idle connections kept for later requests.
        ccurl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, 64)
    }

    deinit { curl_multi_cleanup(handle) }

    func wake() { curl_multi_wakeup(handle) }

    /// Returns when there is work, when the handle is woken, or after the time.
    func wait(milliseconds: CInt) {
        // Without the pause, a failure makes the thread spin.
        if curl_multi_poll(handle, nil, 0, milliseconds, nil) != CURLM_OK { usleep(100_000) }
    }
}
