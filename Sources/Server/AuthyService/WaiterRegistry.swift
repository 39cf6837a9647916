public import Identifiers
internal import Synchronization

/// The waiting calls: each waits for a change of a request, or of anything that concerns a user.
///
/// Times are those of a monotonic clock: a jump of the wall clock would stretch waits or end them all.
///
/// A caller takes a waiter first, then reads, then waits for the waiter, so that a change in between is not lost. One
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
            case over(isChange: Bool)
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

        fileprivate func end(isChange: Bool) {
            let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                switch state {
                case .over: return nil
                case .open:
                    state = .over(isChange: isChange)
                    return nil
                case .waiting(let continuation):
                    state = .over(isChange: isChange)
                    return continuation
                }
            }
            continuation?.resume(returning: isChange)
        }

        fileprivate func wait() async -> Bool {
            await withCheckedContinuation { continuation in
                let over = state.withLock { state -> Bool? in
                    if case .over(let isChange) = state { return isChange }
                    state = .waiting(continuation)
                    return nil
                }
                if let over { continuation.resume(returning: over) }
            }
        }
    }

    private struct State {
        /// The waiters of a subject, by their numbers: thousands may share a subject.
        var waiters: [Subject: [UInt64: Waiter]] = [:]
        var held: [String: Int] = [:]
        /// The waiters by the second in which they end.
        var deadlines: [Int64: [UInt64: Waiter]] = [:]
        var swept: Int64 = 0
        var next: UInt64 = 0
        var count = 0
        var isClosed = false
    }

    /// The most waiters that one holder may have at a time.
    public static let most = 16

    /// Returns the seconds since a fixed point in time; it never decreases.
    public let uptime: @Sendable () -> Int64
    private let state = Mutex(State())

    /// Makes an empty registry with the given monotonic clock.
    public init(uptime: @escaping @Sendable () -> Int64) { self.uptime = uptime }

    /// The number of waits.
    public var count: Int { state.withLock { $0.count } }

    /// Takes a waiter for a wait.
    ///
    /// - Parameters:
    ///   - subject: What the call waits for.
    ///   - holder: The identity that the limit of waits applies to, such as the id of a phone.
    ///   - deadline: The uptime in seconds at which a sweep ends the wait.
    /// - Returns: The waiter, which has ended already if the registry is closed; nil if the holder has too many.
    public func register(for subject: Subject, of holder: String, until deadline: Int64) -> Waiter? {
        state.withLock { state in
            state.next += 1
            let waiter = Waiter(state.next, subject, holder, max(deadline, state.swept + 1))
            guard !state.isClosed else {
                waiter.end(isChange: false)
                return waiter
            }
            guard state.held[holder, default: 0] < Self.most else { return nil }
            state.held[holder, default: 0] += 1
            state.waiters[subject, default: [:]][waiter.number] = waiter
            state.deadlines[waiter.deadline, default: [:]][waiter.number] = waiter
            state.count += 1
            return waiter
        }
    }

    /// Reads between taking a waiter and waiting for it; if the reading fails, the waiter ends.
    ///
    /// - Parameters:
    ///   - waiter: The waiter.
    ///   - body: Reads the state.
    /// - Returns: What the body returned.
    /// - Throws: What the body threw.
    public func read<T>(holding waiter: Waiter, _ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch {
            end(waiter)
            throw error
        }
    }

    /// Waits until the waiter ends.
    ///
    /// - Parameter waiter: The waiter.
    /// - Returns: True after a change; false after the deadline, a disconnect, or the end of the server.
    @discardableResult
    public func wait(for waiter: Waiter) async -> Bool {
        defer { forget(waiter) }
        return await waiter.wait()
    }

    /// Ends a wait whose client has disconnected, or that is not needed.
    public func end(_ waiter: Waiter) {
        waiter.end(isChange: false)
        forget(waiter)
    }

    /// Ends all waits for a subject, because it has changed.
    public func wake(_ subject: Subject) {
        for waiter in state.withLock({ $0.waiters[subject].map { Array($0.values) } ?? [] }) {
            waiter.end(isChange: true)
        }
    }

    /// Ends all waits, because something has changed and it is not known what.
    public func wakeAll() {
        for waiter in state.withLock({ $0.waiters.values.flatMap(\.values) }) { waiter.end(isChange: true) }
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
        for waiter in ended { waiter.end(isChange: false) }
    }

    /// Ends all waits; later waiters end at once.
    public func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            return state.waiters.values.flatMap(\.values)
        }
        for waiter in waiters { waiter.end(isChange: false) }
    }

    private func forget(_ waiter: Waiter) {
        state.withLock { state in
            guard state.waiters[waiter.subject]?.removeValue(forKey: waiter.number) != nil else { return }
            if state.waiters[waiter.subject]?.isEmpty ?? false { state.waiters[waiter.subject] = nil }
            let held = state.held[waiter.holder, default: 1] - 1
            state.held[waiter.holder] = if held == 0 { nil } else { held }
            state.deadlines[waiter.deadline]?[waiter.number] = nil
            if state.deadlines[waiter.deadline]?.isEmpty ?? false { state.deadlines[waiter.deadline] = nil }
            state.count -= 1
        }
    }
}
