internal import Accounts
internal import CFrames
internal import CSyscalls
internal import Frames
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import NetProtocol
internal import OATH
internal import Recovery

/// Drives the login: performs the actions of `LoginFlow` and feeds back their results until it ends.
struct LoginDriver {
    /// The shortest time between two looks that may wait, in milliseconds.
    private static let pollInterval: Int64 = 1_000
    /// How long a short look may take, besides the time that the server was asked to wait, in milliseconds.
    private static let pollTimeout: Int64 = 3_000
    /// How long the prompt is delayed while an unreachable server is tried again and an outage may excuse, in
    /// milliseconds.
    private static let restartTime: Int64 = 10_000

    private let login: LoginRequest
    private let rules: LoginRules
    private let settings: Settings
    private let module: Module
    private let began = system_now()
    private let person: Enrolled?
    private var net: Net
    private var flow: LoginFlow
    private var events: [LoginFlow.Event] = []
    private var ending: Ending?
    private var push: Int64?
    private var matched: LoginCommit.Proof?
    /// The confirmation code of a new phone that was typed in this login.
    private var confirmation: OneTimeCode?
    /// The server has confirmed the user's first phone with the code that was typed.
    private var hasConfirmedPhone = false
    /// How many codes were tried in this login, except for those that could not be checked.
    private var tries = 0
    /// When the answer came, in seconds since 1970: codes are matched at this time, however long the disk takes.
    private var answered: Int64 = 0
    /// The prompt that is open, or was open last, asks for a recovery code.
    private var asksForRecovery = false
    private var detail: String?
    /// The newest request on the phone.
    private var request: ApprovalRequestID?
    private var promptIsDue: Int64?
    private var isCreating = false
    private var isPromptHeld = false
    private var deadline: Int64?
    private var polled: Int64?
    /// When the next look is due.
    private var pollAt: Int64?
    /// When a short look is given up: a server that hangs must not keep a user with a right code out.
    private var pollEnds: Int64?
    private let server: Settings.Server?

    /// A user that the system knows, with the account; for any other, a decoy runs that sends and stores nothing.
    private struct Enrolled {
        let person: Person
        let account: Account
        let accounts: Accounts
    }

    init(
        login: LoginRequest, person: Person?, account: Account, accounts: Accounts, settings: Settings,
        rules: LoginRules,
        skip: Admission.Skip, module: Module, net: Channel
    ) throws {
        self.login = login
        self.rules = rules
        self.settings = settings
        self.module = module
        self.net = Net(channel: net)
        self.person = person.map { Enrolled(person: $0, account: account, accounts: accounts) }
        server = settings.server
        var facts = LoginFlow.Facts()
        facts.rules = rules
        if let own = account.prefers, rules.factors.contains(own) { facts.rules.prefer = own }
        facts.skip = skip
        facts.hasServer = server != nil
        facts.hasAuthyID = person == nil ? server != nil : account.authyID != nil
        facts.hasSoftToken = person == nil ? server == nil : account.hasSoftToken
        facts.isConfirmed = account.isConfirmed
        // Recovery codes are for users who have lost a phone that was proven once.
        facts.recoveryLeft = person != nil && account.isConfirmed ? account.recoveryLeft : 0
        facts.isLocked =
            try person.map { try accounts.lock(of: $0, rules: settings.lockout, now: now()) != nil } ?? false
        facts.textIsLive = login.textIsLive
        facts.hearsEnter = login.hearsEnter
        // sshd may refuse root in any case, and shows that only in its fake password.
        facts.withholdsPush = login.comesBySSH && login.user?.uid == 0
        facts.outage = settings.outage
        facts.number = CheckNumber(Int.random(in: CheckNumber.range))
        facts.graceUntil = settings.enrolment.graceUntil
        flow = LoginFlow(facts)
        deadline = began + Int64(rules.deadline) * 1_000
        promptIsDue = began + Int64(flow.promptIsDueAfter) * 1_000
        guard person != nil, account.authyID != nil, let server else { return }
        let named = try server.netServer(trust: login.trust, deadline: rules.deadline)
        module.startNet()
        self.net.start(named)
    }

    mutating func run() throws -> Ending {
        events = [.begin]
        while true {
            while !events.isEmpty, ending == nil {
                for action in flow.handle(events.removeFirst()) { try perform(action) }
            }
            if let ending { return ending }
            try listen()
        }
    }

    // MARK: events

    private mutating func listen() throws {
        let next = [promptIsDue, deadline, pollAt, pollEnds].compactMap { $0 }.min() ?? system_now() + 600_000
        Channel.wait(for: net.isOpen ? [module.channel, net.channel] : [module.channel], until: next)
        // Results that have arrived come before timers that are due.
        for answer in net.receive() {
            note(answer)
            guard let event = LoginFlow.Event(answer) else { continue }
            try refund(event, after: answer.result)
            events.append(event)
        }
        tick()
        hearModule()
    }

    /// Notes what a result says besides the event.
    private mutating func note(_ answer: Net.Answered) {
        if let reason = answer.result.reason { detail = reason }
        switch (answer.request, answer.result) {
        case (.create, .created(let id)):
            request = id
            created()
        case (.create, _): created()
        case (.poll, _): pollEnds = nil
        case (.verify(let code, _, _, _), .confirmationCode): confirmation = code
        case (.verify, .phoneConfirmed): hasConfirmedPhone = true
        default: break
        }
    }

    private mutating func tick() {
        let time = system_now()
        if let due = deadline, due <= time {
            deadline = nil
            events.append(.deadline)
        }
        if let due = promptIsDue, due <= time { promptBecameDue(due) }
        if let due = pollAt, due <= time {
            pollAt = nil
            poll(wait: untilPromptIsDue)
        }
        if let due = pollEnds, due <= time {
            pollEnds = nil
            net.stopPolling()
            events.append(.pollFailed(.outage))
        }
    }

    /// Delays the prompt while the outage may let the user in a moment later.
    private mutating func promptBecameDue(_ due: Int64) {
        if isCreating, mayBeExcused, !isPromptHeld {
            isPromptHeld = true
            promptIsDue = due + Self.restartTime
        } else {
            promptIsDue = nil
            events.append(.promptIsDue)
        }
    }

    private mutating func created() {
        isCreating = false
        if isPromptHeld, promptIsDue != nil { promptIsDue = system_now() }
    }

    private var mayBeExcused: Bool {
        settings.outage == .allow && person?.account.hasSoftToken != true
    }

    private mutating func hearModule() {
        switch module.channel.receive() {
        case .nothing: return
        case .frame(let frame) where frame.kind == KIND_INTERRUPT: events.append(.interrupted)
        case .frame(let frame) where frame.kind == KIND_ENTER: events.append(.enterPressed)
        case .frame(let frame) where frame.kind == KIND_DISCONNECTED: events.append(.disconnected)
        case .frame(let frame) where frame.kind == KIND_ANSWER:
            let typed = frame.value(FIELD_TEXT).map(Array.init)
            answered = now()
            events.append(asksForRecovery ? .recoveryTyped(RecoveryAnswer(typed)) : .answered(Answer(typed)))
        // The login program is gone, or sent an unexpected frame.
        default:
            detail = "the login program went away"
            finish(Decision(.denied, .cancelled))
        }
    }

    private var untilPromptIsDue: Int64 {
        ([promptIsDue, deadline].compactMap { $0 }.min() ?? system_now()) - system_now()
    }

    // MARK: actions

    private mutating func perform(_ action: LoginFlow.Action) throws {
        switch action {
        case .show(let text): module.show(text)
        case .listen: module.listen()
        case .ask(let prompt): ask(prompt)
        case .askRecovery(let prompt): ask(prompt, forRecovery: true)
        case .end(let decision): finish(decision)
        case .stopPolling:
            pollAt = nil
            net.stopPolling()
        default: try person == nil ? decoy(action) : act(action)
        }
    }

    private mutating func ask(_ prompt: String, forRecovery: Bool = false) {
        asksForRecovery = forRecovery
        module.ask(prompt)
    }

    /// Performs an action as a decoy: a name that the system does not know must look the same.
    private mutating func decoy(_ action: LoginFlow.Action) {
        switch action {
        case .chargePush: events.append(.pushCharged(.granted))
        case .createPush: events.append(.created)
        case .poll(.brief), .poll(.none): events.append(.polled(.pending))
        case .chargeTry: events.append(.tryCharged(granted: true))
        case .match: events.append(.matched(.wrong))
        case .verify: events.append(.verified(.wrong))
        case .chargeOneCode: events.append(.oneCodeCharged(granted: true))
        case .sendOneCode: events.append(.oneCodeSent)
        default: return
        }
    }

    private mutating func act(_ action: LoginFlow.Action) throws {
        guard let person else { return }
        let (accounts, who) = (person.accounts, person.person)
        switch action {
        case .chargePush(let automatic): events.append(.pushCharged(try chargePush(automatic: automatic)))
        case .createPush(let number):
            isCreating = create(number)
            asked(.createFailed(.refused), isCreating)
        case .poll(.untilPromptIsDue): pollAgain()
        case .poll(.brief): pollBriefly(wait: min(2_000, max(0, (deadline ?? 0) - system_now())))
        case .poll(.none): pollBriefly(wait: 0)
        case .chargeTry:
            let isGranted = try accounts.chargeTry(who, rules: settings.lockout, now: now()) == .granted
            if isGranted { tries += 1 }
            events.append(.tryCharged(granted: isGranted))
        case .match(let code): events.append(.matched(try match(code)))
        case .matchRecovery(let code): events.append(.recoveryMatched(try matchRecovery(code)))
        case .verify(let code): asked(.verifyFailed(.refused), try verify(code, person))
        case .chargeOneCode: events.append(.oneCodeCharged(granted: try accounts.chargeOneCode(who, now: now())))
        case .sendOneCode(let factor):
            asked(.oneCodeFailed(.refused), sendOneCode(factor, person))
        case .spendGrace: events.append(.graceSpent(left: try spendGrace()))
        case .show, .listen, .ask, .askRecovery, .end, .stopPolling: return
        }
    }

    /// Reports a failure if the request could not be sent.
    private mutating func asked(_ failure: LoginFlow.Event, _ isSent: Bool?) {
        if isSent == true { return }
        detail = detail ?? "countersign-net cannot be reached"
        events.append(failure)
    }

    private mutating func chargePush(automatic: Bool) throws -> LoginFlow.PushCharge {
        guard let person else { return .tooMany }
        let charge = try person.accounts.chargePush(
            person.person, attempt: login.attempt, place: login.place, automatic: automatic, now: now())
        switch charge {
        case .granted(let id):
            push = id
            return .granted
        case .paused: return .paused
        case .tooMany: return .tooMany
        case .alreadySent: return .alreadySent
        }
    }

    /// Refunds a request that was never sent and a code that could not be checked.
    ///
    /// Two codes are not refunded: one that is wrong for this host's SoftToken, which was checked here, and one that
    /// the server answered with a limit, since it may have checked the code
    /// (docs/develop/adr/0011-what-is-sent-again.md).
    private mutating func refund(_ event: LoginFlow.Event, after result: NetResult) throws {
        guard let person else { return }
        let isUnsent = if case .unreached = result { true } else { false }
        switch event {
        case .createFailed(let fault) where isUnsent || fault == .noDevice:
            guard let id = push else { return }
            push = nil
            try person.accounts.endPush(id, .failed, now: now())
        case .verifyFailed(let fault)
        where fault != .limited && (!person.account.hasSoftToken || !rules.factors.contains(.softToken)):
            try person.accounts.refundTry(person.person, rules: settings.lockout)
            tries -= 1
        default: return
        }
    }

    private mutating func pollAgain() {
        let due = (polled ?? 0) + Self.pollInterval
        if due <= system_now() { poll(wait: untilPromptIsDue) } else { pollAt = due }
    }

    private mutating func pollBriefly(wait: Int64) {
        pollEnds = system_now() + wait + Self.pollTimeout
        poll(wait: wait)
    }

    private mutating func poll(wait: Int64) {
        polled = system_now()
        asked(.pollFailed(.refused), person?.account.authyID.map { net.ask(.poll($0, milliseconds: max(0, wait))) })
    }

    private mutating func match(_ code: OneTimeCode) throws -> LoginFlow.CodeMatch {
        guard let person, let token = try person.accounts.softToken(of: person.person) else { return .wrong }
        guard let algorithm = Algorithm(rawValue: token.algorithm), let secret = Secret(bytes: token.secret),
            let totp = TOTP(algorithm: algorithm, digits: token.digits, period: token.period)
        else {
            throw LoginError(reason: .accounts, detail: "the SoftToken of this account cannot be used; make a new one")
        }
        switch totp.match(code, secret: secret, at: answered, lastSpent: token.lastSpent) {
        case .accepted(let timeStep):
            matched = .softToken(token, timeStep: timeStep)
            return .accepted(timeStep: timeStep)
        case .spent: return .spent
        case .wrong: return .wrong
        }
    }

    /// Matches all codes of the user at once: they share a salt, so a try costs one slow hash.
    private mutating func matchRecovery(_ code: RecoveryCode) throws -> Bool {
        guard let person else { return false }
        let stored = try person.accounts.recoveryCodes(of: person.person)
        guard let index = RecoveryCodes.match(code, among: stored.map(\.hash)), stored.indices.contains(index) else {
            // If no hash can be computed, the code is not wrong but unchecked.
            if RecoveryCodes.hashes(of: [code]) != nil { return false }
            throw LoginError(
                reason: .accounts,
                detail: "recovery codes cannot be checked: crypt(3) has no yescrypt, or no 16 MB for it")
        }
        matched = .recovery(id: stored[index].id)
        let left = stored.count - 1
        detail = "\(left) recovery \(left == 1 ? "code" : "codes") left"
        return true
    }

    private func spendGrace() throws -> Int? {
        guard let person else { return nil }
        let grace = try person.accounts.spendGrace(person.person, login: login, rules: settings.enrolment)
        return if case .excused(let left) = grace { left } else { nil }
    }

    // MARK: the end

    private mutating func finish(_ decision: Decision) {
        var ending = Ending(decision, detail: detail)
        ending.asked = person?.account
        ending.request = request
        ending.push = push.map { LoginCommit.Push($0, Self.end(of: decision)) }
        if decision.spentTimeStep != nil { ending.proof = matched }
        // A right recovery code is used up, however the login ends.
        if case .recovery = matched { ending.proof = matched }
        if decision.outcome == .approved, ending.proof == nil, let id = person?.account.authyID {
            ending.proof =
                decision.factor == .oneTouch ? .oneTouch(id) : hasConfirmedPhone ? .firstPhone(id) : .verified(id)
        }
        ending.wrongCodes = person?.account.wrongCodes ?? 0
        ending.ownWrongCodes = max(0, tries - (ending.proofIsCode ? 1 : 0))
        self.ending = ending
    }

    private static func end(of decision: Decision) -> PushEnd {
        switch (decision.outcome, decision.reason) {
        case (.approved, _) where decision.factor == .oneTouch: .approved
        case (_, .deniedOnPhone): .denied
        case (_, .timeout): .expired
        default: .cancelled
        }
    }

    // MARK: what countersign-net is asked

    private mutating func verify(_ code: OneTimeCode, _ person: Enrolled) throws -> Bool? {
        guard let id = person.account.authyID else { return nil }
        // The account may have been confirmed since the prompt was opened.
        let isProven = try person.account.isConfirmed || person.accounts.account(of: person.person).isConfirmed
        return net.ask(.verify(code, of: id, isProven: isProven, confirmation: confirmation))
    }

    private mutating func sendOneCode(_ factor: Factor, _ person: Enrolled) -> Bool? {
        guard let id = person.account.authyID, let delivery = CodeDelivery(factor) else { return nil }
        return net.ask(.sendCode(delivery, to: id))
    }

    private mutating func create(_ number: CheckNumber?) -> Bool {
        guard let id = person?.account.authyID else { return false }
        let left = max(1, ((deadline ?? system_now()) - system_now()) / 1_000)
        var question = ApprovalQuestion(message: login.message, seconds: left, number: number)
        question.details = login.details
        question.host = login.host
        question.attempt = login.attempt
        return net.ask(.create(question, for: id))
    }
}
