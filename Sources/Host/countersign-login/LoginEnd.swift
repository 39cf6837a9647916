internal import Accounts
internal import Identifiers
internal import LoginPolicy

extension Decision {
    /// Another end of the same login: what the log says besides stays.
    func replaced(by outcome: Outcome, reason: Reason, finalMessage: String?) -> Decision {
        var other = Decision(outcome, reason, finalMessage: finalMessage, detail: detail)
        other.request = request
        return other
    }
}

extension LoginCommit {
    /// What is written down of a login that proves nothing and leaves nothing else.
    init(_ decision: Decision, of login: LoginRequest, subject: Person?) {
        self.init(
            person: subject, attempt: login.attempt, outcome: decision.outcome, reason: decision.reason.rawValue,
            factor: decision.factor, service: login.service, rhost: login.rhost, address: login.place)
    }

    /// The same login with another end.
    func ending(as decision: Decision) -> LoginCommit {
        var commit = self
        (commit.outcome, commit.reason, commit.factor) = (
            decision.outcome, decision.reason.rawValue, decision.factor
        )
        return commit
    }

    /// The same login without what proves or excuses it.
    var withoutProof: LoginCommit {
        var commit = self
        (commit.proof, commit.optsOut, commit.remember) = (nil, false, nil)
        return commit
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
