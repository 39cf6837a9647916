public import Identifiers
internal import Synchronization

/// Those who wait for news: of a request, or of all that concerns a user.
///
/// Time is that of a clock which nobody sets: one of the day that jumps would stretch waits, or end all of them.
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
        fileprivate let holder: String
        fileprivate let deadline: Int64

        fileprivate init(_ number: UInt64, _ subject: Subject, _ holder: String, _ deadline: Int64) {
            self.number = number
            self.subject = subject
            self.holder = holder
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
        /// By number: thousands may share a subject, or a second.
        var tickets: [Subject: [UInt64: Ticket]] = [:]
        var held: [String: Int] = [:]
        /// By the second in which they end.
        var deadlines: [Int64: [UInt64: Ticket]] = [:]
        var swept: Int64 = 0
        var next: UInt64 = 0
        var count = 0
        var isClosed = false
    }

    /// How many tickets one holder may have at a time.
    public static let most = 16

    /// Seconds since some moment, ever more.
    public let uptime: @Sendable () -> Int64
    private let state = Mutex(State())

    public init(uptime: @escaping @Sendable () -> Int64) { self.uptime = uptime }

    /// How many wait now.
    public var count: Int { state.withLock { $0.count } }

    /// - Parameters:
    ///   - holder: who waits, such as a phone.
    ///   - deadline: of the uptime; the first sweep in that second or later ends the wait.
    /// - Returns: nil where the holder waits in too many places already.
    public func ticket(for subject: Subject, of holder: String, until deadline: Int64) -> Ticket? {
        state.withLock { state in
            state.next += 1
            let ticket = Ticket(state.next, subject, holder, max(deadline, state.swept + 1))
            guard !state.isClosed else {
                ticket.end(isNews: false)
                return ticket
            }
            guard state.held[holder, default: 0] < Self.most else { return nil }
            state.held[holder, default: 0] += 1
            state.tickets[subject, default: [:]][ticket.number] = ticket
            state.deadlines[ticket.deadline, default: [:]][ticket.number] = ticket
            state.count += 1
            return ticket
        }
    }

    /// The look between a ticket and its wait: where it fails there is no wait, and the ticket ends.
    public func look<T>(with ticket: Ticket, _ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch {
            end(ticket)
            throw error
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
        for ticket in state.withLock({ $0.tickets[subject].map { Array($0.values) } ?? [] }) {
            ticket.end(isNews: true)
        }
    }

    /// Ends all waits: there is news, but nobody knows for whom.
    public func wakeAll() {
        for ticket in state.withLock({ $0.tickets.values.flatMap(\.values) }) { ticket.end(isNews: true) }
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
            return state.tickets.values.flatMap(\.values)
        }
        for ticket in tickets { ticket.end(isNews: false) }
    }

    private func forget(_ ticket: Ticket) {
        state.withLock { state in
            guard state.tickets[ticket.subject]?.removeValue(forKey: ticket.number) != nil else { return }
            if state.tickets[ticket.subject]?.isEmpty ?? false { state.tickets[ticket.subject] = nil }
            let held = state.held[ticket.holder, default: 1] - 1
            state.held[ticket.holder] = held == 0 ? nil : held
            state.deadlines[ticket.deadline]?[ticket.number] = nil
            if state.deadlines[ticket.deadline]?.isEmpty ?? false { state.deadlines[ticket.deadline] = nil }
            state.count -= 1
        }
    }
}
