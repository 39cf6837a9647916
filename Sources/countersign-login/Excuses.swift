internal import Accounts
internal import LoginFlow
internal import Settings

/// Why somebody whom the system knows is not asked, beside exemption and grace: what stands in the account, in the order in which it counts.
struct Excuses {
    private let visit: Visit
    private let person: Person
    private let account: Account
    private let accounts: Accounts
    private let settings: Settings

    init(_ visit: Visit, _ person: Person, _ account: Account, _ accounts: Accounts, _ settings: Settings) {
        (self.visit, self.person, self.account, self.accounts, self.settings) = (visit, person, account, accounts, settings)
    }

    func first() throws -> Ending? { try paused() ?? optedOut() ?? remembered() }

    private func paused() -> Ending? {
        guard let pause = account.pause, pause.holds(at: now(), maxHours: settings.pauseMaxHours) else { return nil }
        return Ending(Decision(.excused, .paused), detail: "until \(Calendar.text(of: pause.until)): \(pause.reason)")
    }

    private func optedOut() throws -> Ending? {
        guard account.optedOut != nil else { return nil }
        switch (settings.enrolment.optOut, settings.enrolment.mode) {
        case (.no, _): return nil
        case (.yes, _): return Ending(Decision(.excused, .optedOut))
        // There is no grace to last.
        case (.grace, .optional), (.grace, .required): return nil
        case (.grace, .grace):
            switch try accounts.spendGrace(person, visit: visit, rules: settings.enrolment) {
            case .excused(let left):
                let farewell = Texts.grace(left: left, until: settings.enrolment.graceUntil)
                return Ending(Decision(.excused, .optedOut, farewell: farewell))
            case .exhausted: return nil
            }
        }
    }

    private func remembered() throws -> Ending? {
        guard let login = visit.remembrance,
            try accounts.isRemembered(person, login, seconds: settings.remember, now: now())
        else { return nil }
        return Ending(Decision(.excused, .remembered))
    }
}

/// The offer to enrol, where it may be made: to somebody who gets in without a factor this time, never had an AuthyID, and can be asked.
struct Offer {
    let facts: EnrolmentFlow.Facts
    /// The person's, at the server.
    let email: String

    init?(
        _ visit: Visit, _ person: Person, _ account: Account, _ accounts: Accounts, _ settings: Settings, _ rules: LoginRules
    ) throws {
        let enrolment = settings.enrolment
        // The caller of su has proven another's password in this login, and not their own; an account that several people use is not bound
        // to the phone of one of them.
        guard enrolment.atLogin, visit.mayBeAsked, person == visit.user, account.state == .none, !account.hadAuthyID,
            try accounts.people(on: person.name, uid: person.uid).isEmpty,
            let domain = enrolment.emailDomain, domain.contains("."), Self.isLocalPart(person.name)
        else { return nil }
        if let networks = enrolment.atLoginNetworks {
            guard let address = visit.address, networks.contains(where: { $0.contains(address) }) else { return nil }
        }
        var facts = EnrolmentFlow.Facts()
        facts.name = person.name
        facts.factors = rules.factors
        facts.tries = rules.tries
        facts.rules = enrolment
        facts.left = enrolment.graceLogins - account.graceUsed
        facts.mayBeDeaf = visit.comesBySSH
        guard facts.left > 0, !facts.ways.isEmpty, try accounts.lock(of: person, rules: settings.lockout, now: now()) == nil else {
            return nil
        }
        self.facts = facts
        email = "\(person.name)@\(domain)"
    }

    /// Whether a name can stand before an @ as it is (RFC 5322, section 3.2.3, without what shells and servers stumble over).
    private static func isLocalPart(_ name: String) -> Bool {
        name.utf8.count <= 64 && name.utf8.first != 0x2D && name.utf8.first != 0x2E && name.utf8.last != 0x2E && !name.contains("..")
            && name.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }
}
