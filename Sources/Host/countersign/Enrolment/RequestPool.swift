internal import CSyscalls
internal import Frames
internal import Glibc
internal import NetProtocol

/// One of many requests to the server.
protocol PooledRequest {
    var request: NetRequest { get }
}

/// Sends many requests to the server through several processes, and repeats those that meet a limit or an outage.
struct RequestPool<RefreshRequest: PooledRequest> {
    enum Step {
        case ask(RefreshRequest)
        /// An item that needs no request.
        case done
        /// There are no more items.
        case end
    }

    enum Ended: Equatable {
        case done
        /// Ctrl-C was pressed.
        case stopped
        case outOfReach(String)
    }

    /// Shortest and longest time between two tries in milliseconds; it doubles from one to the next.
    private static var pauses: ClosedRange<Int64> { 500...15_000 }
    /// Milliseconds to wait for open answers after Ctrl-C.
    private static var timeoutAtStop: Int64 { 5_000 }

    private var pool: NetPool
    private let stops: Stops
    /// How long the server may be out of reach, in milliseconds.
    private let timeout: Int64
    private var under: [Int: RefreshRequest] = [:]
    private var again: [RefreshRequest] = []
    private var pauseUntil: Int64 = 0
    private var pause: Int64
    /// When requests began to fail, if none has succeeded since.
    private var failingSince: Int64?
    private var lastReason = ""

    init(_ pool: NetPool, _ stops: Stops, timeout: Int) {
        self.pool = pool
        self.stops = stops
        self.timeout = Int64(timeout) * 1_000
        pause = Self.pauses.lowerBound
    }

    /// Handles all items, until there are no more, Ctrl-C is pressed, or the server stays out of reach.
    ///
    /// - Parameters:
    ///   - next: returns the next item.
    ///   - answered: receives every answer except limits and outages.
    ///   - waiting: is told in how many milliseconds the next try follows, and why.
    /// - Returns: how it ended.
    /// - Throws: what `next` and `answered` throw.
    mutating func run(
        next: () throws -> Step, answered: (RefreshRequest, NetResult) throws -> Void, waiting: (Int64, String) -> Void
    ) throws -> Ended {
        var isAtEnd = false
        while true {
            if hasStop() { return try stop(answered) }
            while !isAtEnd || !again.isEmpty, system_now() >= pauseUntil,
                let idle = pool.processes.firstIndex(where: \.isIdle)
            {
                if let job = again.popLast() {
                    ask(job, index: idle)
                    continue
                }
                switch try next() {
                case .ask(let job): ask(job, index: idle)
                case .done: if hasStop() { return try stop(answered) }
                case .end: isAtEnd = true
                }
            }
            if under.isEmpty, again.isEmpty, isAtEnd { return .done }
            guard pool.processes.contains(where: \.isThere) else { return .outOfReach("countersign-net has ended") }
            let ready = readable(watched, until: pauseUntil > system_now() ? pauseUntil : nil)
            for descriptor in ready where descriptor != stops.descriptor {
                try receive(descriptor, answered: answered, waiting: waiting)
            }
            if let since = failingSince, system_now() - since > timeout { return .outOfReach(lastReason) }
        }
    }

    private var watched: [CInt] { [stops.descriptor] + under.keys.map { pool.processes[$0].channel.descriptor } }

    private func hasStop() -> Bool { readable([stops.descriptor], until: 0) == [stops.descriptor] }

    private mutating func ask(_ job: RefreshRequest, index: Int) {
        pool.processes[index].ask(job.request)
        under[index] = job
    }

    private mutating func receive(
        _ descriptor: CInt, answered: (RefreshRequest, NetResult) throws -> Void, waiting: (Int64, String) -> Void
    ) throws {
        guard let index = pool.processes.firstIndex(where: { $0.channel.descriptor == descriptor }),
            let answer = pool.processes[index].answer(), let job = under.removeValue(forKey: index)
        else { return }
        switch answer {
        case .outage(let reason):
            failingSince = failingSince ?? system_now()
            comeAgain(job, wait: nil, reason: "the server is out of reach: \(reason)", waiting: waiting)
        // A process that was ended from outside; the others go on.
        case .refused where !pool.processes[index].isThere: again.append(job)
        case .limited(let seconds):
            failingSince = nil
            comeAgain(
                job, wait: seconds.map { Int64(min(max($0, 0), 3_600)) * 1_000 },
                reason: "the server takes no more requests for now",
                waiting: waiting)
        default:
            failingSince = nil
            pause = Self.pauses.lowerBound
            try answered(job, answer)
        }
    }

    private mutating func comeAgain(
        _ job: RefreshRequest, wait: Int64?, reason: String, waiting: (Int64, String) -> Void
    ) {
        again.append(job)
        lastReason = reason
        let now = system_now()
        // The others fail at the same time, which counts as one failure.
        guard now >= pauseUntil else { return }
        let wait = wait ?? pause
        pauseUntil = now + wait
        pause = min(pause * 2, Self.pauses.upperBound)
        waiting(wait, reason)
    }

    /// Waits for open requests, so that nothing is registered without being linked; a second Ctrl-C ends the wait.
    private mutating func stop(_ answered: (RefreshRequest, NetResult) throws -> Void) throws -> Ended {
        drain()
        let until = system_now() + Self.timeoutAtStop
        while !under.isEmpty, system_now() < until, !hasStop() {
            for descriptor in readable(watched, until: until) where descriptor != stops.descriptor {
                try receive(descriptor, answered: answered) { _, _ in }
            }
        }
        return .stopped
    }

    /// Reads the signals that have arrived.
    private func drain() {
        var buffer = [UInt8](repeating: 0, count: 1_024)
        while read(stops.descriptor, &buffer, buffer.count) > 0 {}
    }
}
