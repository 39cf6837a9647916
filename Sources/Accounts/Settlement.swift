public import LoginFlow
internal import SQLite

/// How a login ended, and all that is to be remembered of it.
public struct Settlement: Equatable, Sendable {
    /// What proved that the person is who they say. It holds only for as long as the account has that very factor.
    public enum Proof: Equatable, Sendable {
        /// An approval on the phone.
        case oneTouch(AuthyID)
        /// A code that the server found right.
        case verified(AuthyID)
        /// A code of this host's SoftToken, as it was when the code was checked. The time step is spent in any case, also by a login
        /// that is denied.
        case softToken(StoredSoftToken, timeStep: Int64)
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
        guard !approved || (settlement.person != nil && settlement.proof != nil) else { throw AccountsError.invalid("approval: no proof") }
        return try write(.now) {
            if let person = settlement.person {
                if let proof = settlement.proof, try !accept(proof, of: person, approved: approved) { return false }
                if approved { try connection.run("DELETE FROM onecodes WHERE name = ?1 AND uid = ?2", person.name, person.uid) }
                try remember(settlement, of: person, now: now)
            }
            if let push = settlement.push { try finishPush(push.id, push.end, now) }
            try decide(settlement.attempt, settlement.outcome, now: now)
            return true
        }
    }

    private func accept(_ proof: Settlement.Proof, of person: Person, approved: Bool) throws -> Bool {
        switch proof {
        case .softToken(let token, let timeStep):
            guard try spend(timeStep, of: token, person) else { return false }
            return try !approved || confirm(person, "secret = ?3", token.secret, codeWasRight: true)
        case .oneTouch(let id): return try !approved || confirm(person, "authy_id = ?3", id.value, codeWasRight: false)
        case .verified(let id): return try !approved || confirm(person, "authy_id = ?3", id.value, codeWasRight: true)
        }
    }

    /// Whether it had not been spent, which it now is.
    private func spend(_ timeStep: Int64, of token: StoredSoftToken, _ person: Person) throws -> Bool {
        try connection.run(
            """
            UPDATE accounts SET last_spent = ?5
            WHERE name = ?1 AND uid = ?2 AND secret = ?3 AND period = ?4 AND (last_spent IS NULL OR last_spent < ?5)
            """, person.name, person.uid, token.secret, token.period, timeStep) == 1
    }

    /// Whether the account still has the factor. An approval on the phone says nothing about the codes that were tried.
    private func confirm(_ person: Person, _ factor: String, _ value: any Bindable, codeWasRight: Bool) throws -> Bool {
        try connection.run(
            """
            UPDATE accounts SET confirmed = 1\(codeWasRight ? ", failures = 0, locked_until = NULL" : "")
            WHERE name = ?1 AND uid = ?2 AND \(factor)
            """, person.name, person.uid, value) == 1
    }
}
