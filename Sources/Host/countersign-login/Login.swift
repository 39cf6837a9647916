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
struct Failure: Error {
    let reason: Reason
    let detail: String
}

/// The user left before any prompt was shown.
private struct Left: Error { let reason: Reason }

/// One login, from the hello to the verdict.
struct Login {
    private let visit: Visit
    private var module: Module
    private let netChannel: Channel
    private var judged: Person?
    private var accounts: Accounts?
    private var enrolling: Enrolling?
    /// When the login ends: a time of `system_now`, in milliseconds.
    private var ends: Int64?
    /// Seconds for which a proven factor is remembered.
    private var remembers = 0

    init(visit: Visit, module: Channel, net: Channel) {
        self.visit = visit
        self.module = Module(channel: module)
        netChannel = net
    }

    mutating func run() {
        var ending = Ending(Decision(.unavailable, .protocolError))
        do {
            ending = try decide()
        } catch let failure as Failure {
            ending = Ending(Decision(.unavailable, failure.reason, farewell: Texts.unavailable), detail: failure.detail)
        } catch let left as Left {
            ending = Ending(Decision(.denied, left.reason))
        } catch {
            ending = Ending(Decision(.unavailable, .accounts, farewell: Texts.unavailable), detail: "\(error)")
        }
        conclude(ending)
    }

    // MARK: deciding

    private mutating func decide() throws -> Ending {
        let settings = try loadSettings()
        var rules = settings.login(for: visit.service)
        let seconds = settings.enrolment.atLogin ? Enrolling.deadline(rules, visit) : rules.deadline
        // Wait for a locked database at most until one second before the deadline, to have time to report the end.
        ends = system_now() + Int64(seconds) * 1_000 - 1_000
        module.ready(deadline: seconds)
        let asksCaller = rules.factorOf == .caller
        judged = visit.user == nil ? nil : asksCaller ? visit.caller : visit.user
        let groups = try judged == nil ? Groups() : matchedGroups(settings.groupNames, ofCaller: asksCaller)
        // Exempt users pass whatever state the accounts are in, so that an administrator can log in to repair them.
        if isExempt(settings, groups: groups.certain) { return exempt(settings) }
        let accounts = try openAccounts(settings)
        self.accounts = accounts
        if let earlier = try accounts.attempt(visit.attempt, now: now()), isOver(earlier) {
            return Ending(Decision(.denied, .decidedBefore))
        }
        if let somebody = judged {
            rules = settings.login(for: visit.service, user: somebody.name, groups: groups.certain)
            // If membership is unknown, allow only the factors permitted either way, and show the number in doubt.
            let others = settings.login(
                for: visit.service, user: somebody.name, groups: groups.certain.union(groups.unsure))
            rules.factors.removeAll { !others.factors.contains($0) }
            rules.checkNumber = rules.checkNumber || others.checkNumber
            if !asksCaller { judged = try toldApart(somebody, accounts) }
        }
        remembers = settings.remember
        let account = try judged.map(accounts.account) ?? Account()
        if let judged, let excused = try Excuses(visit, judged, account, accounts, settings).first() { return excused }
        let admission = Admission(
            isKnown: judged != nil, state: account.state, mode: settings.enrolment.mode,
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
            var asking = try Asking(
                visit: visit, person: judged, account: account, accounts: accounts, settings: settings, rules: rules,
                skip: skip,
                module: module, net: netChannel)
            return try asking.run()
        }
    }

    /// Tells people who share a system account apart by their ssh key; any other key stands for the account itself.
    private func toldApart(_ somebody: Person, _ accounts: Accounts) throws -> Person {
        guard let keys = visit.keys, !keys.isEmpty else { return somebody }
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
        guard settings.enrolment.atLogin, let judged, let server = settings.server else { return nil }
        let offer = try Offer(visit, judged, account, accounts, settings, rules)
        var enrolling = try Enrolling(
            visit: visit, person: judged, accounts: accounts, settings: settings, server: server, rules: rules,
            facts: offer.facts,
            email: offer.email, module: module, net: netChannel)
        let ending = try enrolling.run()
        self.enrolling = enrolling
        return ending
    }

    private func loadSettings() throws -> Settings {
        do {
            let settings = try Settings.load(visit.settingsPath, trust: visit.trust)
            if visit.isElevated, settings.server?.isPlain == true {
                let advice = "http is not taken for logins of this machine; use https or unix:"
                throw Failure(reason: .settings, detail: "\(visit.settingsPath): server.url: \(advice)")
            }
            return settings
        } catch let error as SettingsError {
            throw Failure(reason: .settings, detail: error.description)
        }
    }

    /// Whether an earlier round of this attempt settles it, so that this one is denied at once.
    ///
    /// After an excused login, and after an approved one in a process that may log in several times, another round is a
    /// login of its own (docs/develop/adr/0005-what-later-rounds-of-an-attempt-do.md).
    private func isOver(_ earlier: Attempt) -> Bool {
        switch earlier.outcome {
        case .denied, .unavailable: true
        case .approved: visit.comesBySSH
        case .excused, nil: false
        }
    }

    private func isExempt(_ settings: Settings, groups: Set<String>) -> Bool {
        guard let judged else { return false }
        return settings.exemptions.contains {
            $0.matches(user: judged.name, groups: groups, service: visit.service, address: visit.address)
        }
    }

    private mutating func exempt(_ settings: Settings) -> Ending {
        let decision = Decision(.excused, .exempt)
        do {
            accounts = try openAccounts(settings)
            return Ending(decision)
        } catch {
            return Ending(decision, detail: (error as? Failure)?.detail ?? "\(error)")
        }
    }

    /// Opens the accounts that the marker names for these settings.
    ///
    /// A login never creates accounts: if they are missing, their volume may not be mounted.
    private func openAccounts(_ settings: Settings) throws -> Accounts {
        let marker: AccountsMarker
        do {
            marker = try AccountsMarker.load(beside: visit.settingsPath, trust: visit.trust)
        } catch {
            throw Failure(reason: .accounts, detail: error.description)
        }
        guard let id = marker.id(of: settings.state) else {
            throw Failure(
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
            default: throw Failure(reason: .protocolError, detail: "the module named no groups")
            }
        }
        throw Failure(reason: .protocolError, detail: "the module named no groups in time")
    }

    private func spendGrace(_ rules: EnrolmentRules, _ accounts: Accounts) throws -> Decision {
        guard let judged else { return Decision(.unavailable, .protocolError) }
        let grace = try accounts.spendGrace(judged, visit: visit, rules: rules)
        return switch grace {
        case .excused(let left): Decision(.excused, .grace, farewell: Texts.grace(left: left, until: rules.graceUntil))
        case .exhausted: Decision(.denied, .graceOver, farewell: Texts.notEnrolled)
        }
    }

    // MARK: ending

    private mutating func conclude(_ ending: Ending) {
        var ending = ending
        // Unknown users are always denied, whatever the decoy flow decided.
        if judged == nil, ending.decision.outcome != .unavailable {
            ending.decision = Decision(
                .denied, .unknownUser, farewell: ending.decision.outcome.letsIn ? nil : ending.decision.farewell)
        }
        settle(&ending)
        if ending.decision.reason == .enrolled, let silence = enrolling?.tellServer() {
            ending.detail = "\(ending.detail ?? ""); the server could not tell the user: \(silence)"
        }
        let line = LogLine(ending, visit, judged: judged)
        module.ready(deadline: 10)
        module.log(line.description, priority: line.priority)
        if ending.decision.outcome == .approved, ending.wrongCodes > 0 {
            module.tell(Texts.wrongCodes(ending.wrongCodes))
        }
        if let farewell = ending.decision.farewell { module.tell(farewell) }
        module.verdict(ending.decision.outcome)
    }

    /// Stores the end; a login that cannot be stored lets the user in only if exempt.
    private func settle(_ ending: inout Ending) {
        guard let accounts else { return }
        do {
            if try accounts.settle(settlement(ending), now: now()) { return }
            ending.decision = Decision(.denied, ending.proofIsSpent ? .spentCode : .notEnrolled, farewell: Texts.again)
            (ending.proof, ending.optsOut) = (nil, false)
            _ = try accounts.settle(settlement(ending), now: now())
        } catch {
            if ending.decision.outcome.letsIn, ending.decision.reason != .exempt {
                ending.decision = Decision(.unavailable, .accounts, farewell: Texts.unavailable)
            }
            ending.detail = "\(error)"
        }
    }

    private func settlement(_ ending: Ending) -> Settlement {
        var settlement = Settlement(
            person: judged, attempt: visit.attempt, outcome: ending.decision.outcome, proof: ending.proof,
            push: ending.push,
            reason: ending.decision.reason.rawValue, factor: ending.decision.factor, service: visit.service,
            rhost: visit.rhost,
            address: visit.place)
        settlement.optsOut = ending.optsOut
        settlement.asked = ending.asked
        settlement.knownWrongCodes = ending.wrongCodes + ending.ownWrongCodes
        // Remember only a factor that was asked for and proven, not a new enrollment or an excuse.
        if ending.decision.reason == .proven {
            settlement.remember = visit.remembrance
            settlement.rememberSeconds = remembers
        }
        return settlement
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
    var proof: Settlement.Proof?
    var push: Settlement.Push?
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
