internal import AuthyService
internal import Logging
internal import Synchronization

/// Whether the server can do its work, which is to write: it tries. However often it is asked, it writes once in a second at most, and waits
/// for one try at a time.
final class Readiness: Sendable {
    /// How long an answer is good, and how long a try may take.
    private static let (freshness, patience) = (Duration.seconds(1), Duration.seconds(1))
    /// How long after the last question somebody is believed to be asking.
    private static let attention = Duration.seconds(30)

    private struct State {
        var asked: ContinuousClock.Instant?
        /// The last try that ended, and why nothing could be written; nil if it was.
        var last: (at: ContinuousClock.Instant, fault: String?)?
        /// When the try began that has not ended.
        var begun: ContinuousClock.Instant?
        /// Those who wait for it.
        var waiting: [AsyncStream<String?>.Continuation] = []
        var isLeaving = false
        /// Whether the log says that nothing can be written.
        var isFaultTold = false
    }

    private enum Step {
        case answer(String?)
        case wait(AsyncStream<String?>, AsyncStream<String?>.Continuation, isFirst: Bool)
    }

    private static let stalled = "a write does not end"

    private let service: AuthyService
    private let state = Mutex(State())

    init(_ service: AuthyService) { self.service = service }

    /// - Returns: why the server is not ready; nil if it is.
    func fault() async -> String? {
        switch step(at: .now) {
        case .answer(let fault): return fault
        case .wait(let results, let result, let isFirst):
            if isFirst { Task { end(await attempt()) } }
            Task {
                try? await Task.sleep(for: Self.patience)
                result.yield(Self.stalled)
                result.finish()
            }
            let fault = await results.first { _ in true } ?? Self.stalled
            // A try that does not end is told by who waited for it.
            if fault == Self.stalled { tell(fault) }
            return fault
        }
    }

    /// From now on it is not ready: no new work is to come here.
    func leave() { state.withLock { $0.isLeaving = true } }

    var isLeaving: Bool { state.withLock { $0.isLeaving } }

    /// Whether somebody who watches has to be given time to see that.
    var isWatched: Bool { state.withLock { $0.asked.map { .now - $0 < Self.attention } ?? false } }

    private func step(at now: ContinuousClock.Instant) -> Step {
        state.withLock { state in
            state.asked = now
            if state.isLeaving { return .answer("the server is ending") }
            if let last = state.last, now - last.at < Self.freshness, state.begun == nil { return .answer(last.fault) }
            if let begun = state.begun, now - begun >= Self.patience { return .answer(Self.stalled) }
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
        let fault = reason.map { _ in "nothing can be written" }
        let waiting = state.withLock { state in
            defer { (state.begun, state.waiting) = (nil, []) }
            state.last = (.now, fault)
            return state.waiting
        }
        tell(reason)
        for result in waiting {
            result.yield(fault)
            result.finish()
        }
    }

    /// Once for each change.
    private func tell(_ reason: String?) {
        let isNews = state.withLock { state in
            defer { state.isFaultTold = reason != nil }
            return state.isFaultTold != (reason != nil)
        }
        guard isNews else { return }
        if let reason {
            service.log.error("not_ready", metadata: ["reason": "\(reason)"])
        } else {
            service.log.notice("ready_again")
        }
    }
}
