public import AuthyWire
public import LoginFlow

/// What a login asks of the 2FA server, one thing after the other over one connection.
///
/// A look is given up when something else is asked: no poll hangs while a prompt is open or another request is due.
public final class Client {
    public enum Request: Sendable {
        case create(NewApprovalRequest, AuthyID)
        /// At the request that was created last; a server that can wait may take so many milliseconds to tell of a decision.
        case look(AuthyID, wait: Int)
        /// See `Endpoint.verify`.
        case verify(OneTimeCode, AuthyID, isProven: Bool, confirmation: OneTimeCode?)
        case sms(AuthyID)
        case call(AuthyID)
        case startPhoneCheck(NewPhoneCheck)
        case checkPhone(OneTimeCode, PhoneNumber)
        case register(NewUser)
        case status(AuthyID)
        case tell(UserActivity, AuthyID)
        /// Whether the server takes the API key.
        case application
    }

    public enum Result: Equatable, Sendable {
        case created
        case status(ApprovalStatus)
        case valid
        case wrong
        case spent
        /// The code of a new phone, which is confirmed now.
        case phoneConfirmed
        /// The code of a new phone, which somebody else must confirm.
        case confirmationCode
        case sent
        case registered(AuthyID)
        /// The server takes the person for invalid: what it blames.
        case invalid(String)
        case user(StatusAnswer.User)
        case unknownUser
        case noted
        /// Too many requests, also after the retries; the seconds that the server asked to wait, where it did.
        case limited(Int?)
        /// No address or no connection: an outage in which nothing was sent.
        case unreached(String)
        /// No HTTP answer in time, or a server that fails to the end of the retries.
        case outage(String)
        case noDevice(String)
        case refused(String)
    }

    public struct Answer: Equatable, Sendable {
        /// As given to `ask`.
        public let number: Int64
        public let result: Result
    }

    private struct Task {
        let number: Int64
        let request: Request
        var attempts = 0
        /// When it is given up, on the client's clock.
        var giveUp: Int64 = 0
        /// A request for approval comes after a look at whether the person has a device.
        var asksForDevice = false

        var isLook: Bool {
            if case .look = request { true } else { false }
        }

        /// Whether this may be sent again after that status. What rings a phone or sends a code is not, unless the server has said that
        /// it did nothing (RFC 9110, section 15.6.4; RFC 6585, section 4).
        func mayRepeat(after status: Int) -> Bool {
            switch request {
            case .look, .verify, .status, .application: status == 429 || (500...599).contains(status)
            // A code that was right may be spent by the answer that got lost.
            case .create, .sms, .call, .startPhoneCheck, .checkPhone, .register: status == 429 || status == 503
            // Somebody stands at a prompt meanwhile, and what could not be told is in the log.
            case .tell: false
            }
        }

        /// Milliseconds that the server may hold the answer back.
        var wait: Int {
            if case .look(_, let wait) = request { wait } else { 0 }
        }
    }

    private let server: ServerAddress
    private let connection: Connection
    private let now: () -> Int64
    /// When the login ends, on the client's clock.
    private let deadline: Int64
    private var waiting: [Task] = []
    private var current: Task?
    /// When `current` is sent again, if it is waiting for that.
    private var retryAt: Int64?
    /// The one that was created last, and whether a decision on it was seen.
    private var request: ApprovalRequestID?
    private var isDecided = false
    /// Those who are known to have a device, or of whom the server would not say.
    private var reachable: Set<AuthyID> = []

    /// - Parameters:
    ///   - deadline: when the login ends, as `now` counts.
    ///   - now: milliseconds of a clock that does not jump.
    public init(server: ServerAddress, deadline: Int64, now: @escaping () -> Int64) {
        self.server = server
        self.deadline = deadline
        self.now = now
        connection = Connection(server: server)
    }

    public func ask(_ number: Int64, _ request: Request) {
        stopLooking()
        waiting.append(Task(number: number, request: request))
    }

    /// Gives the look up that is under way or due; it is never answered.
    public func stopLooking() {
        waiting.removeAll { $0.isLook }
        guard let current, current.isLook else { return }
        connection.abandon()
        self.current = nil
        retryAt = nil
    }

    /// Works until there is an answer, the descriptor can be read, or so many milliseconds have gone by.
    public func work(watching descriptor: CInt, milliseconds: Int) -> (answer: Answer?, readable: Bool) {
        advance()
        let due = retryAt.map { Int(clamping: max(0, $0 - now())) } ?? milliseconds
        let (result, readable) = connection.work(watching: descriptor, milliseconds: min(due, milliseconds))
        return (result.flatMap(finish), readable)
    }

    /// Takes back a request on which no decision was seen. What comes of it does not matter.
    public func cancel(milliseconds: Int) {
        let until = now() + Int64(milliseconds)
        stopLooking()
        waiting = []
        // One that is being created just now has no name yet.
        while current != nil, now() < until { _ = work(watching: -1, milliseconds: Int(until - now())) }
        guard let request, !isDecided, now() < until else { return }
        connection.start(http(.cancelApprovalRequest(request), timeout: Int(until - now())))
        while connection.isBusy, now() < until { _ = connection.work(watching: -1, milliseconds: Int(until - now())) }
    }

    // MARK: sending

    private func advance() {
        if let retryAt {
            guard retryAt <= now() else { return }
            self.retryAt = nil
            send()
        } else if current == nil, !waiting.isEmpty {
            var task = waiting.removeFirst()
            if case .create(_, let user) = task.request { task.asksForDevice = !reachable.contains(user) }
            task.giveUp = min(deadline, now() + Int64(task.wait) + Int64(server.requestTimeout) * 1_000)
            current = task
            send()
        }
    }

    private func send() {
        guard let task = current else { return }
        current?.attempts += 1
        connection.start(http(for: task, timeout: Int(clamping: task.giveUp - now())))
    }

    private func http(for task: Task, timeout: Int) -> HTTPRequest {
        switch task.request {
        case .create(_, let user) where task.asksForDevice: return http(.status(of: user), timeout: timeout)
        case .create(let new, let user): return http(.createApprovalRequest(for: user), json: new.json, timeout: timeout)
        case .register(let new): return http(.newUser, json: new.json, timeout: timeout)
        case .status(let user): return http(.status(of: user), timeout: timeout)
        case .application: return http(.application, timeout: timeout)
        case .tell(let activity, let user): return http(.registerActivity(of: user), json: activity.json, timeout: timeout)
        case .look(_, let wait):
            guard let request else { return HTTPRequest(path: "/", timeout: timeout) }
            var read = http(.readApprovalRequest(request), timeout: timeout)
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
            headers: ["\(Header.apiKey): \(server.key)"] + (json == nil ? [] : ["Content-Type: application/json"]), timeout: timeout)
    }

    // MARK: judging

    private func finish(_ result: HTTPResult) -> Answer? {
        guard let task = current else { return nil }
        if case .create(_, let user) = task.request, task.asksForDevice, case .answer(let status, let body, _) = result {
            return looked(for: StatusAnswer(status: status, body: JSON.parse(body), user: user), task, user)
        }
        if case .answer(let status, _, _) = result, task.mayRepeat(after: status), retries(task) { return nil }
        current = nil
        return Answer(number: task.number, result: judge(result, of: task))
    }

    /// A person without a device is not asked on one. A server that does not say is asked all the same: it may have no such call.
    private func looked(for status: StatusAnswer, _ task: Task, _ user: AuthyID) -> Answer? {
        if case .user(let known) = status, known.hasApp == false {
            current = nil
            return Answer(number: task.number, result: .noDevice("the user has no device"))
        }
        reachable.insert(user)
        current?.asksForDevice = false
        current?.attempts = 0
        send()
        return nil
    }

    /// Whether it will be sent again: after 0.25 s, 0.5 s and 1 s, four times in all, inside its time.
    private func retries(_ task: Task) -> Bool {
        let pause = Int64(125) << Int64(task.attempts)
        guard task.attempts < 4, now() + pause < task.giveUp else { return false }
        retryAt = now() + pause
        return true
    }

    private func judge(_ result: HTTPResult, of task: Task) -> Result {
        switch result {
        case .unreached(let reason): return .unreached(reason)
        case .outage(let reason): return .outage(reason)
        case .broken(let reason): return .refused(reason)
        case .answer(let status, let body, let retryAfter):
            let json = JSON.parse(body)
            if case .limited = Fault(status: status, body: json) { return .limited(retryAfter) }
            switch task.request {
            case .create: return created(CreateAnswer(status: status, body: json))
            case .look(let user, _): return looked(status, json, user)
            case .verify: return Self.verified(VerifyAnswer(status: status, body: json))
            case .sms, .call, .startPhoneCheck: return Self.sent(OneCodeAnswer(status: status, body: json))
            case .checkPhone: return Self.checked(PhoneCheckAnswer(status: status, body: json))
            case .register: return Self.registered(NewUserAnswer(status: status, body: json))
            case .status(let user): return Self.known(StatusAnswer(status: status, body: json, user: user))
            case .tell, .application: return status == 200 ? .noted : Self.result(of: Fault(status: status, body: json))
            }
        }
    }

    private func created(_ answer: CreateAnswer) -> Result {
        switch answer {
        case .created(let id):
            request = id
            isDecided = false
            return .created
        case .noDevice: return .noDevice("the user has no device")
        case .unknownUser: return .noDevice("the server does not know the user")
        case .notEnabled: return .noDevice("OneTouch is not enabled")
        case .fault(let fault): return Self.result(of: fault)
        }
    }

    private func looked(_ status: Int, _ json: JSONValue?, _ user: AuthyID) -> Result {
        guard let request else { return .refused("there is no request") }
        switch ApprovalAnswer(status: status, body: json, request: request, user: user) {
        case .status(let status):
            isDecided = status != .pending
            return .status(status)
        case .fault(let fault): return Self.result(of: fault)
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
        case .fault(let fault): result(of: fault)
        }
    }

    private static func sent(_ answer: OneCodeAnswer) -> Result {
        switch answer {
        case .sent: .sent
        case .ignored: .refused("the server sent no code, since the user has the app")
        case .notEnabled: .refused("the server does not send codes that way")
        case .unknownUser: .refused("the server does not know the user")
        case .invalidNumber: .invalid("cellphone")
        case .fault(let fault): result(of: fault)
        }
    }

    private static func checked(_ answer: PhoneCheckAnswer) -> Result {
        switch answer {
        case .valid: .valid
        case .wrong: .wrong
        case .fault(let fault): result(of: fault)
        }
    }

    private static func registered(_ answer: NewUserAnswer) -> Result {
        switch answer {
        case .registered(let id): .registered(id)
        case .invalid(let fields): .invalid(fields.joined(separator: ", "))
        case .fault(let fault): result(of: fault)
        }
    }

    private static func known(_ answer: StatusAnswer) -> Result {
        switch answer {
        case .user(let user): .user(user)
        case .unknownUser: .unknownUser
        case .fault(let fault): result(of: fault)
        }
    }

    private static func result(of fault: Fault) -> Result {
        switch fault {
        case .keyRefused: .refused("the server refuses the API key")
        case .limited: .limited(nil)
        case .serverError(let status): .outage("the server fails (\(status))")
        case .notFound: .refused("not found (404)")
        case .refused(let status, _): .refused("refused (\(status))")
        case .malformed: .refused("malformed answer")
        }
    }
}
