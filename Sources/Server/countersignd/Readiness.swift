internal import AuthyService
internal import Logging
internal import Synchronization

/// Checks with a write whether the server can work.
///
/// It writes at most once in a second, however often it is asked, and has one write at a time.
final class Readiness: Sendable {
    /// How long a result is valid, and how long a write may take.
    private static let (freshness, timeout) = (Duration.seconds(1), Duration.seconds(1))
    /// How long after the last question the server counts as watched.
    private static let attention = Duration.seconds(30)

    private struct State {
        var asked: ContinuousClock.Instant?
        /// When the last write ended, and the reason why it failed; nil if it succeeded.
        var last: (at: ContinuousClock.Instant, reason: String?)?
        /// When the current write began; nil if there is none.
        var begun: ContinuousClock.Instant?
        /// The questions that wait for the current write.
        var waiting: [AsyncStream<String?>.Continuation] = []
        var isLeaving = false
        /// Whether the log says that nothing can be written.
        var isFailureLogged = false
    }

    private enum Step {
        case result(String?)
        case wait(AsyncStream<String?>, AsyncStream<String?>.Continuation, isFirst: Bool)
    }

    private static let stalled = "a write does not end"

    private let service: APIService
    private let state = Mutex(State())

    init(_ service: APIService) { self.service = service }

    /// Returns the reason why the server is not ready; nil if it is.
    func unreadyReason() async -> String? {
        switch step(at: .now) {
        case .result(let reason): return reason
        case .wait(let results, let result, let isFirst):
            if isFirst { Task { end(await attempt()) } }
            Task {
                try? await Task.sleep(for: Self.timeout)
                result.yield(Self.stalled)
                result.finish()
            }
            let reason = await results.first { _ in true } ?? Self.stalled
            // A write that does not end is reported by the question that waited for it.
            if reason == Self.stalled { log(reason) }
            return reason
        }
    }

    /// Makes the server not ready from now on, so that it gets no new work.
    func leave() { state.withLock { $0.isLeaving = true } }

    var isLeaving: Bool { state.withLock { $0.isLeaving } }

    /// Whether a monitor needs time to see that the server is not ready.
    var isWatched: Bool { state.withLock { $0.asked.map { .now - $0 < Self.attention } ?? false } }

    private func step(at now: ContinuousClock.Instant) -> Step {
        state.withLock { state in
            state.asked = now
            if state.isLeaving { return .result("the server is ending") }
            if let last = state.last, now - last.at < Self.freshness, state.begun == nil { return .result(last.reason) }
            if let begun = state.begun, now - begun >= Self.timeout { return .result(Self.stalled) }
            let (results, result) = AsyncStream.makeStream(of: String?.self)
            state.waiting.append(result)
            let isFirst = state.begun == nil
            state.begun = state.begun ?? now
            return .wait(results, result, isFirst: isFirst)
        }
    }

    private func attempt() async -> String? {
        do {
            try await service.tryWriting()
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func end(_ reason: String?) {
        let shownReason = reason.map { _ in "nothing can be written" }
        let waiting = state.withLock { state in
            defer { (state.begun, state.waiting) = (nil, []) }
            state.last = (.now, shownReason)
            return state.waiting
        }
        log(reason)
        for result in waiting {
            result.yield(shownReason)
            result.finish()
        }
    }

    /// Logs each change once.
    private func log(_ reason: String?) {
        let isNews = state.withLock { state in
            defer { state.isFailureLogged = reason != nil }
            return state.isFailureLogged != (reason != nil)
        }
        guard isNews else { return }
        if let reason {
            service.log.error("not_ready", metadata: ["reason": "\(reason)"])
        } else {
            service.log.notice("ready_again")
        }
    }
}
