public import LoginFlow
internal import Synchronization

/// Those who wait for news: of a request, or of all that concerns a user.
///
/// Whoever waits takes a ticket first, then looks, then waits for the ticket: news that come in between are not lost. One sweep serves all
/// deadlines, so that a wait costs no task and no timer of its own.
public final class Hub: Sendable {
    public enum Subject: Hashable, Sendable {
        case approval(ApprovalRequestID)
        case user(AuthyID)
    }

    /// One wait. It ends once: by news, by its deadline, by the client's going, or by the server's end.
    public final class Ticket: Sendable {
        private enum State {
            case open
            case waiting(CheckedContinuation<Bool, Never>)
            case over(isNews: Bool)
        }
        private let state = Mutex(State.open)
        fileprivate let number: UInt64
        fileprivate let subject: Subject
        fileprivate let deadline: Int64

        fileprivate init(_ number: UInt64, _ subject: Subject, _ deadline: Int64) {
            self.number = number
            self.subject = subject
            self.deadline = deadline
        }

        fileprivate func end(isNews: Bool) {
            let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                switch state {
                case .over: return nil
                case .open:
                    state = .over(isNews: isNews)
                    return nil
                case .waiting(let continuation):
                    state = .over(isNews: isNews)
                    return continuation
                }
            }
            continuation?.resume(returning: isNews)
        }

        fileprivate func wait() async -> Bool {
            await withCheckedContinuation { continuation in
                let over = state.withLock { state -> Bool? in
                    if case .over(let isNews) = state { return isNews }
                    state = .waiting(continuation)
                    return nil
                }
                if let over { continuation.resume(returning: over) }
            }
        }
    }

    private struct State {
        var tickets: [Subject: [Ticket]] = [:]
        /// By the second in which they end, then by number: thousands may share a second.
        var deadlines: [Int64: [UInt64: Ticket]] = [:]
        var swept: Int64 = 0
        var next: UInt64 = 0
        var count = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    public init() {}

    /// How many wait now.
    public var count: Int { state.withLock { $0.count } }

    /// - Parameter deadline: Unix time; the first sweep in that second or later ends the wait.
    public func ticket(for subject: Subject, until deadline: Int64) -> Ticket {
        state.withLock { state in
            state.next += 1
            let ticket = Ticket(state.next, subject, max(deadline, state.swept + 1))
            guard !state.isClosed else {
                ticket.end(isNews: false)
                return ticket
            }
            state.tickets[subject, default: []].append(ticket)
            state.deadlines[ticket.deadline, default: [:]][ticket.number] = ticket
            state.count += 1
            return ticket
        }
    }

    /// - Returns: whether there is news; not where the time is over, the client has gone, or the server ends.
    @discardableResult
    public func wait(for ticket: Ticket) async -> Bool {
        defer { forget(ticket) }
        return await ticket.wait()
    }

    /// Ends a wait whose client has gone, or that was not needed after all.
    public func end(_ ticket: Ticket) {
        ticket.end(isNews: false)
        forget(ticket)
    }

    /// Ends all waits for a subject: there is news.
    public func wake(_ subject: Subject) {
        for ticket in state.withLock({ $0.tickets[subject] ?? [] }) { ticket.end(isNews: true) }
    }

    /// Ends all waits: there is news, but nobody knows for whom.
    public func wakeAll() {
        for ticket in state.withLock({ $0.tickets.values.flatMap { $0 } }) { ticket.end(isNews: true) }
    }

    /// Ends the waits whose time has come.
    public func sweep(at now: Int64) {
        let ended = state.withLock { state -> [Ticket] in
            let seconds = state.deadlines.keys.filter { $0 <= now }
            state.swept = max(state.swept, now)
            return seconds.flatMap { state.deadlines[$0, default: [:]].values }
        }
        for ticket in ended { ticket.end(isNews: false) }
    }

    /// Ends all waits, now and later.
    public func close() {
        let tickets = state.withLock { state in
            state.isClosed = true
            return state.tickets.values.flatMap { $0 }
        }
        for ticket in tickets { ticket.end(isNews: false) }
    }

    private func forget(_ ticket: Ticket) {
        state.withLock { state in
            guard var others = state.tickets[ticket.subject], let index = others.firstIndex(where: { $0 === ticket }) else { return }
            others.remove(at: index)
            state.tickets[ticket.subject] = others.isEmpty ? nil : others
            state.deadlines[ticket.deadline]?[ticket.number] = nil
            if state.deadlines[ticket.deadline]?.isEmpty ?? false { state.deadlines[ticket.deadline] = nil }
            state.count -= 1
        }
    }
}
