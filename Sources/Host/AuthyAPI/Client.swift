internal import AuthyWire
internal import Encoding
internal import Identifiers

/// Sends the requests of one login to the 2FA server, one after the other over one connection.
///
/// A poll of an approval request is abandoned when another request is made, so that it delays no prompt and no request.
public final class Client {
    /// How long a server that is away is retried, in milliseconds.
    private static let restartTime: Int64 = 8_000

    private let server: ServerAddress
    private let connection: Connection
    private let now: () -> Int64
    /// When the login ends, on the client's clock.
    private let deadline: Int64
    private var waiting: [Task] = []
    private var current: Task?
    /// When `current` is sent again; nil if it does not wait for that.
    private var retryAt: Int64?
    /// The request that was created last, and whether a decision on it was seen.
    private var request: ApprovalRequestID?
    private var isDecided = false
    /// The users who have a device, or may have one because the server does not say.
    private var reachable: Set<AuthyID> = []
    /// The login has ended, and nobody waits for answers.
    private var isEnding = false

    /// Opens no connection yet.
    ///
    /// - Parameters:
    ///   - server: the address of the server, and how to reach it.
    ///   - deadline: when the login ends, by the clock of `now`.
    ///   - now: milliseconds of a clock that does not jump.
    public init(server: ServerAddress, deadline: Int64, now: @escaping () -> Int64) {
        self.server = server
        self.deadline = deadline
        self.now = now
        connection = Connection(server: server, now: now)
    }

    /// Queues a request, and abandons a poll.
    ///
    /// - Parameters:
    ///   - number: returned with the answer.
    ///   - request: the request.
    public func ask(_ number: Int64, _ request: Request) {
        stopLooking()
        waiting.append(Task(number: number, request: request))
    }

    /// Abandons a poll that is running or queued; it is never answered.
    public func stopLooking() {
        waiting.removeAll { $0.isLook }
        if let current, current.isLook { drop() }
    }

    /// Works until there is an answer, the descriptor is readable, or the time is over.
    ///
    /// - Parameters:
    ///   - descriptor: a descriptor to watch, or -1.
    ///   - milliseconds: how long to work.
    /// - Returns: an answer, if there is one, and whether the descriptor is readable.
    public func work(watching descriptor: CInt, milliseconds: Int) -> (answer: Answer?, readable: Bool) {
        advance()
        let due = retryAt.map { Int(clamping: max(0, $0 - now())) } ?? milliseconds
        let (result, readable) = connection.work(watching: descriptor, milliseconds: min(due, milliseconds))
        return (result.flatMap(finish), readable)
    }

    /// Withdraws an approval request on which no decision was seen; the result does not matter.
    ///
    /// - Parameter milliseconds: how long to try.
    public func cancel(milliseconds: Int) {
        let until = now() + Int64(milliseconds)
        isEnding = true
        stopLooking()
        waiting = []
        if let current, retryAt != nil || current.step != .request { drop() }
        // A request that is being created has no name yet.
        while current != nil, now() < until { _ = work(watching: -1, milliseconds: Int(until - now())) }
        guard let request, !isDecided else { return }
        while now() < until {
            let timeout = Int(until - now())
            connection.start(HTTPRequest(.cancelApprovalRequest(request), key: server.key, timeout: timeout))
            guard case .failed(let failure) = finish(until: until), failure.mayPass else { return }
            _ = connection.work(watching: -1, milliseconds: 100)
        }
    }

    private func finish(until: Int64) -> HTTPResult? {
        while connection.isBusy, now() < until {
            if let result = connection.work(watching: -1, milliseconds: Int(until - now())).result { return result }
        }
        return nil
    }

    private func drop() {
        connection.abandon()
        (current, retryAt) = (nil, nil)
    }

    // MARK: sending

    private func advance() {
        if let retryAt {
            guard retryAt <= now() else { return }
            self.retryAt = nil
            if let task = current, task.isRenewed, !task.isLook { current?.giveUp = ends(task) }
            current?.isRenewed = false
            send()
        } else if current == nil, !waiting.isEmpty {
            var task = waiting.removeFirst()
            if case .create(_, let user) = task.request, !reachable.contains(user) { task.step = .device }
            task.began = now()
            task.giveUp = ends(task)
            current = task
            send()
        }
    }

    private func ends(_ task: Task) -> Int64 {
        min(deadline, now() + Int64(task.wait) + Int64(server.requestTimeout) * 1_000)
    }

    private func send() {
        guard let task = current else { return }
        current?.attempts += 1
        connection.start(task.http(polling: request, at: now(), key: server.key))
    }

    // MARK: results

    private func finish(_ result: HTTPResult) -> Answer? {
        guard let task = current else { return nil }
        let prospect = prospect(of: task, after: result)
        if prospect != .none, retries(task, prospect: prospect) { return nil }
        switch task.step {
        case .device:
            if case .answer(let status, let body, _) = result, prospect != .away, let user = task.user {
                let known = StatusAnswer(status: status, body: JSONValue(body, limits: .answer), user: user)
                return checkDevice(of: user, in: known, for: task)
            }
        case .request:
            // Only an outage is probed; any other result is certain.
            if case .answer(500..., _, _) = result, !isEnding, task.user != nil, case .outage = judge(result, of: task)
            {
                return probe(task, after: judge(result, of: task))
            }
        case .probe(let last):
            current = nil
            if case .answer(..<500, _, _) = result {
                return Answer(number: task.number, result: .refused(Self.onlyFailed(last)))
            }
            return Answer(number: task.number, result: last)
        }
        current = nil
        var answer = Answer(number: task.number, result: judge(result, of: task))
        if case .application = task.request { answer.facts = connection.facts }
        return answer
    }

    /// Does not create a request for a user without a device.
    ///
    /// If the server does not say, the request is created: the server may not have this call.
    private func checkDevice(of user: AuthyID, in status: StatusAnswer, for task: Task) -> Answer? {
        if case .user(let known) = status, known.hasApp == false {
            current = nil
            return Answer(number: task.number, result: .noDevice("the user has no device"))
        }
        reachable.insert(user)
        current?.step = .request
        current?.attempts = 0
        send()
        return nil
    }

    /// Asks the server again: a gateway in front of a restarting server fails at one request but not at the next, which
    /// is not an outage.
    private func probe(_ task: Task, after result: Result) -> Answer? {
        current?.step = .probe(result)
        current?.attempts = 0
        current?.giveUp = ends(task)
        send()
        return nil
    }

    private static func onlyFailed(_ result: Result) -> String {
        if case .outage(let reason) = result {
            "\(reason), and answers again"
        } else {
            "the server failed, and answers again"
        }
    }

    private func prospect(of task: Task, after result: HTTPResult) -> Prospect {
        switch result {
        case .failed(let failure): if isWorthRepeating(task, after: failure) { .away } else { .none }
        // Without JSON it comes from a gateway, whose server is not there.
        case .answer(503, let body, _) where JSONValue(body, limits: .answer) == nil:
            if canComeAgain(task) { .away } else { .none }
        case .answer(503, let body, _) where ErrorNumber(in: JSONValue(body, limits: .answer))?.isNotSent == true: .none
        case .answer(429, _, _) where task.isVerify: .none
        case .answer(429, _, _), .answer(503, _, _): if canComeAgain(task) { .busy } else { .none }
        case .answer(502, _, _), .answer(504, _, _): if task.isRepeatable { .away } else { .none }
        case .answer(500...599, _, _): if task.isRepeatable { .busy } else { .none }
        case .answer: .none
        }
    }

    /// Whether to repeat a request after its connection failed.
    ///
    /// A poll is always repeated; other requests only if the server cannot have received them, or if a repetition does
    /// no harm.
    private func isWorthRepeating(_ task: Task, after failure: HTTPFailure) -> Bool {
        task.isLook || failure.mayPass && (failure.isUnsent || task.isRepeatable)
    }

    /// Whether to repeat a request after 429 or 503, with which the server says that it did nothing.
    ///
    /// See RFC 6585, section 4, and RFC 9110, section 15.6.4. An activity is not repeated: its failure is logged, and
    /// somebody waits meanwhile.
    private func canComeAgain(_ task: Task) -> Bool {
        if case .report = task.request { false } else { true }
    }

    /// Schedules another attempt; false if there is none.
    private func retries(_ task: Task, prospect: Prospect) -> Bool {
        guard !isEnding else { return false }
        switch prospect {
        case .none: return false
        // After 0.25 s, 0.5 s and 1 s, four attempts in all, within its time.
        case .busy: return task.attempts < 4 && retries(after: Int64(125) << Int64(task.attempts), until: task.giveUp)
        // The pause is random, so that not all clients of a server return at the same moment.
        case .away:
            let longest = Int64(100) << Int64(min(task.attempts, 4))
            let until = if task.isLook { task.giveUp } else { min(deadline, task.began + Self.restartTime) }
            let isPlanned = retries(after: Int64.random(in: longest / 2...min(longest, 1_000)), until: until)
            if isPlanned { current?.isRenewed = true }
            return isPlanned
        }
    }

    private func retries(after pause: Int64, until: Int64) -> Bool {
        guard now() + pause < until else { return false }
        retryAt = now() + pause
        return true
    }

    private func judge(_ result: HTTPResult, of task: Task) -> Result {
        switch result {
        // A failed connection says nothing about the request: it is polled again.
        case .failed(let failure) where task.isLook: return .outage(failure.reason)
        case .failed(let failure):
            return switch failure.kind {
            case .unreached: .unreached(failure.reason)
            case .outage: .outage(failure.reason)
            case .broken: .refused(failure.reason)
            }
        case .answer(let status, let body, let retryAfter):
            let json = JSONValue(body, limits: .answer)
            if case .limited = AuthyError(status: status, body: json) { return .limited(retryAfter) }
            switch task.request {
            case .create: return created(CreateAnswer(status: status, body: json))
            case .poll(let user, _): return polled(status: status, json: json, of: user)
            case .verify: return Result(VerifyAnswer(status: status, body: json))
            case .sms, .call, .startPhoneCheck: return Result(OneCodeAnswer(status: status, body: json))
            case .checkPhone: return Result(PhoneCheckAnswer(status: status, body: json))
            case .register: return Result(NewUserAnswer(status: status, body: json))
            case .status(let user): return Result(StatusAnswer(status: status, body: json, user: user))
            case .join: return Result(JoinAnswer(status: status, body: json))
            case .report, .application:
                return if status == 200 { .noted } else { Result(AuthyError(status: status, body: json)) }
            }
        }
    }

    private func created(_ answer: CreateAnswer) -> Result {
        switch answer {
        case .created(let id):
            (request, isDecided) = (id, false)
            return .created(id)
        case .noDevice: return .noDevice("the user has no device")
        case .unknownUser: return .noDevice("the server does not know the user")
        case .notEnabled: return .noDevice("OneTouch is not enabled")
        case .error(let error): return Result(error)
        }
    }

    private func polled(status: Int, json: JSONValue?, of user: AuthyID) -> Result {
        guard let request else { return .refused("there is no request") }
        switch ApprovalAnswer(status: status, body: json, request: request, user: user) {
        case .status(let status):
            isDecided = status != .pending
            return .status(status)
        case .error(let error): return Result(error)
        }
    }
}
