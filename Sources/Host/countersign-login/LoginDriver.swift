internal import Accounts
internal import CSyscalls
internal import Frames
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import NetProtocol

/// Drives the login: performs the actions of `LoginFlow` and feeds back their results until it ends.
struct LoginDriver {
    let login: LoginRequest
    let rules: LoginRules
    let settings: Settings
    let texts: Texts
    let module: Module
    /// Nil for an unknown user: a decoy runs instead, which sends and stores nothing.
    let user: KnownUser?
    var net: Net
    var events: [LoginFlow.Event] = [.begin]
    var timers: LoginTimers
    var codes = TypedCodes()
    /// The number of the request on the phone that was charged last, unless it was never sent.
    var push: Int64?
    /// The newest request on the phone.
    var request: ApprovalRequestID?
    /// A request is being created.
    var isCreating = false
    /// More about the reason of the end, for the log.
    var detail: String?
    /// The prompt that is open, or was open last, asks for a recovery code.
    private(set) var asksForRecovery = false
    private var flow: LoginFlow
    private var end: (Decision, LoginCommit)?

    init(
        login: LoginRequest, user: KnownUser?, settings: Settings, rules: LoginRules, skip: Admission.Skip,
        texts: Texts,
        module: Module, net: Channel
    ) throws {
        self.login = login
        self.user = user
        self.rules = rules
        self.settings = settings
        self.texts = texts
        self.module = module
        self.net = Net(channel: net)
        var facts = try LoginFlow.Facts(login: login, user: user, settings: settings, rules: rules, skip: skip)
        facts.texts = texts
        flow = LoginFlow(facts)
        let began = system_now()
        timers = LoginTimers(
            promptIsDue: began + Int64(flow.promptIsDueAfter) * 1_000, deadline: began + Int64(rules.deadline) * 1_000)
        guard user?.account.authyID != nil, let server = settings.server else { return }
        let named = try server.netServer(trust: login.trust, deadline: rules.deadline)
        module.startNet()
        self.net.start(named)
    }

    /// Drives the login to its end.
    ///
    /// - Returns: how the login ends, and what is written down of it.
    /// - Throws: `LoginError` if a code cannot be checked at all, and errors of the accounts.
    mutating func run() throws -> (Decision, LoginCommit) {
        while true {
            while !events.isEmpty, end == nil {
                for action in flow.handle(events.removeFirst()) { try perform(action) }
            }
            if let end { return end }
            try listen()
        }
    }

    // MARK: actions

    private mutating func perform(_ action: LoginFlow.Action) throws {
        switch action {
        case .show(let text): module.show(text)
        case .listen: module.listen()
        case .ask(let prompt): ask(prompt, forRecovery: false)
        case .askRecovery(let prompt): ask(prompt, forRecovery: true)
        case .end(let decision): finish(decision)
        case .stopPolling:
            timers.pollIsDue = nil
            net.stopPolling()
        case .chargePush, .createPush, .poll, .chargeTry, .match, .matchRecovery, .verify, .chargeOneCode, .sendOneCode,
            .spendGrace:
            if let user { try perform(action, for: user) } else { pretend(action) }
        }
    }

    private mutating func ask(_ prompt: String, forRecovery: Bool) {
        asksForRecovery = forRecovery
        module.ask(prompt)
    }

    /// Performs an action as a decoy: a name that the system does not know must look the same.
    private mutating func pretend(_ action: LoginFlow.Action) {
        switch action {
        case .chargePush: events.append(.pushCharged(.granted))
        case .createPush: events.append(.created)
        case .poll(.brief), .poll(.none): events.append(.polled(.pending))
        case .chargeTry: events.append(.tryCharged(granted: true))
        case .match: events.append(.matched(.wrong))
        case .verify: events.append(.verified(.wrong))
        case .chargeOneCode: events.append(.oneCodeCharged(granted: true))
        case .sendOneCode: events.append(.oneCodeSent)
        case .poll(.untilPromptIsDue), .matchRecovery, .spendGrace, .show, .listen, .ask, .askRecovery, .end,
            .stopPolling:
            return
        }
    }

    private mutating func perform(_ action: LoginFlow.Action, for user: KnownUser) throws {
        switch action {
        case .chargePush(let automatic): events.append(.pushCharged(try chargePush(of: user, automatic: automatic)))
        case .createPush(let number): createPush(for: user, number: number)
        case .poll(.untilPromptIsDue): pollAgain()
        case .poll(.brief): pollBriefly(wait: min(2_000, max(0, (timers.deadline ?? 0) - system_now())))
        case .poll(.none): pollBriefly(wait: 0)
        case .chargeTry: events.append(.tryCharged(granted: try chargeTry(of: user)))
        case .match(let code): events.append(.matched(try match(code, of: user)))
        case .matchRecovery(let code): events.append(.recoveryMatched(try matchRecovery(code, of: user)))
        case .verify(let code): try verify(code, of: user)
        case .chargeOneCode:
            events.append(.oneCodeCharged(granted: try user.accounts.chargeOneCode(user.person, now: now())))
        case .sendOneCode(let factor): sendOneCode(by: factor, to: user)
        case .spendGrace: events.append(.graceSpent(left: try spendGrace(of: user)))
        case .show, .listen, .ask, .askRecovery, .end, .stopPolling: return
        }
    }

    private func spendGrace(of user: KnownUser) throws -> Int? {
        switch try user.accounts.spendGrace(user.person, login: login, rules: settings.enrolment) {
        case .excused(let left): left
        case .exhausted: nil
        }
    }

    /// Sends a request to the server; reports a failure if it cannot be sent.
    ///
    /// - Returns: whether it was sent.
    @discardableResult mutating func ask(_ request: NetRequest?, orElse failure: LoginFlow.Event) -> Bool {
        if let request, net.ask(request) { return true }
        detail = detail ?? "countersign-net cannot be reached"
        events.append(failure)
        return false
    }

    // MARK: the end

    mutating func finish(_ decided: Decision) {
        var decision = decided
        decision.detail = detail
        decision.request = request
        var commit = LoginCommit(decision, of: login, subject: user?.person)
        commit.asked = user?.account
        commit.push = push.map { LoginCommit.Push(id: $0, end: Self.pushEnd(of: decision)) }
        commit.proof = proof(of: decision)
        commit.knownWrongCodes = (user?.account.wrongCodes ?? 0) + codes.wrong(proofIsCode: commit.proofIsCode)
        // Remember only a factor that was asked for and proven, not a new enrollment or an excuse.
        if decision.reason == .proven {
            commit.remember = login.trustedLogin
            commit.rememberSeconds = settings.remember
        }
        end = (decision, commit)
    }

    private func proof(of decision: Decision) -> LoginCommit.Proof? {
        switch codes.matched {
        // A right recovery code is used up, however the login ends.
        case .recovery: return codes.matched
        case .some where decision.spentTimeStep != nil: return codes.matched
        default: break
        }
        guard decision.outcome == .approved, let id = user?.account.authyID else { return nil }
        if decision.factor == .oneTouch { return .oneTouch(id) }
        if codes.hasConfirmedPhone { return .firstPhone(id) }
        return .verified(id)
    }

    private static func pushEnd(of decision: Decision) -> PushEnd {
        switch (decision.outcome, decision.reason) {
        case (.approved, _) where decision.factor == .oneTouch: .approved
        case (_, .deniedOnPhone): .denied
        case (_, .timeout): .expired
        default: .cancelled
        }
    }
}

extension LoginFlow.Facts {
    /// What is known when the flow begins; for an unknown user, what is usual here.
    ///
    /// - Throws: errors of the accounts.
    fileprivate init(login: LoginRequest, user: KnownUser?, settings: Settings, rules: LoginRules, skip: Admission.Skip)
        throws
    {
        self.init()
        self.rules = rules
        self.skip = skip
        hasServer = settings.server != nil
        if let user {
            let account = user.account
            if let own = account.prefers, rules.factors.contains(own) { self.rules.prefer = own }
            hasAuthyID = account.authyID != nil
            hasSoftToken = account.hasSoftToken
            isConfirmed = account.isConfirmed
            // Recovery codes are for users who have lost a phone that was proven once.
            if account.isConfirmed { recoveryLeft = account.recoveryLeft }
            isLocked = try user.accounts.lock(of: user.person, rules: settings.lockout, now: now()) != nil
        } else {
            hasAuthyID = hasServer
            hasSoftToken = !hasServer
        }
        textIsLive = login.textIsLive
        hearsEnter = login.hearsEnter
        // sshd may refuse root in any case, and shows that only in its fake password.
        withholdsPush = login.comesBySSH && login.user?.uid == 0
        outage = settings.outage
        number = CheckNumber(Int.random(in: CheckNumber.range))
        graceUntil = settings.enrolment.graceUntil
    }
}
