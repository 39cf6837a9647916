public import Identifiers
internal import Synchronization

/// The waiting calls: each waits for a change of a request, or of anything that concerns a user.
///
/// Times are those of a monotonic clock: a jump of the wall clock would stretch waits or end them all.
///
/// A caller takes a ticket first, then reads, then waits for the ticket, so that a change in between is not lost. One
/// sweep serves all deadlines, so that a wait needs no task and no timer of its own.
public final class WaiterRegistry: Sendable {
    /// What a call waits for.
    public enum Subject: Hashable, Sendable {
        case approval(ApprovalRequestID)
        case user(AuthyID)
    }

    /// One wait.
    ///
    /// It ends once: by a change, by its deadline, by the client's disconnect, or by the end of the server.
    public final class Waiter: Sendable {
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
        /// The tickets of a subject, by their numbers: thousands may share a subject.
        var tickets: [Subject: [UInt64: Waiter]] = [:]
        var held: [String: Int] = [:]
        /// The tickets by the second in which they end.
        var deadlines: [Int64: [UInt64: Waiter]] = [:]
        var swept: Int64 = 0
        var next: UInt64 = 0
        var count = 0
        var isClosed = false
    }

    /// The most tickets that one holder may have at a time.
    public static let most = 16

    /// Returns the seconds since a fixed point in time; it never decreases.
    public let uptime: @Sendable () -> Int64
    private let state = Mutex(State())

    /// Makes an empty hub with the given monotonic clock.
    public init(uptime: @escaping @Sendable () -> Int64) { self.uptime = uptime }

    /// The number of waits.
    public var count: Int { state.withLock { $0.count } }

    /// Takes a ticket for a wait.
    ///
    /// - Parameters:
    ///   - subject: What the call waits for.
    ///   - holder: The identity that the limit of waits applies to, such as the id of a phone.
    ///   - deadline: The uptime in seconds at which a sweep ends the wait.
    /// - Returns: The ticket, which has ended already if the hub is closed; nil if the holder has too many.
    public func ticket(for subject: Subject, of holder: String, until deadline: Int64) -> Waiter? {
        state.withLock { state in
            state.next += 1
            let ticket = Waiter(state.next, subject, holder, max(deadline, state.swept + 1))
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

    /// Reads between taking a ticket and waiting for it; if the reading fails, the ticket ends.
    ///
    /// - Parameters:
    ///   - ticket: The ticket.
    ///   - body: Reads the state.
    /// - Returns: What the body returned.
    /// - Throws: What the body threw.
    public func look<T>(with ticket: Waiter, _ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch {
            end(ticket)
            throw error
        }
    }

    /// Waits until the ticket ends.
    ///
    /// - Parameter ticket: The ticket.
    /// - Returns: True after a change; false after the deadline, a disconnect, or the end of the server.
    @discardableResult
    public func wait(for ticket: Waiter) async -> Bool {
        defer { forget(ticket) }
        return await ticket.wait()
    }

    /// Ends a wait whose client has disconnected, or that is not needed.
    public func end(_ ticket: Waiter) {
        ticket.end(isNews: false)
        forget(ticket)
    }

    /// Ends all waits for a subject, because it has changed.
    public func wake(_ subject: Subject) {
        for ticket in state.withLock({ $0.tickets[subject].map { Array($0.values) } ?? [] }) {
            ticket.end(isNews: true)
        }
    }

    /// Ends all waits, because something has changed and it is not known what.
    public func wakeAll() {
        for ticket in state.withLock({ $0.tickets.values.flatMap(\.values) }) { ticket.end(isNews: true) }
    }

    /// Ends the waits whose deadline has passed.
    ///
    /// - Parameter now: The uptime in seconds.
    public func sweep(at now: Int64) {
        let ended = state.withLock { state -> [Waiter] in
            let seconds = state.deadlines.keys.filter { $0 <= now }
            state.swept = max(state.swept, now)
            return seconds.flatMap { state.deadlines[$0, default: [:]].values }
        }
        for ticket in ended { ticket.end(isNews: false) }
    }

    /// Ends all waits; later tickets end at once.
    public func close() {
        let tickets = state.withLock { state in
            state.isClosed = true
            return state.tickets.values.flatMap(\.values)
        }
        for ticket in tickets { ticket.end(isNews: false) }
    }

    private func forget(_ ticket: Waiter) {
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
