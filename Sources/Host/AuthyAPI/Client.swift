public import AuthyWire
internal import Encoding
public import Identifiers
internal import LoginPolicy

/// Sends the requests of one login to the 2FA server, one after the other over one connection.
///
/// A poll of an approval request is abandoned when another request is made, so that it delays no prompt and no request.
public final class Client {
    /// The requests to the server.
    public enum Request: Sendable {
        case create(NewApprovalRequest, AuthyID)
        /// Polls the request that was created last; a server that can wait may hold the answer back for `wait`
        /// milliseconds.
        case look(AuthyID, wait: Int)
        /// See `Endpoint.verify`.
        case verify(OneTimeCode, AuthyID, isProven: Bool, confirmation: OneTimeCode?)
        case sms(AuthyID)
        case call(AuthyID)
        case startPhoneCheck(NewPhoneCheck)
        case checkPhone(OneTimeCode, PhoneNumber)
        case register(NewUser)
        case status(AuthyID)
        /// Reports an activity of the user.
        case tell(UserActivity, AuthyID)
        /// Whether the server takes the API key.
        case application
    }

    /// The results of all requests.
    public enum Result: Equatable, Sendable {
        case created(ApprovalRequestID)
        case status(ApprovalStatus)
        case valid
        case wrong
        /// The code was right, but was used before.
        case spent
        /// The code of a new phone, which is now confirmed.
        case phoneConfirmed
        /// The code of a new phone, which somebody else must confirm.
        case confirmationCode
        case sent
        case registered(AuthyID)
        /// The server refuses the data of the person: the fields that it names.
        case invalid(String)
        /// What the server knows about the user.
        case user(StatusAnswer.User)
        case unknownUser
        /// Status 200 for an activity, or for the API key.
        case noted
        /// Too many requests, even after the retries; the seconds that the server asked to wait, or nil.
        case limited(Int?)
        /// No address or no connection: an outage in which nothing was sent.
        case unreached(String)
        /// No HTTP answer in time, or a server that still fails after the retries.
        case outage(String)
        /// The user gets no approval request; the reason.
        case noDevice(String)
        /// Any other answer or failure; the reason.
        ///
        /// It is not an outage.
        case refused(String)
    }

    /// The answer to a request.
    public struct Answer: Equatable, Sendable {
        /// The number that was passed to `ask`.
        public let number: Int64
        /// The result of the request.
        public let result: Result
    }

    private struct Task {
        /// What is sent for the request, one after the other.
        enum Step: Equatable {
            /// Whether the person has a device, before an approval is created.
            case device
            case request
            /// Whether the server answers again after it failed at a request that is not repeated; its last result.
            case probe(Result)
        }

        let number: Int64
        let request: Request
        var step = Step.request
        var attempts = 0
        /// When the task began, and when it is abandoned, on the client's clock.
        var began: Int64 = 0
        var giveUp: Int64 = 0
        /// The server was away: the next attempt has the full time.
        var isRenewed = false

        /// Whether the task checks a code: it is not repeated after 429, as the server may have checked and counted the
        /// code.
        var isVerify: Bool {
            if case .verify = request { step == .request } else { false }
        }

        var isLook: Bool {
            if case .look = request { true } else { false }
        }

        /// Whether the request may be repeated although the server may have received it (RFC 9110, section 9.2.2).
        var isRepeatable: Bool {
            switch (step, request) {
            case (.device, _), (.probe, _), (_, .look), (_, .verify), (_, .status), (_, .application): true
            // These ring a phone or send a code; and a lost answer to a right code may have spent it.
            case (_, .create), (_, .sms), (_, .call), (_, .startPhoneCheck), (_, .checkPhone), (_, .register),
                (_, .tell):
                false
            }
        }

        /// The user whose status tells whether the server works, if a failure of this request might excuse the login;
        /// or nil.
        var user: AuthyID? {
            switch request {
            case .create(_, let user), .verify(_, let user, _, _), .sms(let user), .call(let user): user
            default: nil
            }
        }

        /// Milliseconds for which the server may hold the answer back.
        var wait: Int {
            if case .look(_, let wait) = request { wait } else { 0 }
        }
    }

    /// Whether another attempt may have a better result.
    private enum Prospect {
        case none
        /// After a few attempts.
        case busy
        /// When the server is back: it may be restarting.
        case away
    }

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
            connection.start(http(.cancelApprovalRequest(request), timeout: Int(until - now())))
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
        current = nil
        retryAt = nil
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
        var request = http(for: task, timeout: Int(clamping: task.giveUp - now()))
        request.isSentOnce = !task.isRepeatable
        connection.start(request)
    }

    private func http(for task: Task, timeout: Int) -> HTTPRequest {
        switch task.request {
        case _ where task.step != .request:
            return http(task.user.map { .status(of: $0) } ?? .application, timeout: timeout)
        case .create(let new, let user):
            return http(.createApprovalRequest(for: user), json: new.json, timeout: timeout)
        case .register(let new): return http(.newUser, json: new.json, timeout: timeout)
        case .status(let user): return http(.status(of: user), timeout: timeout)
        case .application: return http(.application, timeout: timeout)
        case .tell(let activity, let user):
            return http(.registerActivity(of: user), json: activity.json, timeout: timeout)
        case .look:
            guard let request else { return HTTPRequest(path: "/", timeout: timeout) }
            var read = http(.readApprovalRequest(request), timeout: timeout)
            // A repeated request has less time left.
            let wait = task.wait - Int(clamping: now() - task.began)
            if wait >= 1_000 { read.headers.append("\(Header.prefer): \(Header.wait(seconds: min(wait / 1_000, 60)))") }
            return read
        case .verify(let code, let user, let isProven, let confirmation):
            return http(.verify(code, of: user, isProven: isProven, confirmation: confirmation), timeout: timeout)
        case .sms(let user): return http(.sms(to: user), timeout: timeout)
        case .call(let user): return http(.call(to: user), timeout: timeout)
        case .startPhoneCheck(let check): return http(.startPhoneCheck, json: check.json, timeout: timeout)
        case .checkPhone(let code, let phone): return http(.checkPhone(code, of: phone), timeout: timeout)
        }
    }

    private func http(_ endpoint: Endpoint, json: String? = nil, timeout: Int) -> HTTPRequest {
        HTTPRequest(
            method: endpoint.method, path: endpoint.target, body: json,
            headers: ["\(Header.apiKey): \(server.key)"] + (json == nil ? [] : ["Content-Type: application/json"]),
            timeout: timeout)
    }

    // MARK: results

    private func finish(_ result: HTTPResult) -> Answer? {
        guard let task = current else { return nil }
        let prospect = prospect(of: result, task)
        if prospect != .none, retries(task, prospect) { return nil }
        switch task.step {
        case .device:
            if case .answer(let status, let body, _) = result, prospect != .away, let user = task.user {
                return looked(
                    for: StatusAnswer(status: status, body: JSONValue(body, limits: .answer), user: user), task, user)
            }
        case .request:
            // Only an outage is probed; any other result is certain.
            if case .answer(500..., _, _) = result, !isEnding, task.user != nil, case .outage = judge(result, of: task)
            {
                return probe(task, judge(result, of: task))
            }
        case .probe(let last):
            current = nil
            if case .answer(..<500, _, _) = result {
                return Answer(number: task.number, result: .refused(Self.onlyFailed(last)))
            }
            return Answer(number: task.number, result: last)
        }
        current = nil
        return Answer(number: task.number, result: judge(result, of: task))
    }

    /// Does not create a request for a user without a device.
    ///
    /// If the server does not say, the request is created: the server may not have this call.
    private func looked(for status: StatusAnswer, _ task: Task, _ user: AuthyID) -> Answer? {
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
    private func probe(_ task: Task, _ result: Result) -> Answer? {
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

    private func prospect(of result: HTTPResult, _ task: Task) -> Prospect {
        switch result {
        case .failed(let failure): isWorthIt(failure, task) ? .away : .none
        // Without JSON it comes from a gateway, whose server is not there.
        case .answer(503, let body, _) where JSONValue(body, limits: .answer) == nil: canComeAgain(task) ? .away : .none
        case .answer(503, let body, _) where ErrorNumber(in: JSONValue(body, limits: .answer))?.isNotSent == true: .none
        case .answer(429, _, _) where task.isVerify: .none
        case .answer(429, _, _), .answer(503, _, _): canComeAgain(task) ? .busy : .none
        case .answer(502, _, _), .answer(504, _, _): task.isRepeatable ? .away : .none
        case .answer(500...599, _, _): task.isRepeatable ? .busy : .none
        case .answer: .none
        }
    }

    /// Whether to repeat a request after its connection failed.
    ///
    /// A poll is always repeated; other requests only if the server cannot have received them, or if a repetition does
    /// no harm.
    private func isWorthIt(_ failure: HTTPFailure, _ task: Task) -> Bool {
        task.isLook || failure.mayPass && (failure.isUnsent || task.isRepeatable)
    }

    /// Whether to repeat a request after 429 or 503, with which the server says that it did nothing.
    ///
    /// See RFC 6585, section 4, and RFC 9110, section 15.6.4. An activity is not repeated: its failure is logged, and
    /// somebody waits meanwhile.
    private func canComeAgain(_ task: Task) -> Bool {
        if case .tell = task.request { false } else { true }
    }

    /// Schedules another attempt; false if there is none.
    private func retries(_ task: Task, _ prospect: Prospect) -> Bool {
        guard !isEnding else { return false }
        switch prospect {
        case .none: return false
        // After 0.25 s, 0.5 s and 1 s, four attempts in all, within its time.
        case .busy: return task.attempts < 4 && retries(after: Int64(125) << Int64(task.attempts), until: task.giveUp)
        // The pause is random, so that not all clients of a server return at the same moment.
        case .away:
            let longest = Int64(100) << Int64(min(task.attempts, 4))
            let until = task.isLook ? task.giveUp : min(deadline, task.began + Self.restartTime)
            guard retries(after: Int64.random(in: longest / 2...min(longest, 1_000)), until: until) else {
                return false
            }
            current?.isRenewed = true
            return true
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
            case .look(let user, _): return looked(status, json, user)
            case .verify: return Self.verified(VerifyAnswer(status: status, body: json))
            case .sms, .call, .startPhoneCheck: return Self.sent(OneCodeAnswer(status: status, body: json))
            case .checkPhone: return Self.checked(PhoneCheckAnswer(status: status, body: json))
            case .register: return Self.registered(NewUserAnswer(status: status, body: json))
            case .status(let user): return Self.known(StatusAnswer(status: status, body: json, user: user))
            case .tell, .application:
                return status == 200 ? .noted : Self.result(of: AuthyError(status: status, body: json))
            }
        }
    }

    private func created(_ answer: CreateAnswer) -> Result {
        switch answer {
        case .created(let id):
            request = id
            isDecided = false
            return .created(id)
        case .noDevice: return .noDevice("the user has no device")
        case .unknownUser: return .noDevice("the server does not know the user")
        case .notEnabled: return .noDevice("OneTouch is not enabled")
        case .error(let error): return Self.result(of: error)
        }
    }

    private func looked(_ status: Int, _ json: JSONValue?, _ user: AuthyID) -> Result {
        guard let request else { return .refused("there is no request") }
        switch ApprovalAnswer(status: status, body: json, request: request, user: user) {
        case .status(let status):
            isDecided = status != .pending
            return .status(status)
        case .error(let error): return Self.result(of: error)
        }
    }

    private static func verified(_ answer: VerifyAnswer) -> Result {
        switch answer {
        case .valid: .valid
        case .wrong: .wrong
        case .spent: .spent
        case .phoneConfirmed: .phoneConfirmed
        case .confirmationCode: .confirmationCode
        case .unknownUser: .refused("the server does not know the user")
        case .error(let error): result(of: error)
        }
    }

    private static func sent(_ answer: OneCodeAnswer) -> Result {
        switch answer {
        case .sent: .sent
        case .ignored: .refused("the server sent no code, since the user has the app")
        case .notEnabled: .refused("the server does not send codes that way")
        case .unknownUser: .refused("the server does not know the user")
        case .invalidNumber: .invalid("cellphone")
        case .error(let error): result(of: error)
        }
    }

    private static func checked(_ answer: PhoneCheckAnswer) -> Result {
        switch answer {
        case .valid: .valid
        case .wrong: .wrong
        case .error(let error): result(of: error)
        }
    }

    private static func registered(_ answer: NewUserAnswer) -> Result {
        switch answer {
        case .registered(let id): .registered(id)
        case .invalid(let fields): .invalid(fields.joined(separator: ", "))
        case .error(let error): result(of: error)
        }
    }

    private static func known(_ answer: StatusAnswer) -> Result {
        switch answer {
        case .user(let user): .user(user)
        case .unknownUser: .unknownUser
        case .error(let error): result(of: error)
        }
    }

    private static func result(of error: AuthyError) -> Result {
        switch error {
        case .keyRefused: .refused("the server refuses the API key")
        case .limited: .limited(nil)
        case .serverError(let status): .outage("the server fails (\(status))")
        case .notFound: .refused("not found (404)")
        case .refused(let status, _): .refused("refused (\(status))")
        case .malformed: .refused("malformed answer")
        }
    }
}
