internal import Accounts
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import NetProtocol
internal import OATH
internal import Recovery

/// The codes that were typed in a login.
struct TypedCodes {
    /// The code of this host that was right.
    var matched: LoginCommit.Proof?
    /// The confirmation code of a new phone that was typed.
    var confirmation: OneTimeCode?
    /// The server has confirmed the user's first phone with the code that was typed.
    var hasConfirmedPhone = false
    /// How many codes were tried, except for those that could not be checked.
    var tries = 0
    /// When the answer came, in seconds since 1970: codes are matched at this time, however long the disk takes.
    var answered: Int64 = 0

    /// How many of the codes were wrong.
    func wrong(proofIsCode: Bool) -> Int {
        if proofIsCode { return max(0, tries - 1) }
        return max(0, tries)
    }
}

/// Codes: those of this host, and those that the server sends and verifies.
extension LoginDriver {
    mutating func chargeTry(of user: KnownUser) throws -> Bool {
        let charge = try user.accounts.chargeTry(user.person, rules: settings.lockout, now: now())
        guard charge == .granted else { return false }
        codes.tries += 1
        return true
    }

    mutating func match(_ code: OneTimeCode, of user: KnownUser) throws -> LoginFlow.CodeMatch {
        guard let token = try user.accounts.softToken(of: user.person) else { return .wrong }
        guard let algorithm = Algorithm(rawValue: token.algorithm), let secret = Secret(bytes: token.secret),
            let totp = TOTP(algorithm: algorithm, digits: token.digits, period: token.period)
        else {
            throw LoginError(reason: .accounts, detail: "the SoftToken of this account cannot be used; make a new one")
        }
        switch totp.match(code, secret: secret, at: codes.answered, lastSpent: token.lastSpent) {
        case .accepted(let timeStep):
            codes.matched = .softToken(token, timeStep: timeStep)
            return .accepted(timeStep: timeStep)
        case .spent: return .spent
        case .wrong: return .wrong
        }
    }

    /// Matches all codes of the user at once: they share a salt, so a try costs one slow hash.
    mutating func matchRecovery(_ code: RecoveryCode, of user: KnownUser) throws -> Bool {
        let stored = try user.accounts.recoveryCodes(of: user.person)
        guard let index = RecoveryCodes.match(code, among: stored.map(\.hash)), stored.indices.contains(index) else {
            // If no hash can be computed, the code is not wrong but unchecked.
            if RecoveryCodes.hashes(of: [code]) != nil { return false }
            throw LoginError(
                reason: .accounts,
                detail: "recovery codes cannot be checked: crypt(3) has no yescrypt, or no 16 MB for it")
        }
        codes.matched = .recovery(id: stored[index].id)
        let left = stored.count - 1
        detail = "\(left) recovery \(left == 1 ? "code" : "codes") left"
        return true
    }

    /// Asks the server to verify a code.
    mutating func verify(_ code: OneTimeCode, of user: KnownUser) throws {
        guard let id = user.account.authyID else {
            ask(nil, orElse: .verifyFailed(.refused))
            return
        }
        // The account may have been confirmed since the prompt was opened.
        let isProven = try user.account.isConfirmed || user.accounts.account(of: user.person).isConfirmed
        ask(
            .verify(code, of: id, isProven: isProven, confirmation: codes.confirmation), orElse: .verifyFailed(.refused)
        )
    }

    /// Asks the server to send a code.
    mutating func sendOneCode(by factor: Factor, to user: KnownUser) {
        var request: NetRequest?
        if let id = user.account.authyID, let delivery = CodeDelivery(factor) { request = .sendCode(delivery, to: id) }
        ask(request, orElse: .oneCodeFailed(.refused))
    }
}

extension CodeDelivery {
    /// Nil for a factor that is no code by message.
    init?(_ factor: Factor) {
        switch factor {
        case .sms: self = .sms
        case .call: self = .call
        case .oneTouch, .softToken, .recovery: return nil
        }
    }
}
