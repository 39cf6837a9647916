internal import Accounts
internal import CommandSupport
internal import Frames
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import NetProtocol
internal import OATH

/// Codes that the server sends, and codes of a SoftToken.
extension FactorProof {
    mutating func sendCode(_ way: Way) throws -> Next {
        guard try context.accounts.chargeOneCode(person, now: Timestamp.now) else {
            let why = "three codes were sent within ten minutes: no more for now"
            guard dialogue.asks else { return cannot(why) }
            say("\(why.prefix(1).uppercased() + why.dropFirst()). A code that arrives late is taken.")
            Output.hint("countersign unlock \(person.typed) allows more")
            return try readCode(way) { try $0.verify($1, way: way) }
        }
        guard let id else { return .choice }
        let answer = dialogue.ask(.sendCode(way.delivery, to: id))
        guard answer == .sent else { return cannot(answer) }
        let another = if takesNumbers { " Type it, or another number beginning with +." } else { "" }
        say(
            "A code is on its way by \(way == .call ? "call" : "text message")"
                + "\(phone.map { " to \($0)" } ?? "").\(another)"
        )
        return try readCode(way) { try $0.verify($1, way: way) }
    }

    /// Reads codes until one is right, too many are wrong, or another way is chosen.
    mutating func readCode(_ way: Way, check: (inout FactorProof, OneTimeCode) throws -> Next?) throws -> Next {
        while true {
            prompt("Verification code (or \(words(without: way, resend: way != .softToken))): ")
            guard case .line(let line) = try dialogue.hear(input: true) else {
                guard dialogue.asks else { return .ended(.refused("standard input ended without a right code")) }
                return .ended(.later)
            }
            switch read(line) {
            case .code(let code): if let next = try check(&self, code) { return next }
            case .way(let other): return .way(other)
            case .number(let number): return .number(number)
            case .resend where way != .softToken: return .way(way)
            case .later: return .ended(.later)
            case .nothing: continue
            case .noNumber(let why): say(Self.refused(why))
            case .resend, .other: say("That is neither a code nor one of the words.")
            }
        }
    }

    /// Has the server verify a code; returns nil for another try.
    mutating func verify(_ code: OneTimeCode, way: Way) throws -> Next? {
        guard let id else { return .choice }
        if let locked = try charge() { return locked }
        switch dialogue.ask(.verify(code, of: id, isProven: isProven, confirmation: nil)) {
        case .valid: return try confirm(.verified(id), way: way)
        case .phoneConfirmed where !isProven: return try confirm(.firstPhone(id), way: way)
        case .phoneConfirmed, .confirmationCode:
            say("That code confirms a new phone at the server: countersignd user confirm \(id) CODE")
            return wrong()
        case .wrong, .spent: return wrong()
        // The server may have looked at the code, so the try counts.
        case .limited(let seconds): return cannot(.limited(seconds: seconds))
        case let answer:
            // A code that could not be checked does not count as wrong.
            try context.accounts.refundTry(person, rules: context.settings.lockout)
            return cannot(answer)
        }
    }

    /// Whether a factor of this account was proven before.
    private var isProven: Bool { if case .another = purpose { true } else { false } }

    func charge() throws -> Next? {
        guard
            case .locked(let until) = try context.accounts.chargeTry(
                person, rules: context.settings.lockout, now: Timestamp.now)
        else {
            return nil
        }
        return .ended(.refused("no codes are taken until \(Timestamp.local(until)), after too many wrong ones"))
    }

    mutating func wrong() -> Next? {
        wrongCodes += 1
        guard wrongCodes < rules.tries else { return .ended(.refused("no code was right")) }
        say("That code is wrong.")
        return nil
    }

    func confirm(_ proof: LoginCommit.Proof, way: Way) throws -> Next {
        if case .another(let seen) = purpose, let id {
            guard let change = try context.accounts.link(person, to: id, ifStill: seen) else {
                return .ended(.refused("the account was changed meanwhile"))
            }
            context.logChange(
                "enroll", of: person,
                detail: "AuthyID \(id), \(phone ?? "no number"), \(ChangeSummary.factors(change.before)) before")
        }
        guard try context.accounts.confirm(person, by: proof) else {
            return .ended(.refused("the account was changed meanwhile, or the code was used before"))
        }
        return .ended(.confirmed(way))
    }

    mutating func makeToken() throws -> Next {
        let kept = try context.accounts.softToken(of: person)
        let token: StoredSoftToken
        if let kept {
            say("Type a code of the SoftToken that the user has.")
            token = kept
        } else {
            let secret = try SecretInput.make()
            guard let link = OtpauthLink(issuer: issuer, account: person.name, secret: secret, parameters: TOTP())
            else {
                return cannot("the name of this host or user has a colon in it")
            }
            token = StoredSoftToken(secret: secret.withUnsafeBytes { Array($0) })
            try show(link, secret: secret)
        }
        return try readCode(.softToken) { try $0.match($1, token: token, isNew: kept == nil) }
    }

    func show(_ link: OtpauthLink, secret: Secret) throws {
        if dialogue.asks {
            try Output.aside { try SoftToken.draw(link) }
            say(link.text)
            say("secret, for typing: \(SoftToken.groups(secret.base32))")
        } else {
            try Output.line(link.text)
        }
    }

    /// Checks a code of a SoftToken; a new token is stored only once it is proven.
    mutating func match(_ code: OneTimeCode, token: StoredSoftToken, isNew: Bool) throws -> Next? {
        if let locked = try charge() { return locked }
        guard let secret = Secret(bytes: token.secret), let algorithm = Algorithm(rawValue: token.algorithm),
            let parameters = TOTP(algorithm: algorithm, digits: token.digits, period: token.period)
        else { return cannot("the SoftToken of the user cannot be used") }
        guard
            case .accepted(let step) = parameters.match(
                code, secret: secret, at: Timestamp.now, lastSpent: token.lastSpent)
        else {
            return wrong()
        }
        if isNew { _ = try context.accounts.setSoftToken(person, to: token) }
        return try confirm(.softToken(token, timeStep: step), way: .softToken)
    }
}
