internal import Accounts
internal import HostSettings
internal import Identifiers
internal import LoginPolicy

/// Reasons in the account to skip the factor, in order of precedence: pause, opt-out, remembered login.
struct Excuses {
    private let login: LoginRequest
    private let user: KnownUser
    private let settings: Settings
    private let texts: Texts

    init(login: LoginRequest, user: KnownUser, settings: Settings, texts: Texts) {
        self.login = login
        self.user = user
        self.settings = settings
        self.texts = texts
    }

    func first() throws -> Decision? { try paused() ?? optedOut() ?? remembered() }

    private func paused() -> Decision? {
        guard let pause = user.account.pause, pause.holds(at: now(), maxHours: settings.pauseMaxHours) else {
            return nil
        }
        return Decision(.excused, .paused, detail: "until \(Calendar.text(of: pause.until)): \(pause.reason)")
    }

    private func optedOut() throws -> Decision? {
        guard user.account.optedOut != nil else { return nil }
        switch (settings.enrolment.optOut, settings.enrolment.mode) {
        case (.no, _): return nil
        case (.yes, _): return Decision(.excused, .optedOut)
        // The opt-out lasts as long as grace does, and these modes have none.
        case (.grace, .optional), (.grace, .required): return nil
        case (.grace, .grace):
            switch try user.accounts.spendGrace(user.person, login: login, rules: settings.enrolment) {
            case .excused(let left):
                let finalMessage = texts.grace(left: left, until: settings.enrolment.graceUntil)
                return Decision(.excused, .optedOut, finalMessage: finalMessage)
            case .exhausted: return nil
            }
        }
    }

    private func remembered() throws -> Decision? {
        guard let trusted = login.trustedLogin,
            try user.accounts.isRemembered(user.person, like: trusted, seconds: settings.remember, now: now())
        else { return nil }
        return Decision(.excused, .remembered)
    }
}

/// The offer to enroll a phone.
///
/// It is made to a user who gets in without a factor this time, has never had an AuthyID and can see a prompt.
struct Offer {
    /// Why no offer is made, for the log.
    struct Refusal: Error {
        let reason: String
    }

    var facts: EnrolmentFlow.Facts
    /// The user's e-mail address at the server.
    let email: String

    /// Prepares the offer.
    ///
    /// - Throws: `Refusal` if the user gets no offer, and errors of the accounts.
    init(login: LoginRequest, user: KnownUser, settings: Settings, rules: LoginRules) throws {
        let (person, account, accounts) = (user.person, user.account, user.accounts)
        let enrolment = settings.enrolment
        guard login.mayBeAsked else { throw Refusal(reason: "there is no terminal to ask at") }
        // The caller of su has proven another user's password, not their own.
        guard person == login.user else {
            throw Refusal(reason: "the login is not of the account whose factor is asked for")
        }
        guard account.state == .none, !account.hadAuthyID else {
            throw Refusal(reason: "the account had an AuthyID before")
        }
        // An account that several people share must not depend on the phone of one of them.
        guard try accounts.people(on: person.name, uid: person.uid).isEmpty else {
            throw Refusal(reason: "several people use the account")
        }
        guard let email = UserAddress.of(person.name, domain: enrolment.emailDomain) else {
            throw Refusal(reason: "the user's name gives no e-mail address")
        }
        if let networks = enrolment.atLoginNetworks {
            guard let address = login.address, networks.contains(where: { $0.contains(address) }) else {
                throw Refusal(reason: "the client is in none of enrolment.at_login_networks")
            }
        }
        var facts = EnrolmentFlow.Facts()
        facts.name = person.name
        facts.factors = rules.factors
        facts.tries = rules.tries
        facts.rules = enrolment
        facts.left = enrolment.graceLogins - account.graceUsed
        facts.mayBeDeaf = login.comesBySSH
        guard facts.left > 0 else { throw Refusal(reason: "no grace login is left") }
        guard !facts.ways.isEmpty else { throw Refusal(reason: "login.factors has neither sms nor call") }
        guard try accounts.lock(of: person, rules: settings.lockout, now: now()) == nil else {
            throw Refusal(reason: "codes are locked")
        }
        self.facts = facts
        self.email = email
    }
}
