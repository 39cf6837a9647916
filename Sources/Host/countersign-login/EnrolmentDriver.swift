internal import Accounts
internal import CFrames
internal import CSyscalls
internal import Frames
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import NetProtocol

/// Drives the offer to enroll: performs the actions of `EnrolmentFlow` and feeds back their results until it ends.
struct EnrolmentDriver {
    /// How long to wait for the server when it is told about an enrollment, in milliseconds.
    private static let reportTimeout: Int64 = 3_000

    private let login: LoginRequest
    private let user: KnownUser
    private let settings: Settings
    private let email: String
    /// How many grace logins are left, after one was spent.
    private var graceLeft: Int?
    private let module: Module
    private var net: Net
    private var flow: EnrolmentFlow
    private var events: [EnrolmentFlow.Event] = [.begin]
    private var end: (Decision, LoginCommit)?
    private var enrolled: AuthyID?
    private var detail: String?
    private var deadline: Int64?

    /// Seconds for a login with an offer to enroll.
    ///
    /// Longer than the settings say, since the user types a number and waits for a message; below sshd's
    /// `LoginGraceTime` of 120 seconds (sshd_config(5)).
    static func deadline(of login: LoginRequest, rules: LoginRules) -> Int {
        if login.comesBySSH { return max(rules.deadline, 110) }
        return max(rules.deadline, 300)
    }

    init(
        login: LoginRequest, user: KnownUser, settings: Settings, server: Settings.Server, rules: LoginRules,
        offer: Offer, module: Module, net: Channel
    ) throws {
        self.login = login
        self.user = user
        self.settings = settings
        self.email = offer.email
        self.module = module
        self.net = Net(channel: net)
        flow = EnrolmentFlow(offer.facts)
        let seconds = Self.deadline(of: login, rules: rules)
        deadline = system_now() + Int64(seconds) * 1_000
        let server = try server.netServer(trust: login.trust, deadline: seconds)
        module.startNet()
        self.net.start(server)
    }

    /// Drives the offer to its end.
    ///
    /// - Returns: how the login ends, and what is written down of it.
    /// - Throws: errors of the accounts.
    mutating func run() throws -> (Decision, LoginCommit) {
        while true {
            while !events.isEmpty, end == nil {
                for action in flow.handle(events.removeFirst()) { try perform(action) }
            }
            if let end { return end }
            try listen()
        }
    }

    // MARK: events

    private mutating func listen() throws {
        net.wait(orFor: module.channel, until: deadline ?? system_now() + 600_000)
        for answer in net.receive() {
            if let reason = answer.result.reason { detail = reason }
            guard var event = EnrolmentFlow.Event(answer) else { continue }
            // A phone of another user of this host is refused, without telling why.
            if case .registered(let id) = event, try !user.accounts.holders(of: id).isEmpty {
                self.detail = "AuthyID \(id) is another user's here"
                event = .registerFailed(.invalid)
            }
            // A code that could not be checked does not count as wrong; at a limit the server may have checked it.
            if case .checkFailed(let failure) = event, failure != .limited {
                try user.accounts.refundTry(user.person, rules: settings.lockout)
            }
            events.append(event)
        }
        if let due = deadline, due <= system_now() {
            deadline = nil
            events.append(.deadline)
        }
        hearModule()
    }

    private mutating func hearModule() {
        switch module.receive() {
        case .nothing: return
        case .interrupted: events.append(.interrupted)
        case .disconnected: finish(Decision(.denied, .disconnected, detail: detail))
        case .answered(let typed): events.append(.answered(typed))
        // Enter is reported only after `listen`.
        case .enterPressed, .gone: finish(Decision(.denied, .cancelled, detail: "the login program went away"))
        }
    }

    // MARK: actions

    private mutating func perform(_ action: EnrolmentFlow.Action) throws {
        switch action {
        case .show(let text): module.show(text)
        case .ask(let prompt): module.ask(prompt)
        case .chargeOneCode:
            // The first number spends the grace login, whatever comes of it and in any service: otherwise a user could
            // break off, log in again and ring strangers' phones.
            let granted =
                try spendGrace(inAnyService: true) != nil && user.accounts.chargeOneCode(user.person, now: now())
            events.append(.oneCodeCharged(granted: granted))
        // No link to the app: the server sends it when it hears of the enrollment (`tellServer`).
        case .register(let number):
            ask(.register(number, email: email, sendsInstallLink: false), orElse: .registerFailed(.refused))
        case .send(let factor, let number):
            ask(CodeDelivery(factor).map { .sendPhoneCode($0, to: number) }, orElse: .sendFailed(.refused))
        case .chargeTry:
            let charge = try user.accounts.chargeTry(user.person, rules: settings.lockout, now: now())
            events.append(.tryCharged(granted: charge == .granted))
        case .check(let code, let number): ask(.checkPhoneCode(code, of: number), orElse: .checkFailed(.refused))
        case .spendGrace: events.append(.graceSpent(left: try spendGrace()))
        case .enrol(let id, let number, let decision):
            enrolled = id
            finish(decision, detail: "AuthyID \(id), phone \(number.maskedWithCode)") { $0.proof = .enrolled(id) }
        case .optOut(let decision): finish(decision, detail: "opted out in this login") { $0.optsOut = true }
        case .end(let decision): finish(decision, detail: detail)
        }
    }

    private mutating func finish(
        _ decision: Decision, detail: String? = nil, leaving change: (inout LoginCommit) -> Void = { _ in }
    ) {
        var decision = decision
        decision.detail = detail ?? decision.detail
        var commit = LoginCommit(decision, of: login, subject: user.person)
        change(&commit)
        end = (decision, commit)
    }

    /// Sends a request to the server; reports a failure if it cannot be sent.
    private mutating func ask(_ request: NetRequest?, orElse failure: EnrolmentFlow.Event) {
        if let request, net.ask(request) { return }
        detail = detail ?? "countersign-net cannot be reached"
        events.append(failure)
    }

    /// Spends one grace login for the whole offer; returns how many are left after it, or nil if there is none to
    /// spend.
    private mutating func spendGrace(inAnyService: Bool = false) throws -> Int? {
        if let graceLeft { return graceLeft }
        var rules = settings.enrolment
        if inAnyService { rules.graceServices = [login.service] }
        let grace = try user.accounts.spendGrace(user.person, login: login, rules: rules)
        if case .excused(let left) = grace { graceLeft = left }
        return graceLeft
    }

    // MARK: after the enrollment

    /// Tells the server about an enrollment (Authy API, `register_activity`), so that it notifies the user by e-mail.
    ///
    /// Called after the enrollment is stored; nothing depends on it.
    ///
    /// - Returns: why the server may not know of it, or nil.
    mutating func tellServer() -> String? {
        guard let enrolled else { return nil }
        let activity = ActivityReport(
            type: "countersign_enrolled", email: email, user: login.name, host: login.host,
            address: login.address?.description)
        guard net.ask(.report(activity, of: enrolled)) else { return "countersign-net cannot be reached" }
        let until = system_now() + Self.reportTimeout
        while net.isOpen, system_now() < until {
            Channel.wait(for: [net.channel], until: until)
            for answer in net.receive() {
                guard case .report = answer.request else { continue }
                if answer.result == .noted { return nil }
                return answer.result.reason ?? "it was refused"
            }
        }
        return "no answer in time"
    }
}

extension Accounts {
    /// Spends a grace login for this login, if one is due.
    func spendGrace(_ person: Person, login: LoginRequest, rules: EnrolmentRules) throws -> Grace {
        try spendGrace(
            person, service: login.service, place: login.place, rules: rules, now: now(), graceEnds: rules.graceEnd)
    }
}
