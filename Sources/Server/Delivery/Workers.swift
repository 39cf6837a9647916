internal import CSyscalls
internal import Synchronization

/// A few threads for work that blocks: mails and programs. They come when there is work, and go when there is none.
final class Workers: Sendable {
    /// Why work was never done.
    enum Refusal: Sendable { case tooMany, shutDown, late }

    private struct Job: Sendable {
        let run: @Sendable () -> Void
        let refuse: @Sendable (Refusal) -> Void
    }

    private struct State: Sendable {
        var waiting: [Job] = []
        /// What is asked for and not yet answered, to be answered at the end.
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

    /// Does the work in its turn, and answers after so many milliseconds whether or not it is done.
    /// - Parameter work: gives its result to the reply, and may go on after that; it is told how many milliseconds are left.
    func run<Result: Sendable>(
        milliseconds: Int, refused: @escaping @Sendable (Refusal) -> Result,
        _ work: @escaping @Sendable (Int, Reply<Result>) -> Void
    ) async -> Result {
        let reply = Reply<Result>()
        let deadline = system_now() + Int64(milliseconds)
        let refuse: @Sendable (Refusal) -> Void = { reply.give(refused($0)) }
        let job = Job(
            run: {
                let left = Int(clamping: deadline - system_now())
                if left > 0, !reply.isGiven { work(left, reply) }
                refuse(.late)
            }, refuse: refuse)
        let number = add(job)
        // A little longer than the work has, so that its own word comes first.
        let timer = Task {
            try? await Task.sleep(for: .milliseconds(milliseconds + 500))
            refuse(.late)
        }
        let result = await reply.value
        timer.cancel()
        close(number)
        return result
    }

    /// Answers all that is asked for, now and later.
    func shutDown() {
        let open = state.withLock { state in
            state.isOver = true
            state.waiting = []
            return state.open
        }
        open.values.forEach { $0(.shutDown) }
    }

    private func add(_ job: Job) -> Int {
        let (number, refusal, needsThread) = state.withLock { state -> (Int, Refusal?, Bool) in
            state.number += 1
            if state.isOver || state.waiting.count >= longestLine {
                return (state.number, state.isOver ? .shutDown : .tooMany, false)
            }
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

    /// A thread's life.
    private func work() {
        while let job = next() { job.run() }
    }

    private func next() -> Job? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.threads -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }

    /// The system had none: whoever waits is served by the others, or told so.
    private func threadIsGone() {
        let waiting = state.withLock { state -> [Job] in
            state.threads -= 1
            guard state.threads == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        waiting.forEach { $0.refuse(.tooMany) }
    }
}
