internal import ServerSettings
internal import Logging
public import AuthyWire
internal import LoginFlow
internal import OATH
internal import Records
internal import Vault

// GET /protected/json/verify/TOKEN/ID

extension AuthyService {
    /// Checks a code, `force` or not: a SoftToken's, a OneCode, or the confirmation code of a new phone; each is good once.
    ///
    /// Nothing is accepted that is not on the disk as spent.
    public func verify(_ token: String, of id: String, by caller: Caller, _ parameters: Parameters) async throws -> Answer {
        guard let user = AuthyID(id) else { throw Refusal.userNotFound }
        let now = now()
        if let wait = pace.wrongCodesBlock(caller.id, at: now) { throw Refusal.tooMany(retryAfter: wait) }
        let action = parameters.text("action") ?? ""
        let code = OneTimeCode(Array(token.utf8))
        let verdict = try await store.write { records in
            guard let member = try records.member(application: caller.id, user: user) else { return Verdict.unknown }
            return try judge(code, action: action, of: member, at: now, in: records)
        }
        tell(verdict, of: user, by: caller, at: now)
        switch verdict {
        case .accepted: return Self.accepted
        case .unknown: throw Refusal.userNotFound
        case .limited(let wait): throw Refusal.tooMany(retryAfter: wait)
        case .spent: throw Refusal.tokenReused
        case .wrong: throw Refusal.tokenInvalid
        }
    }

    private static let accepted = Answer([
        ("message", JSONText.string(Literal.validMessage)), ("token", JSONText.string(Literal.tokenIsValid)),
        ("success", JSONText.string("true")),
    ])

    enum Verdict: Equatable, Sendable {
        case accepted(String)
        case spent, wrong, unknown
        case limited(Int64)
    }

    private func tell(_ verdict: Verdict, of user: AuthyID, by caller: Caller, at now: Int64) {
        switch verdict {
        case .accepted(let kind):
            log.info("code_accepted", metadata: ["application": "\(caller.id)", "user": "\(user)", "kind": "\(kind)"])
            if kind == "confirmation" { hub.wake(.user(user)) }
        case .wrong, .spent:
            if verdict == .wrong { pace.wrongCode(caller.id, at: now) }
            log.notice(
                "code_refused",
                metadata: ["application": "\(caller.id)", "user": "\(user)", "reason": verdict == .spent ? "spent" : "wrong"])
        case .limited: log.warning("codes_limited", metadata: ["application": "\(caller.id)", "user": "\(user)"])
        case .unknown: break
        }
    }

    func judge(
        _ code: OneTimeCode?, action: String, of member: Member, at now: Int64, in records: any RecordWriting
    ) throws -> Verdict {
        var member = member
        let limits = settings.limits
        if let wait = member.wrongCodes.wait(Span.tenMinutes, limit: limits.wrongCodes, at: now)
            ?? member.wrongCodesOfDay.wait(Span.day, limit: limits.wrongCodesOfDay, at: now)
        {
            return .limited(wait)
        }
        let verdict = try code.map { try match($0, action: action, &member, at: now, in: records) } ?? .wrong
        // Whoever has a code that was right guesses nothing: it counts towards no limit.
        if verdict == .spent { return verdict }
        if case .accepted(let kind) = verdict {
            member.confirmed = member.confirmed ?? now
            member.wrongCodes = Count()
            try records.add(Activity(user: member.user, application: member.application, at: now, kind: kind, detail: ""))
            try records.count(Self.month(of: member.application, at: now) { $0.codesAccepted = 1 })
        } else {
            member.wrongCodes.add(Span.tenMinutes, at: now)
            member.wrongCodesOfDay.add(Span.day, at: now)
        }
        try records.put(member)
        return verdict
    }

    /// Spends what matches. All kinds are looked at, so that the time does not tell which there are.
    private func match(
        _ code: OneTimeCode, action: String, _ member: inout Member, at now: Int64, in records: any RecordWriting
    ) throws -> Verdict {
        let softToken = try softTokenMatch(code, member.secret, Purpose.secret(member), member.spent, at: now)
        if case .accepted(let step) = softToken {
            member.spent = step
            return .accepted("softtoken")
        }
        if let secret = member.genericSecret {
            let generic = try softTokenMatch(code, secret, Purpose.genericSecret(member), member.genericSpent, at: now)
            if case .accepted(let step) = generic {
                member.genericSpent = step
                return .accepted("softtoken")
            }
            if generic == .spent { return .spent }
        }
        if softToken == .spent { return .spent }
        if let verdict = try oneCodeMatch(code, action: action, &member, at: now) { return verdict }
        // A device is for all applications: one of several, or one beside a confirmed phone, is confirmed by the administrator alone.
        guard try records.members(of: member.user).count == 1, try !records.devices(of: member.user).contains(where: \.isActive) else {
            return .wrong
        }
        return try confirm(code.digits, of: member.user, at: now, in: records) == nil ? .wrong : .accepted("confirmation")
    }

    private func softTokenMatch(_ code: OneTimeCode, _ sealed: [UInt8], _ purpose: String, _ spent: Int64?, at now: Int64) throws
        -> TOTP.Match
    {
        guard code.digits.utf8.count == 6 else { return .wrong }
        guard let secret = Secret(bytes: try vault.open(sealed, as: purpose)) else { throw VaultError.damaged }
        return TOTP().match(code, secret: secret, at: now, driftSteps: settings.codes.driftSteps, lastSpent: spent)
    }

    private func oneCodeMatch(_ code: OneTimeCode, action: String, _ member: inout Member, at now: Int64) throws -> Verdict? {
        guard let oneCode = member.oneCode, now < oneCode.ends, oneCode.action == action,
            Self.same(try vault.open(oneCode.sealed, as: Purpose.oneCode(member)), Array(code.digits.utf8))
        else { return nil }
        if oneCode.isSpent { return .spent }
        member.oneCode?.isSpent = true
        return .accepted("onecode")
    }

    /// Confirms the new phone that shows this code.
    func confirm(_ code: String, of user: AuthyID, at now: Int64, in records: any RecordWriting) throws -> Device? {
        for var device in try records.devices(of: user) where device.removed == nil && device.confirmed == nil {
            guard let sealed = device.confirmation, now - device.created < Device.confirmationLifetime,
                Self.same(try vault.open(sealed, as: Purpose.confirmation(device.id)), Array(code.utf8))
            else { continue }
            device.confirmed = now
            device.confirmation = nil
            try records.put(device)
            try records.add(Activity(user: user, application: nil, at: now, kind: "device_added", detail: device.name))
            return device
        }
        return nil
    }

    /// Compares without an early exit.
    static func same(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension Device {
    /// Seconds.
    static let confirmationLifetime: Int64 = 86_400
}

/// What each sealed value is sealed as: one that is moved to another place does not open.
enum Purpose {
    static func secret(_ member: Member) -> String { secret(member.application, member.user) }
    static func secret(_ application: Int64, _ user: AuthyID) -> String { "member.secret \(application) \(user)" }
    static func genericSecret(_ member: Member) -> String { "member.generic_secret \(member.application) \(member.user)" }
    static func oneCode(_ member: Member) -> String { "member.onecode \(member.application) \(member.user)" }
    static func confirmation(_ device: String) -> String { "device.confirmation \(device)" }
    static func phoneCheck(_ application: Int64, _ id: String) -> String { "phone_check \(application) \(id)" }
    public static func key(_ hint: String, _ application: Int64) -> String { "api_key \(application) \(hint)" }
}
