internal import Accounts
internal import CSyscalls
internal import Encoding
internal import Frames
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import SettingsFile

/// An error that prevents a decision; the login ends as unavailable.
struct LoginError: Error {
    let reason: Reason
    let detail: String
}

/// The user left before any prompt was shown.
struct UserLeft: Error { let reason: Reason }

/// One login, from the hello to the verdict.
struct Login {
    let login: LoginRequest
    var module: Module
    private let netChannel: Channel
    /// The account of the system whose factor is asked; nil until it is known, and for an unknown user.
    private var systemUser: Person?
    /// The person whose factor is asked: the system user, or one of the people who share that account.
    private var subject: Person?
    private let textsFile: TextsFile
    private var texts: Texts { textsFile.texts }
    private var accounts: Accounts?
    private var enrolment: EnrolmentDriver?
    /// When the login ends: a time of `system_now`, in milliseconds.
    private var ends: Int64?

    init(login: LoginRequest, module: Channel, net: Channel) {
        self.login = login
        self.module = Module(channel: module)
        netChannel = net
        textsFile = TextsFile.load(beside: login.settingsPath, trust: login.trust)
    }

    mutating func run() {
        do {
            let (decision, commit) = try decide()
            conclude(decision, leaving: commit)
        } catch let error as LoginError {
            conclude(
                Decision(.unavailable, error.reason, finalMessage: texts[.unavailable], detail: error.detail))
        } catch let left as UserLeft {
            conclude(Decision(.denied, left.reason))
        } catch {
            conclude(Decision(.unavailable, .accounts, finalMessage: texts[.unavailable], detail: "\(error)"))
        }
    }

    // MARK: deciding

    /// Decides the login: one question after the other, until one of them is answered with an end.
    private mutating func decide() throws -> (Decision, LoginCommit) {
        let settings = try loadSettings()
        start(settings)
        systemUser = systemUser(by: settings)
        let groups = try groups(of: systemUser, settings: settings)
        // Exempt users pass whatever state the accounts are in, so that an administrator can log in to repair them.
        if isExempt(systemUser, groups: groups.certain, settings: settings) { return end(exempt(settings)) }
        let accounts = try openAccounts(settings)
        self.accounts = accounts
        if try isDecidedBefore(accounts) { return end(Decision(.denied, .decidedBefore)) }
        let rules = rules(for: systemUser, groups: groups, settings: settings)
        subject = try subject(of: systemUser, settings: settings, accounts: accounts)
        let user = try subject.map { person in
            KnownUser(person: person, account: try accounts.account(of: person), accounts: accounts)
        }
        if let user, let excused = try Excuses(login: login, user: user, settings: settings, texts: texts).first() {
            return end(excused)
        }
        switch admission(of: user, settings: settings) {
        case .decided(let decision): return end(decision)
        case .needsGrace: return try offerOrSpendGrace(of: user, settings: settings, rules: rules)
        case .needsFactor(let skip):
            var driver = try LoginDriver(
                login: login, user: user, settings: settings, rules: rules, skip: skip, texts: texts,
                module: module, net: netChannel)
            return try driver.run()
        }
    }

    /// An end that leaves nothing but itself.
    private func end(_ decision: Decision) -> (Decision, LoginCommit) {
        (decision, LoginCommit(decision, of: login, subject: subject ?? systemUser))
    }

    /// Fixes the deadline of the whole login, and tells the module.
    private mutating func start(_ settings: Settings) {
        let rules = settings.login(for: login.service)
        let seconds =
            if settings.enrolment.atLogin { EnrolmentDriver.deadline(of: login, rules: rules) } else { rules.deadline }
        // Wait for a locked database at most until one second before the deadline, to have time to report the end.
        ends = system_now() + Int64(seconds) * 1_000 - 1_000
        module.ready(deadline: seconds)
    }

    private func systemUser(by settings: Settings) -> Person? {
        guard let user = login.user else { return nil }
        switch settings.login(for: login.service).factorOf {
        case .user: return user
        case .caller: return login.caller
        }
    }

    private func groups(of person: Person?, settings: Settings) throws -> Groups {
        guard person != nil else { return Groups() }
        let isCaller = settings.login(for: login.service).factorOf == .caller
        return try module.groups(among: settings.groupNames, ofCaller: isCaller)
    }

    private func isExempt(_ person: Person?, groups: Set<String>, settings: Settings) -> Bool {
        guard let person else { return false }
        return settings.exemptions.contains {
            $0.matches(user: person.name, groups: groups, service: login.service, address: login.address)
        }
    }

    /// An exempt login is stored too if the accounts can be opened.
    private mutating func exempt(_ settings: Settings) -> Decision {
        do {
            accounts = try openAccounts(settings)
            return Decision(.excused, .exempt)
        } catch let error as LoginError {
            return Decision(.excused, .exempt, detail: error.detail)
        } catch {
            return Decision(.excused, .exempt, detail: "\(error)")
        }
    }

    /// Whether an earlier round of this attempt settles it, so that this one is denied at once.
    ///
    /// After an excused login, and after an approved one in a process that may log in several times, another round is a
    /// login of its own (docs/develop/adr/0005-what-later-rounds-of-an-attempt-do.md).
    private func isDecidedBefore(_ accounts: Accounts) throws -> Bool {
        guard let earlier = try accounts.attempt(login.attempt, now: now()) else { return false }
        switch earlier.outcome {
        case .denied, .unavailable: return true
        case .approved: return login.comesBySSH
        case .excused, nil: return false
        }
    }

    /// The rules for this person.
    ///
    /// If membership of a group is unknown, only the factors are allowed that are permitted either way, and the number
    /// is shown in doubt.
    private func rules(for person: Person?, groups: Groups, settings: Settings) -> LoginRules {
        guard let person else { return settings.login(for: login.service) }
        var rules = settings.login(for: login.service, user: person.name, groups: groups.certain)
        let others = settings.login(
            for: login.service, user: person.name, groups: groups.certain.union(groups.unsure))
        rules.factors.removeAll { !others.factors.contains($0) }
        rules.checkNumber = rules.checkNumber || others.checkNumber
        return rules
    }

    /// Tells people who share a system account apart by their ssh key; any other key stands for the account itself.
    private func subject(of person: Person?, settings: Settings, accounts: Accounts) throws -> Person? {
        guard let person, settings.login(for: login.service).factorOf == .user, let keys = login.keys else {
            return person
        }
        let people = keys.map { Person(name: person.name, uid: person.uid, key: $0) }
        return try people.first { try accounts.hasAccount($0) } ?? person
    }

    private func admission(of user: KnownUser?, settings: Settings) -> Admission {
        Admission(
            isKnown: user != nil, state: user?.account.state ?? .none, mode: settings.enrolment.mode,
            graceIsOver: settings.enrolment.isOver(now()), texts: texts)
    }

    /// Offers the user to enroll a phone if the settings say so; otherwise the login spends a grace login.
    private mutating func offerOrSpendGrace(of user: KnownUser?, settings: Settings, rules: LoginRules) throws
        -> (Decision, LoginCommit)
    {
        guard let user else { return end(Decision(.unavailable, .protocolError)) }
        var noOffer: String?
        if settings.enrolment.atLogin, let server = settings.server {
            do {
                var offer = try Offer(login: login, user: user, settings: settings, rules: rules)
                offer.facts.texts = texts
                var driver = try EnrolmentDriver(
                    login: login, user: user, settings: settings, server: server, rules: rules, offer: offer,
                    module: module, net: netChannel)
                let result = try driver.run()
                enrolment = driver
                return result
            } catch let refusal as Offer.Refusal {
                noOffer = "no offer to enroll: \(refusal.reason)"
            }
        }
        var decision = try spendGrace(of: user, rules: settings.enrolment)
        decision.detail = noOffer
        return end(decision)
    }

    private func spendGrace(of user: KnownUser, rules: EnrolmentRules) throws -> Decision {
        switch try user.accounts.spendGrace(user.person, login: login, rules: rules) {
        case .excused(let left):
            Decision(.excused, .grace, finalMessage: texts.grace(left: left, until: rules.graceUntil))
        case .exhausted: Decision(.denied, .graceOver, finalMessage: texts[.notEnrolled])
        }
    }

    private func openAccounts(_ settings: Settings) throws -> Accounts {
        try login.openAccounts(of: settings, waitsUntil: ends)
    }

    private func loadSettings() throws -> Settings { try login.loadSettings() }

    // MARK: ending

    private mutating func conclude(_ decision: Decision) {
        let (decision, commit) = end(decision)
        conclude(decision, leaving: commit)
    }

    /// Stores and logs the end, and tells the user and the module.
    private mutating func conclude(_ decided: Decision, leaving commit: LoginCommit) {
        var (decision, commit) = store(knownUsersOnly(decided), leaving: commit)
        if decision.reason == .enrolled, let silence = enrolment?.tellServer() {
            decision.detail = "\(decision.detail ?? ""); the server could not tell the user: \(silence)"
        }
        let line = LogLine(decision, of: login, commit: commit)
        module.ready(deadline: 10)
        logProblemsOfTexts()
        module.log(line.description, priority: line.priority)
        if decision.outcome == .approved, let wrongCodes = commit.asked?.wrongCodes, wrongCodes > 0 {
            module.show(texts.wrongCodes(wrongCodes))
        }
        if let finalMessage = decision.finalMessage { module.show(finalMessage) }
        module.verdict(decision.outcome)
    }

    /// Unknown users are always denied, whatever the decoy flow decided.
    private func knownUsersOnly(_ decision: Decision) -> Decision {
        guard (subject ?? systemUser) == nil, decision.outcome != .unavailable else { return decision }
        let finalMessage = if decision.outcome.letsIn { String?.none } else { decision.finalMessage }
        return decision.replaced(by: .denied, reason: .unknownUser, finalMessage: finalMessage)
    }

    /// Writes one line to the log if texts of `texts.toml` are not used.
    private func logProblemsOfTexts() {
        guard let first = textsFile.problems.first else { return }
        let more = textsFile.problems.count - 1
        let rest = if more == 0 { "" } else { " (and \(more) more)" }
        module.log("notice=texts detail=\"\(first.error.description.logText)\(rest)\"", priority: 4)
    }

    /// Stores the end; a login that cannot be stored lets the user in only if exempt.
    ///
    /// - Returns: how the login ends then, and what is stored of it.
    private func store(_ decided: Decision, leaving commit: LoginCommit) -> (Decision, LoginCommit) {
        var decision = decided
        var commit = commit.ending(as: decision)
        guard let accounts else { return (decision, commit) }
        do {
            if try accounts.commit(commit, now: now()) { return (decision, commit) }
            let reason: Reason = if commit.proofIsSpent { .spentCode } else { .notEnrolled }
            decision = decision.replaced(by: .denied, reason: reason, finalMessage: texts[.again])
            commit = commit.withoutProof.ending(as: decision)
            _ = try accounts.commit(commit, now: now())
        } catch {
            if decision.outcome.letsIn, decision.reason != .exempt {
                decision = decision.replaced(by: .unavailable, reason: .accounts, finalMessage: texts[.unavailable])
            }
            decision.detail = "\(error)"
        }
        return (decision, commit)
    }
}
