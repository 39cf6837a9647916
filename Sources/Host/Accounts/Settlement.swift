public import Identifiers
internal import LoginPolicy
internal import SQLite

/// How a login ended, and all that is to be remembered of it.
public struct Settlement: Equatable, Sendable {
    /// What proved that the person is who they say. It holds only for as long as the account has that very factor.
    public enum Proof: Equatable, Sendable {
        /// An approval on the phone.
        case oneTouch(AuthyID)
        /// A code that the server found right.
        case verified(AuthyID)
        /// The confirmation code of a phone, which the server has confirmed by it. It holds only for an account that is
        /// not confirmed yet.
        case firstPhone(AuthyID)
        /// A code of this host's SoftToken, as it was when the code was checked. The time step is spent in any case, also by a login
        /// that is denied.
        case softToken(StoredSoftToken, timeStep: Int64)
        /// A recovery code of this host, which is used by it.
        case recovery(id: Int64)
        /// A code that the server found right for somebody who was registered with it in this very login. It holds only for an account
        /// that never had an AuthyID and has no factor, with an AuthyID that nobody else here has, and links it.
        case enrolled(AuthyID)
    }

    /// An approval request that ends with the login.
    public struct Push: Equatable, Sendable {
        public var id: Int64
        public var end: PushEnd

        public init(_ id: Int64, _ end: PushEnd) {
            self.id = id
            self.end = end
        }
    }

    /// Nil for a name that the system does not know: of such an attempt only the key and the outcome are kept.
    public var person: Person?
    public var attempt: String
    public var outcome: Outcome
    /// An approval needs one.
    public var proof: Proof?
    public var push: Push?
    /// What an approval is remembered by, so that others like it are not asked for so many seconds. Nil for not at all.
    public var remember: Remembrance?
    public var rememberSeconds = 0
    /// The account as it was when the asking began. An outage excuses only whose factors are those still.
    public var asked: Account?
    /// The person has said in this login to do without a factor.
    public var optsOut = false
    /// Wrong codes that the person has been told of by an approval, or typed in this very login.
    public var knownWrongCodes = 0
    /// For the history, as are the next four.
    public var reason: String
    public var factor: Factor?
    public var service: String
    public var rhost: String
    public var address: String

    public init(
        person: Person?, attempt: String, outcome: Outcome, proof: Proof? = nil, push: Push? = nil,
        reason: String, factor: Factor? = nil, service: String, rhost: String = "", address: String = ""
    ) {
        self.person = person
        self.attempt = attempt
        self.outcome = outcome
        self.proof = proof
        self.push = push
        self.reason = reason
        self.factor = factor
        self.service = service
        self.rhost = rhost
        self.address = address
    }
}

extension Accounts {
    /// Writes all that a login leaves, in one transaction that is on the disk before this returns.
    /// - Returns: false if the proof does not hold: the code was spent, by this time step or a later one, or the account does not have
    ///   the factor any more. Nothing was written then; the caller denies, and settles again as denied and without the proof.
    public func settle(_ settlement: Settlement, now: Int64) throws -> Bool {
        try Self.check(settlement.attempt)
        let approved = settlement.outcome == .approved
        guard !approved || (settlement.person != nil && settlement.proof != nil) else {
            throw AccountsError.invalid("approval: no proof")
        }
        return try writeIfProven(.now) {
            if let person = settlement.person {
                if let proof = settlement.proof, try !accept(proof, of: person, approved: approved, now: now) {
                    return false
                }
                if approved {
                    try connection.run(
                        "DELETE FROM onecodes WHERE name = ?1 AND uid = ?2", person.storedName, person.uid)
                }
                if approved, settlement.knownWrongCodes > 0 {
                    try update(person, "wrong_codes = max(0, wrong_codes - ?3)", settlement.knownWrongCodes)
                }
                if try !noteStanding(settlement, of: person, now: now) { return false }
                try remember(settlement, of: person, now: now)
            }
            if let push = settlement.push { try finishPush(push.id, push.end, now) }
            try decide(settlement.attempt, settlement.outcome, now: now)
            return true
        }
    }

    /// A denial forgets what is remembered of the person; another round of an attempt that was denied says nothing new.
    /// - Returns: false where the account has become what this login may not excuse: it was enrolled or confirmed while a prompt was open, or in
    ///   an outage its factors were changed or its codes locked.
    private func noteStanding(_ settlement: Settlement, of person: Person, now: Int64) throws -> Bool {
        switch settlement.outcome {
        case .approved:
            if let login = settlement.remember {
                try keep(login, of: person, seconds: settlement.rememberSeconds, now: now)
            }
        case .denied where settlement.reason != Reason.decidedBefore.rawValue: try forgetRemembered(person)
        case .excused where settlement.optsOut:
            guard try account(of: person).state == .none else { return false }
            try ensure(person)
            try update(person, "opted_out = coalesce(opted_out, ?3)", now)
        // A grace login may have been spent when the first number was typed, long before this.
        case .excused where [Reason.skipped.rawValue, Reason.grace.rawValue].contains(settlement.reason):
            return try account(of: person).state != .confirmed
        case .excused where settlement.reason == Reason.outage.rawValue:
            guard let asked = settlement.asked else { return false }
            let account = try account(of: person)
            var widest = LockoutRules()
            widest.seconds = LockoutRules.day
            let isLocked = account.lock(widest, at: instant(now)) != nil
            return account.authyID == asked.authyID && account.hasSoftToken == asked.hasSoftToken && !isLocked
        default: break
        }
        return true
    }

    func accept(_ proof: Settlement.Proof, of person: Person, approved: Bool, now: Int64) throws -> Bool {
        switch proof {
        case .softToken(let token, let timeStep):
            guard try spend(timeStep, of: token, person) else { return false }
            return try !approved || confirm(person, "secret = ?3", token.secret, codeWasRight: true)
        case .oneTouch(let id): return try !approved || confirm(person, "authy_id = ?3", id.value, codeWasRight: false)
        case .verified(let id): return try !approved || confirm(person, "authy_id = ?3", id.value, codeWasRight: true)
        case .firstPhone(let id):
            return try !approved || confirm(person, "authy_id = ?3 AND confirmed = 0", id.value, codeWasRight: true)
        case .recovery(let id):
            guard try useRecoveryCode(id, of: person, now: now) else { return false }
            return try !approved || confirm(person, "confirmed = ?3", 1, codeWasRight: true)
        case .enrolled(let id): return try approved && enrol(person, id)
        }
    }

    private func enrol(_ person: Person, _ id: AuthyID) throws -> Bool {
        try verify(person)
        try ensure(person)
        return try update(
            person, "authy_id = ?3, had_authy_id = 1, confirmed = 1, opted_out = NULL, \(Self.codeWasRight)",
            where: """
                authy_id IS NULL AND secret IS NULL AND had_authy_id = 0 AND confirmed = 0
                AND NOT EXISTS (SELECT 1 FROM accounts WHERE authy_id = ?3)
                """, id.value)
    }

    /// Whether it had not been spent, which it now is.
    private func spend(_ timeStep: Int64, of token: StoredSoftToken, _ person: Person) throws -> Bool {
        try update(
            person, "last_spent = ?5", where: "secret = ?3 AND period = ?4 AND (last_spent IS NULL OR last_spent < ?5)",
            token.secret,
            token.period, timeStep)
    }

    /// Whether the account still has the factor. An approval on the phone says nothing about the codes that were tried.
    private func confirm(_ person: Person, _ factor: String, _ value: any Bindable, codeWasRight: Bool) throws -> Bool {
        try update(
            person, "confirmed = 1, opted_out = NULL\(codeWasRight ? ", \(Self.codeWasRight)" : "")", where: factor,
            value)
    }

    /// Its own charge is taken back. The others of the day stay: a right code says nothing about them.
    private static let codeWasRight = """
        failures = 0, locked_until = NULL, locked_clock = NULL, locks = 0, day_failures = max(0, day_failures - 1),
            wrong_codes = max(0, wrong_codes - 1)
        """
}
