internal import CSyscalls
internal import Synchronization

/// A few threads for blocking work: mails and programs.
///
/// Threads start when there is work, and end when there is none.
final class Workers: Sendable {
    /// Reasons why a job ended without its own result.
    enum Refusal: Sendable { case tooMany, shutDown, late }

    private struct PendingWork: Sendable {
        let run: @Sendable () -> Void
        let refuse: @Sendable (Refusal) -> Void
    }

    private struct State: Sendable {
        var waiting: [PendingWork] = []
        /// The refusals of all unfinished jobs, which are called at shutdown.
        var open: [Int: @Sendable (Refusal) -> Void] = [:]
        var number = 0
        var threads = 0
        var isOver = false
    }

    private let state = Mutex(State())
    private let threads: Int
    private let longestLine: Int

    init(threads: Int = 16, longestLine: Int = 1_000) {
        self.threads = threads
        self.longestLine = longestLine
    }

    /// Runs `work` on one of the threads, and returns its result or a refusal after `milliseconds`, whichever comes
    /// first.
    ///
    /// - Parameters:
    ///   - milliseconds: the time for the work, including its wait for a thread.
    ///   - refused: makes a result of a refusal.
    ///   - work: gets the milliseconds that are left, gives its result to the reply, and may continue after that.
    /// - Returns: the first result that was given.
    func run<Result: Sendable>(
        milliseconds: Int, refused: @escaping @Sendable (Refusal) -> Result,
        _ work: @escaping @Sendable (Int, Reply<Result>) -> Void
    ) async -> Result {
        let reply = Reply<Result>()
        let deadline = system_now() + Int64(milliseconds)
        let refuse: @Sendable (Refusal) -> Void = { reply.give(refused($0)) }
        let job = PendingWork(
            run: {
                let left = Int(clamping: deadline - system_now())
                if left > 0, !reply.isGiven { work(left, reply) }
                refuse(.late)
            }, refuse: refuse)
        let number = add(job)
        // A little more than the work's own time, so that the work's own result comes first.
        let timer = Task {
            try? await Task.sleep(for: .milliseconds(milliseconds + 500))
            refuse(.late)
        }
        let result = await reply.value
        timer.cancel()
        close(number)
        return result
    }

    /// Refuses all unfinished jobs, and all later ones.
    func shutDown() {
        let open = state.withLock { state in
            state.isOver = true
            state.waiting = []
            return state.open
        }
        open.values.forEach { $0(.shutDown) }
    }

    private func add(_ job: PendingWork) -> Int {
        let (number, refusal, needsThread) = state.withLock { state -> (Int, Refusal?, Bool) in
            state.number += 1
            if state.isOver { return (state.number, .shutDown, false) }
            if state.waiting.count >= longestLine { return (state.number, .tooMany, false) }
            state.waiting.append(job)
            state.open[state.number] = job.refuse
            let needsThread = state.threads < threads
            if needsThread { state.threads += 1 }
            return (state.number, nil, needsThread)
        }
        if let refusal { job.refuse(refusal) }
        if needsThread, !Background.run({ self.work() }) { threadIsGone() }
        return number
    }

    private func close(_ number: Int) { state.withLock { $0.open[number] = nil } }

    /// The body of a thread.
    private func work() {
        while let job = next() { job.run() }
    }

    private func next() -> PendingWork? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.threads -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }

    /// Called if no thread could be started: jobs wait for the other threads, or are refused if there is none.
    private func threadIsGone() {
        let waiting = state.withLock { state -> [PendingWork] in
            state.threads -= 1
            guard state.threads == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        waiting.forEach { $0.refuse(.tooMany) }
    }
}
