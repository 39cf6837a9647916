public import AuthyWire
internal import Encoding
internal import Identifiers
internal import Logging
internal import OATH
internal import Records
internal import ServerSettings
internal import Vault

// Verification of codes

extension APIService {
    /// Verifies a code (Authy API: GET /protected/json/verify/TOKEN/ID).
    ///
    /// The code is a SoftToken's, a OneCode, or the confirmation code of a new phone; each is valid once. `force` makes
    /// no difference. A code is accepted only when the disk has it as used.
    ///
    /// - Parameters:
    ///   - token: The code as in the path.
    ///   - id: The AuthyID as in the path.
    ///   - caller: The application.
    ///   - parameters: `action`, and the extensions of Countersign's hosts.
    /// - Returns: The response for a correct code; for the code of a new phone that another factor must confirm, the
    ///   one for a wrong code with an extension.
    /// - Throws: `APIError` if the code is wrong or used, the user is unknown, or a limit is reached;
    ///   `RecordStoreError` or `VaultError` if the server cannot store it.
    public func verify(_ token: String, of id: String, by caller: AuthenticatedApplication, parameters: Parameters)
        async throws
        -> ServiceResponse
    {
        guard let user = AuthyID(id) else {
            // As in Authy's API: a number that is not a user's has an error of its own.
            let isNumber = !id.isEmpty && id.utf8.allSatisfy { (0x30...0x39).contains($0) }
            guard isNumber else { throw APIError.userNotFound }
            throw APIError.userDoesNotExist
        }
        let now = now()
        let check = CodeCheck(token, parameters)
        let (result, reached) = try await store.write { records -> (VerificationResult, ApplicationLimit?) in
            guard let member = try records.member(application: caller.id, user: user) else { return (.unknown, nil) }
            return try evaluate(check, of: member, at: now, in: records)
        }
        logResult(result, of: user, by: caller)
        if let reached { logLimit(reached, by: caller) }
        switch result {
        case .accepted(.confirmation): return Self.acceptedConfirmation
        case .accepted: return Self.accepted
        case .confirmationNotAccepted: return Self.confirmationNotAccepted
        case .unknown: throw APIError.userDoesNotExist
        case .limited(let wait), .wrongBeyondLimit(let wait): throw APIError.tooMany(retryAfter: wait)
        case .spent: throw APIError.tokenReused
        case .wrong: throw APIError.tokenInvalid
        }
    }

    private static let acceptedMembers: JSONObject = [
        "message": .string(Literal.validMessage), "token": .string(Literal.tokenIsValid), "success": "true",
    ]
    private static let accepted = ServiceResponse(acceptedMembers)

    /// The extension that tells a host that the code was the confirmation code of a new phone; Authy's clients ignore
    /// it.
    private static let saysConfirmation: JSONObject = [
        Literal.extensions: [Literal.factor: .string(Literal.confirmation)]
    ]

    private static let acceptedConfirmation = ServiceResponse(acceptedMembers + saysConfirmation)

    /// The response to a confirmation code that needs another factor; to other clients it means a wrong code.
    private static let confirmationNotAccepted = ServiceResponse(
        [
            "message": .string(Literal.invalidMessage), "token": .string(Literal.tokenIsInvalid), "success": false,
            "errors": ["message": .string(Literal.invalidMessage)], "error_code": "60020",
        ] + saysConfirmation, status: 401)

    enum VerificationResult: Equatable, Sendable {
        case accepted(CodeKind)
        case spent, wrong, unknown
        /// The code of a new phone of a person who has proven something before: another factor must confirm it.
        case confirmationNotAccepted
        /// The user's own limit is reached; the code was not checked.
        case limited(Int64)
        /// The code is wrong, and it is one more than the application may have.
        case wrongBeyondLimit(Int64)
    }

    private func logResult(_ result: VerificationResult, of user: AuthyID, by caller: AuthenticatedApplication) {
        let metadata: Logger.Metadata = ["application": "\(caller.id)", "user": "\(user)"]
        func logRefused(_ reason: String) {
            log.notice("code_refused", metadata: metadata.merging(["reason": "\(reason)"]) { $1 })
        }
        switch result {
        case .accepted(let kind):
            metrics.countCode(kind.word, .accepted)
            log.info("code_accepted", metadata: metadata.merging(["kind": "\(kind.word)"]) { $1 })
            waiters.wake(.user(user))
        case .confirmationNotAccepted:
            metrics.countCode(CodeKind.confirmation.word, .unconfirmed)
            log.warning("code_refused", metadata: metadata.merging(["reason": "confirmation"]) { $1 })
        case .wrong, .wrongBeyondLimit:
            metrics.countCode(nil, .wrong)
            logRefused("wrong")
        case .spent:
            metrics.countCode(nil, .spent)
            logRefused("spent")
        case .limited(let wait):
            metrics.countCode(nil, .limited)
            log.warning("codes_limited", metadata: metadata.merging(["retry_after": "\(wait)"]) { $1 })
        case .unknown: break
        }
    }

    private func logLimit(_ reached: ApplicationLimit, by caller: AuthenticatedApplication) {
        log.warning(
            "wrong_codes_of_application",
            metadata: [
                "application": "\(caller.id)", "limit": "\(reached.limit)", "users": "\(reached.users)",
                "seconds": "\(reached.span)",
                "reason": "guessing across users, or many who mistype: each user has two wrong codes left in that time",
            ])
    }

    private func evaluate(
        _ check: CodeCheck, of member: Member, at now: Int64, in records: any RecordWriting
    ) throws -> (VerificationResult, ApplicationLimit?) {
        var member = member
        let (limits, time) = (settings.limits, limitTime())
        if let wait = member.wrongCodes.wait(Interval.tenMinutes, limit: limits.wrongCodes, at: time)
            ?? member.wrongCodesOfDay.wait(Interval.day, limit: limits.wrongCodesOfDay, at: time)
        {
            // A lock that begins in the future ends one period from now, once.
            if member.wrongCodes.since > time || member.wrongCodesOfDay.since > time {
                member.wrongCodes = member.wrongCodes.within(Interval.tenMinutes, at: time)
                member.wrongCodesOfDay = member.wrongCodesOfDay.within(Interval.day, at: time)
                try records.put(member)
            }
            return (.limited(wait), nil)
        }
        let result = try check.code.map { try match($0, check: check, member: &member, at: now, in: records) } ?? .wrong
        switch result {
        // The holder of a code that was correct does not guess: it counts towards no limit.
        case .spent: return (.spent, nil)
        case .accepted(let kind):
            member.confirmed = member.confirmed ?? now
            if kind.isFromPhone { member.consent(at: now) }
            member.wrongCodes = WindowCounter()
            try records.add(
                Activity(user: member.user, application: member.application, at: now, kind: kind.word, detail: ""))
            if let confirmation = check.confirmation, kind == .softToken || kind == .oneCode {
                try confirm(confirmation, beside: member, at: now, in: records)
            }
            try records.count(Self.month(of: member.application, at: now) { $0.codesAccepted = 1 })
            try records.put(member)
            return (result, nil)
        case .confirmationNotAccepted: return (result, try chargeWrongCode(&member, at: time, in: records).1)
        default: return try chargeWrongCode(&member, at: time, in: records)
        }
    }

    /// Counts a wrong code for its user and for the application.
    ///
    /// Beyond the limit of the application, it counts as half of what its user may have.
    private func chargeWrongCode(
        _ member: inout Member, at time: Int64, in records: any RecordWriting
    ) throws -> (VerificationResult, ApplicationLimit?) {
        let (limits, users) = (settings.limits, try records.memberCount(of: member.application))
        let ofTenMinutes = ApplicationLimit(
            span: Interval.tenMinutes, limit: max(limits.wrongCodesOfApplication, users), users: users)
        let ofDay = ApplicationLimit(
            span: Interval.day, limit: max(10 * limits.wrongCodesOfApplication, 2 * users), users: users)
        var (inTenMinutes, inDay) = try records.wrongCodes(of: member.application)
        let wait = ofTenMinutes.wait(inTenMinutes, at: time)
        let waitOfDay = ofDay.wait(inDay, at: time)
        inTenMinutes.add(ofTenMinutes.span, at: time)
        inDay.add(ofDay.span, at: time)
        try records.putWrongCodes(inTenMinutes: inTenMinutes, inDay: inDay, of: member.application)
        let price: Int64 = if wait == nil { 1 } else { max(1, limits.wrongCodes / 2) }
        let priceOfDay: Int64 = if waitOfDay == nil { 1 } else { max(1, limits.wrongCodesOfDay / 2) }
        member.wrongCodes.add(Interval.tenMinutes, at: time, price: price)
        member.wrongCodesOfDay.add(Interval.day, at: time, price: priceOfDay)
        try records.put(member)
        let reached: ApplicationLimit? =
            if inTenMinutes.times == ofTenMinutes.limit {
                ofTenMinutes
            } else if inDay.times == ofDay.limit {
                ofDay
            } else {
                nil
            }
        return ([wait, waitOfDay].compactMap { $0 }.max().map { .wrongBeyondLimit($0) } ?? .wrong, reached)
    }

    /// Finds the kind of code that matches, and marks it as used.
    ///
    /// All kinds are checked, so that the time does not reveal which ones the user has.
    private func match(
        _ code: OneTimeCode, check: CodeCheck, member: inout Member, at now: Int64, in records: any RecordWriting
    ) throws -> VerificationResult {
        let softToken = try softTokenMatch(
            code, sealed: member.secret, purpose: Purpose.secret(member), spent: member.spent, at: now)
        if case .accepted(let step) = softToken {
            member.spent = step
            return .accepted(.softToken)
        }
        if let secret = member.genericSecret {
            let generic = try softTokenMatch(
                code, sealed: secret, purpose: Purpose.genericSecret(member), spent: member.genericSpent, at: now)
            if case .accepted(let step) = generic {
                member.genericSpent = step
                return .accepted(.authenticator)
            }
            if generic == .spent { return .spent }
        }
        if softToken == .spent { return .spent }
        if let result = try oneCodeMatch(code, action: check.action, member: &member, at: now) { return result }
        guard let device = try newDevice(showing: code.digits, of: member.user, at: now, in: records) else {
            return .wrong
        }
        guard !check.isProven, try confirmsItself(device, for: member, in: records) else {
            return .confirmationNotAccepted
        }
        try confirm(device, at: now, in: records)
        return .accepted(.confirmation)
    }

    private func softTokenMatch(
        _ code: OneTimeCode, sealed: [UInt8], purpose: String, spent: Int64?, at now: Int64
    ) throws
        -> TOTP.Match
    {
        guard code.digits.utf8.count == 6 else { return .wrong }
        guard let secret = Secret(bytes: try vault.open(sealed, as: purpose)) else { throw VaultError.damaged }
        return TOTP().match(code, secret: secret, at: now, driftSteps: settings.codes.driftSteps, lastSpent: spent)
    }

    private func oneCodeMatch(_ code: OneTimeCode, action: String, member: inout Member, at now: Int64) throws
        -> VerificationResult?
    {
        guard let oneCode = member.oneCode, now < oneCode.ends, oneCode.action == action,
            Self.isEqual(try vault.open(oneCode.sealed, as: Purpose.oneCode(member)), to: Array(code.digits.utf8))
        else { return nil }
        if oneCode.isSpent { return .spent }
        member.oneCode?.isSpent = true
        return if oneCode.isMailed { .accepted(.mailedCode) } else { .accepted(.oneCode) }
    }

    /// Compares in constant time, without an early exit.
    static func isEqual(_ left: [UInt8], to right: [UInt8]) -> Bool {
        left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// The most wrong codes of all users of an application together in a period, before each user has only two left.
///
/// An attacker who guesses across users then has few tries, and a user who enters a correct code is never locked out
/// (docs/develop/adr/0052-wrong-codes-across-users.md).
struct ApplicationLimit: Sendable {
    /// The length of the period in seconds.
    let span: Int64
    let limit: Int64
    let users: Int64

    /// Returns the seconds until the limit allows one more; nil if it does already.
    func wait(_ count: WindowCounter, at time: Int64) -> Int64? { count.wait(span, limit: limit, at: time) }
}
