internal import Accounts
internal import CFrames
internal import CSyscalls
internal import Frames
internal import Glibc
internal import Identifiers
internal import LoginPolicy
internal import HostSettings
internal import SettingsFile

/// A fault that prevents a decision; the login ends as unavailable.
struct LoginError: Error {
    let reason: Reason
    let detail: String
}

/// The user left before any prompt was shown.
private struct Left: Error { let reason: Reason }

/// One login, from the hello to the verdict.
struct Login {
    private let login: LoginRequest
    private var module: Module
    private let netChannel: Channel
    private var subject: Person?
    private var accounts: Accounts?
    private var enrolment: EnrolmentDriver?
    /// When the login ends: a time of `system_now`, in milliseconds.
    private var ends: Int64?
    /// Seconds for which a proven factor is remembered.
    private var remembers = 0

    init(login: LoginRequest, module: Channel, net: Channel) {
        self.login = login
        self.module = Module(channel: module)
        netChannel = net
    }

    mutating func run() {
        var ending = Ending(Decision(.unavailable, .protocolError))
        do {
            ending = try decide()
        } catch let failure as LoginError {
            ending = Ending(
                Decision(.unavailable, failure.reason, finalMessage: Texts.unavailable), detail: failure.detail)
        } catch let left as Left {
            ending = Ending(Decision(.denied, left.reason))
        } catch {
            ending = Ending(Decision(.unavailable, .accounts, finalMessage: Texts.unavailable), detail: "\(error)")
        }
        conclude(ending)
    }

    // MARK: deciding

    private mutating func decide() throws -> Ending {
        let settings = try loadSettings()
        var rules = settings.login(for: login.service)
        let seconds = settings.enrolment.atLogin ? EnrolmentDriver.deadline(rules, login) : rules.deadline
        // Wait for a locked database at most until one second before the deadline, to have time to report the end.
        ends = system_now() + Int64(seconds) * 1_000 - 1_000
        module.ready(deadline: seconds)
        let asksCaller = rules.factorOf == .caller
        subject = login.user == nil ? nil : asksCaller ? login.caller : login.user
        let groups = try subject == nil ? Groups() : matchedGroups(settings.groupNames, ofCaller: asksCaller)
        // Exempt users pass whatever state the accounts are in, so that an administrator can log in to repair them.
        if isExempt(settings, groups: groups.certain) { return exempt(settings) }
        let accounts = try openAccounts(settings)
        self.accounts = accounts
        if let earlier = try accounts.attempt(login.attempt, now: now()), isOver(earlier) {
            return Ending(Decision(.denied, .decidedBefore))
        }
        if let somebody = subject {
            rules = settings.login(for: login.service, user: somebody.name, groups: groups.certain)
            // If membership is unknown, allow only the factors permitted either way, and show the number in doubt.
            let others = settings.login(
                for: login.service, user: somebody.name, groups: groups.certain.union(groups.unsure))
            rules.factors.removeAll { !others.factors.contains($0) }
            rules.checkNumber = rules.checkNumber || others.checkNumber
            if !asksCaller { subject = try toldApart(somebody, accounts) }
        }
        remembers = settings.remember
        let account = try subject.map(accounts.account) ?? Account()
        if let subject, let excused = try Excuses(login, subject, account, accounts, settings).first() {
            return excused
        }
        let admission = Admission(
            isKnown: subject != nil, state: account.state, mode: settings.enrolment.mode,
            graceIsOver: settings.enrolment.isOver(now()))
        switch admission {
        case .decided(let decision): return Ending(decision)
        case .needsGrace:
            do {
                if let ending = try offer(account, accounts, settings, rules) { return ending }
                return Ending(try spendGrace(settings.enrolment, accounts))
            } catch let refusal as Offer.Refusal {
                return Ending(
                    try spendGrace(settings.enrolment, accounts), detail: "no offer to enroll: \(refusal.reason)")
            }
        case .needsFactor(let skip):
            var driver = try LoginDriver(
                login: login, person: subject, account: account, accounts: accounts, settings: settings, rules: rules,
                skip: skip,
                module: module, net: netChannel)
            return try driver.run()
        }
    }

    /// Tells people who share a system account apart by their ssh key; any other key stands for the account itself.
    private func toldApart(_ somebody: Person, _ accounts: Accounts) throws -> Person {
        guard let keys = login.keys, !keys.isEmpty else { return somebody }
        for key in keys {
            let person = Person(name: somebody.name, uid: somebody.uid, key: key)
            if try accounts.hasAccount(person) { return person }
        }
        return somebody
    }

    /// Offers the user to enroll a phone; returns nil if the settings make no offer.
    ///
    /// - Throws: `Offer.Refusal` if this user gets no offer, and errors of the accounts.
    private mutating func offer(_ account: Account, _ accounts: Accounts, _ settings: Settings, _ rules: LoginRules)
        throws -> Ending?
    {
        guard settings.enrolment.atLogin, let subject, let server = settings.server else { return nil }
        let offer = try Offer(login, subject, account, accounts, settings, rules)
        var enrolment = try EnrolmentDriver(
            login: login, person: subject, accounts: accounts, settings: settings, server: server, rules: rules,
            facts: offer.facts,
            email: offer.email, module: module, net: netChannel)
        let ending = try enrolment.run()
        self.enrolment = enrolment
        return ending
    }

    private func loadSettings() throws -> Settings {
        do {
            let settings = try Settings.load(login.settingsPath, trust: login.trust)
            if login.isElevated, settings.server?.isPlain == true {
                let advice = "http is not taken for logins of this machine; use https or unix:"
                throw LoginError(reason: .settings, detail: "\(login.settingsPath): server.url: \(advice)")
            }
            return settings
        } catch let error as SettingsError {
            throw LoginError(reason: .settings, detail: error.description)
        }
    }

    /// Whether an earlier round of this attempt settles it, so that this one is denied at once.
    ///
    /// After an excused login, and after an approved one in a process that may log in several times, another round is a
    /// login of its own (docs/develop/adr/0005-what-later-rounds-of-an-attempt-do.md).
    private func isOver(_ earlier: Attempt) -> Bool {
        switch earlier.outcome {
        case .denied, .unavailable: true
        case .approved: login.comesBySSH
        case .excused, nil: false
        }
    }

    private func isExempt(_ settings: Settings, groups: Set<String>) -> Bool {
        guard let subject else { return false }
        return settings.exemptions.contains {
            $0.matches(user: subject.name, groups: groups, service: login.service, address: login.address)
        }
    }

    private mutating func exempt(_ settings: Settings) -> Ending {
        let decision = Decision(.excused, .exempt)
        do {
            accounts = try openAccounts(settings)
            return Ending(decision)
        } catch {
            return Ending(decision, detail: (error as? LoginError)?.detail ?? "\(error)")
        }
    }

    /// Opens the accounts that the marker names for these settings.
    ///
    /// A login never creates accounts: if they are missing, their volume may not be mounted.
    private func openAccounts(_ settings: Settings) throws -> Accounts {
        let marker: AccountsMarker
        do {
            marker = try AccountsMarker.load(beside: login.settingsPath, trust: login.trust)
        } catch {
            throw LoginError(reason: .accounts, detail: error.description)
        }
        guard let id = marker.id(of: settings.state) else {
            throw LoginError(
                reason: .accounts,
                detail: "\(marker.path) names no accounts in \(settings.state); run countersign init as root")
        }
        let accounts = try Accounts(path: settings.state + "/accounts.db", id: id, waitsUntil: ends)
        accounts.steady = { Instant.Steady(milliseconds: system_now()) }
        return accounts
    }

    private func matchedGroups(_ names: [String], ofCaller: Bool) throws -> Groups {
        guard !names.isEmpty else { return Groups() }
        let unasked = module.matchGroups(names, ofCaller: ofCaller)
        let until = system_now() + 10_000
        while system_now() < until {
            Channel.wait(for: [module.channel], until: until)
            switch module.channel.receive() {
            case .frame(let frame) where frame.kind == KIND_GROUPS:
                var groups = Groups(unsure: Set(unasked))
                frame.each { field, name in
                    let name = String(decoding: name, as: UTF8.self)
                    guard names.contains(name) else { return }
                    if field == FIELD_NAME { groups.certain.insert(name) }
                    if field == FIELD_UNSURE { groups.unsure.insert(name) }
                }
                return groups
            case .frame(let frame) where frame.kind == KIND_INTERRUPT: throw Left(reason: .cancelled)
            case .frame(let frame) where frame.kind == KIND_DISCONNECTED: throw Left(reason: .disconnected)
            case .nothing: continue
            default: throw LoginError(reason: .protocolError, detail: "the module named no groups")
            }
        }
        throw LoginError(reason: .protocolError, detail: "the module named no groups in time")
    }

    private func spendGrace(_ rules: EnrolmentRules, _ accounts: Accounts) throws -> Decision {
        guard let subject else { return Decision(.unavailable, .protocolError) }
        let grace = try accounts.spendGrace(subject, login: login, rules: rules)
        return switch grace {
        case .excused(let left):
            Decision(.excused, .grace, finalMessage: Texts.grace(left: left, until: rules.graceUntil))
        case .exhausted: Decision(.denied, .graceOver, finalMessage: Texts.notEnrolled)
        }
    }

    // MARK: ending

    private mutating func conclude(_ ending: Ending) {
        var ending = ending
        // Unknown users are always denied, whatever the decoy flow decided.
        if subject == nil, ending.decision.outcome != .unavailable {
            ending.decision = Decision(
                .denied, .unknownUser, finalMessage: ending.decision.outcome.letsIn ? nil : ending.decision.finalMessage
            )
        }
        commit(&ending)
        if ending.decision.reason == .enrolled, let silence = enrolment?.tellServer() {
            ending.detail = "\(ending.detail ?? ""); the server could not tell the user: \(silence)"
        }
        let line = LogLine(ending, login, subject: subject)
        module.ready(deadline: 10)
        module.log(line.description, priority: line.priority)
        if ending.decision.outcome == .approved, ending.wrongCodes > 0 {
            module.show(Texts.wrongCodes(ending.wrongCodes))
        }
        if let finalMessage = ending.decision.finalMessage { module.show(finalMessage) }
        module.verdict(ending.decision.outcome)
    }

    /// Stores the end; a login that cannot be stored lets the user in only if exempt.
    private func commit(_ ending: inout Ending) {
        guard let accounts else { return }
        do {
            if try accounts.commit(commit(ending), now: now()) { return }
            ending.decision = Decision(
                .denied, ending.proofIsSpent ? .spentCode : .notEnrolled, finalMessage: Texts.again)
            (ending.proof, ending.optsOut) = (nil, false)
            _ = try accounts.commit(commit(ending), now: now())
        } catch {
            if ending.decision.outcome.letsIn, ending.decision.reason != .exempt {
                ending.decision = Decision(.unavailable, .accounts, finalMessage: Texts.unavailable)
            }
            ending.detail = "\(error)"
        }
    }

    private func commit(_ ending: Ending) -> LoginCommit {
        var commit = LoginCommit(
            person: subject, attempt: login.attempt, outcome: ending.decision.outcome, proof: ending.proof,
            push: ending.push,
            reason: ending.decision.reason.rawValue, factor: ending.decision.factor, service: login.service,
            rhost: login.rhost,
            address: login.place)
        commit.optsOut = ending.optsOut
        commit.asked = ending.asked
        commit.knownWrongCodes = ending.wrongCodes + ending.ownWrongCodes
        // Remember only a factor that was asked for and proven, not a new enrollment or an excuse.
        if ending.decision.reason == .proven {
            commit.remember = login.trustedLogin
            commit.rememberSeconds = remembers
        }
        return commit
    }
}

/// Of the groups that the settings name: those that the user is a member of, and those with unknown membership.
private struct Groups {
    var certain: Set<String> = []
    var unsure: Set<String> = []
}

/// A decision and what is stored with it.
struct Ending {
    var decision: Decision
    var proof: LoginCommit.Proof?
    var push: LoginCommit.Push?
    /// The newest request on the phone, as the server's log names it.
    var request: ApprovalRequestID?
    var detail: String?
    /// The account as it was when the flow began.
    var asked: Account?
    /// The user opts out of a factor.
    var optsOut = false
    /// Wrong codes for the account before this login, and during it.
    var wrongCodes = 0
    var ownWrongCodes = 0

    init(_ decision: Decision, detail: String? = nil) {
        self.decision = decision
        self.detail = detail
    }

    /// The proof is a code that was typed.
    var proofIsCode: Bool {
        switch proof {
        case .softToken, .recovery, .verified, .firstPhone: true
        case .oneTouch, .enrolled, nil: false
        }
    }

    /// The proof is a code of this host, which another login may have spent meanwhile.
    var proofIsSpent: Bool {
        switch proof {
        case .softToken, .recovery: true
        case .oneTouch, .verified, .firstPhone, .enrolled, nil: false
        }
    }
}
