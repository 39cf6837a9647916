public import Identifiers
internal import LoginPolicy
internal import SQLite

/// The end of a login, as it is written down: the outcome, what proved it, and what the history says.
///
/// The decision itself is `LoginPolicy.Decision`; `Accounts.commit` writes this in one transaction, or nothing of it.
public struct LoginCommit: Equatable, Sendable {
    /// What proved the identity of the person; it holds only while the account has exactly that factor.
    public enum Proof: Equatable, Sendable {
        /// An approval on the phone.
        case oneTouch(AuthyID)
        /// A code that the server accepted.
        case verified(AuthyID)
        /// The confirmation code of a phone, with which the server has confirmed it.
        ///
        /// It holds only for an account that is not confirmed yet.
        case firstPhone(AuthyID)
        /// A code of this host's SoftToken, as it was when the code was checked.
        ///
        /// The time step is spent in any case, even if the login is denied.
        case softToken(StoredSoftToken, timeStep: Int64)
        /// A recovery code of this host, which is then used.
        case recovery(id: Int64)
        /// A code that the server accepted for a person who was registered with it in this login.
        ///
        /// It holds only for an account that never had an AuthyID and has no factor, with an AuthyID that nobody else
        /// here has, and links it.
        case enrolled(AuthyID)
    }

    /// An approval request that ends with the login.
    public struct Push: Equatable, Sendable {
        /// The number from `chargePush`.
        public var id: Int64
        /// How it ended.
        public var end: PushEnd

        /// Takes the values as they are.
        public init(id: Int64, end: PushEnd) {
            self.id = id
            self.end = end
        }
    }

    /// The person; nil for a name that the system does not know, for which only key and outcome are stored.
    public var person: Person?
    /// The key of the attempt, 1 to 200 bytes.
    public var attempt: String
    /// How the login ended.
    public var outcome: Outcome
    /// What proved the identity of the person; an approval needs one.
    public var proof: Proof?
    /// An approval request to end, or nil.
    public var push: Push?
    /// What must match for later logins not to be asked for `rememberSeconds`; nil to remember nothing.
    public var remember: TrustedLogin?
    /// Seconds for which an approval is remembered.
    public var rememberSeconds = 0
    /// The account when the login began.
    ///
    /// An outage excuses only a person who still has the same factors.
    public var asked: Account?
    /// Whether the person opted out of a factor in this login.
    public var optsOut = false
    /// Wrong codes that an approval told the person about, or that were typed in this login.
    public var knownWrongCodes = 0
    /// The word for the reason, for the history, like the next four.
    public var reason: String
    /// The factor that was proven or tried last; nil if there was none.
    public var factor: Factor?
    /// The PAM service.
    public var service: String
    /// The client's address or name; empty for a local login.
    public var rhost: String
    /// The place of the client (`Address.place`), or the beginning of its name; empty for a local login.
    public var address: String

    /// Takes the values as they are.
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
    ///
    /// - Parameters:
    ///   - commit: how the login ended.
    ///   - now: seconds since 1970.
    /// - Returns: false if the proof does not hold: this time step or a later one was spent, or the account no longer
    ///   has the factor. Nothing was written then; the caller denies, and commits again as denied and without the
    ///   proof.
    /// - Throws: `AccountsError.invalid` for an approval without a person or a proof, and for a key of another length;
    ///   `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func commit(_ commit: LoginCommit, now: Int64) throws -> Bool {
        try Self.check(commit.attempt)
        let approved = commit.outcome == .approved
        guard !approved || (commit.person != nil && commit.proof != nil) else {
            throw AccountsError.invalid("approval: no proof")
        }
        return try writeIfProven(.now) {
            if let person = commit.person {
                if let proof = commit.proof, try !accept(proof, of: person, approved: approved, now: now) {
                    return false
                }
                if approved { try deleteOneCodes(of: person) }
                if approved, commit.knownWrongCodes > 0 {
                    try update(person, "wrong_codes = max(0, wrong_codes - ?2)", commit.knownWrongCodes)
                }
                if try !applyOutcome(commit, of: person, now: now) { return false }
                try appendHistory(commit, of: person, now: now)
            }
            if let push = commit.push { try finishPush(push.id, as: push.end, now: now) }
            try storeDecision(of: commit.attempt, commit.outcome, now: now)
            return true
        }
    }

    /// Applies the outcome to the account.
    ///
    /// An approval is remembered, a denial deletes remembered logins unless the attempt was denied before, and an
    /// opt-out is noted. Returns false if the account no longer allows the login to be excused: it was enrolled or
    /// confirmed while a prompt was open, or in an outage its factors were changed or its codes locked.
    private func applyOutcome(_ commit: LoginCommit, of person: Person, now: Int64) throws -> Bool {
        switch commit.outcome {
        case .approved:
            if let login = commit.remember {
                try rememberLogin(login, of: person, seconds: commit.rememberSeconds, now: now)
            }
        case .denied where commit.reason != Reason.decidedBefore.rawValue: try forgetRemembered(person)
        case .excused where commit.optsOut:
            guard try account(of: person).state == .none else { return false }
            try ensure(person)
            try update(person, "opted_out = coalesce(opted_out, ?2)", now)
        // A grace login may have been spent at the first prompt, long before this.
        case .excused where [Reason.skipped.rawValue, Reason.grace.rawValue].contains(commit.reason):
            return try account(of: person).state != .confirmed
        case .excused where commit.reason == Reason.outage.rawValue:
            guard let asked = commit.asked else { return false }
            let account = try account(of: person)
            var widest = LockoutRules()
            widest.seconds = LockoutRules.day
            let isLocked = account.lock(widest, at: instant(now)) != nil
            return account.authyID == asked.authyID && account.hasSoftToken == asked.hasSoftToken && !isLocked
        default: break
        }
        return true
    }

    /// Marks an account confirmed by a factor that was proven outside of a login, and undoes an opt-out.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - proof: what was proven.
    /// - Returns: false if the proof does not hold: the code was spent, or the account no longer has the factor.
    ///   Nothing was written then.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    public func confirm(_ person: Person, by proof: LoginCommit.Proof) throws -> Bool {
        try writeIfProven(.now) {
            guard try accept(proof, of: person, approved: true, now: 0) else { return false }
            try update(person, "opted_out = NULL")
            try deleteOneCodes(of: person)
            try forgetRemembered(person)
            return true
        }
    }

    func accept(_ proof: LoginCommit.Proof, of person: Person, approved: Bool, now: Int64) throws -> Bool {
        switch proof {
        case .softToken(let token, let timeStep):
            guard try spend(timeStep, of: token, by: person) else { return false }
            return try !approved || confirm(person, with: "secret = ?2", token.secret, codeWasRight: true)
        case .oneTouch(let id):
            return try !approved || confirm(person, with: "authy_id = ?2", id.value, codeWasRight: false)
        case .verified(let id):
            return try !approved || confirm(person, with: "authy_id = ?2", id.value, codeWasRight: true)
        case .firstPhone(let id):
            return try !approved
                || confirm(person, with: "authy_id = ?2 AND confirmed = 0", id.value, codeWasRight: true)
        case .recovery(let id):
            guard try useRecoveryCode(id, of: person, now: now) else { return false }
            return try !approved || confirm(person, with: "confirmed = ?2", 1, codeWasRight: true)
        case .enrolled(let id): return try approved && enrol(person, with: id)
        }
    }

    private func enrol(_ person: Person, with id: AuthyID) throws -> Bool {
        try ensure(person)
        return try update(
            person, "authy_id = ?2, had_authy_id = 1, confirmed = 1, opted_out = NULL, \(Self.codeWasRight)",
            where: """
                authy_id IS NULL AND secret IS NULL AND had_authy_id = 0 AND confirmed = 0
                AND NOT EXISTS (SELECT 1 FROM accounts WHERE authy_id = ?2)
                """, id.value)
    }

    /// Spends a time step; false if it or a later one was spent before.
    private func spend(_ timeStep: Int64, of token: StoredSoftToken, by person: Person) throws -> Bool {
        try update(
            person, "last_spent = ?4", where: "secret = ?2 AND period = ?3 AND (last_spent IS NULL OR last_spent < ?4)",
            token.secret, token.period, timeStep)
    }

    /// Marks the account confirmed; false if it no longer has the factor.
    ///
    /// An approval on the phone says nothing about the codes that were tried.
    private func confirm(_ person: Person, with factor: String, _ value: any Bindable, codeWasRight: Bool) throws
        -> Bool
    {
        var changes = ["confirmed = 1", "opted_out = NULL"]
        if codeWasRight { changes.append(Self.codeWasRight) }
        return try update(person, changes.joined(separator: ", "), where: factor, value)
    }

    /// Takes back the charge of the right code.
    ///
    /// The other charges of the day stay: a right code says nothing about them.
    private static let codeWasRight = """
        failures = 0, locked_until = NULL, locked_clock = NULL, locks = 0, day_failures = max(0, day_failures - 1),
            wrong_codes = max(0, wrong_codes - 1)
        """
}
