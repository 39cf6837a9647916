public import AuthyWire
internal import Encoding
internal import Identifiers
internal import Logging
internal import PhoneNumbers
internal import Records
internal import ServerSettings
internal import Vault

// Verification of phone numbers that belong to no user (phones/verification)

extension APIService {
    /// How long a code is valid, in seconds.
    private static let checkLifetime: Int64 = 600
    private static let checkTries: Int64 = 5
    /// The number of digits that a code may have.
    private static let lengths = 4...10

    /// Parses the phone number to check; also returns it as the caller wrote it, for the response.
    private func phone(_ parameters: Parameters, by caller: AuthenticatedApplication) throws -> (
        number: PhoneNumber, written: String
    ) {
        guard let code = parameters.text("country_code") else { throw APIError.missing("country_code") }
        guard let text = parameters.text("phone_number") else { throw APIError.missing("phone_number") }
        do throws(PhoneNumberError) {
            let number = try PhoneNumber(written: text, in: .given(code))
            return (number, "+" + code.filter { $0 != "+" && $0 != " " } + " " + text)
        } catch {
            logRejection(error, of: caller)
            guard error.part != .countryCode else { throw APIError(400, 60078, "The country code is invalid.") }
            throw APIError(400, 60033, "Phone number is invalid")
        }
    }

    /// Sends a code to a phone number (Authy API: POST /protected/json/phones/verification/start).
    ///
    /// A code is sent again until it expires. After too many wrong codes, no code is sent until it has expired.
    ///
    /// - Parameters:
    ///   - caller: The application.
    ///   - parameters: The parameters of the call.
    /// - Returns: The UUID of the check, and the seconds until the code expires.
    /// - Throws: `APIError` if a parameter is invalid, a limit is reached, or no gateway accepted the message;
    ///   `RecordStoreError` or `VaultError` if the server cannot store it.
    public func startPhoneCheck(by caller: AuthenticatedApplication, _ parameters: Parameters) async throws
        -> ServiceResponse
    {
        guard let kind = OneCode.Kind(rawValue: parameters.text("via") ?? "sms"), kind != .email else {
            throw APIError.parameter("via")
        }
        let (phone, written) = try self.phone(parameters, by: caller)
        guard let length = Int(parameters.text("code_length") ?? "4"), Self.lengths.contains(length) else {
            throw APIError.parameter("code_length")
        }
        guard parameters["custom_code"] == nil, parameters["custom_message"] == nil else {
            throw APIError(403, 60091, "Custom codes and messages are not allowed.")
        }
        guard outbox.canSend(kind) else { throw Self.notEnabled(kind) }
        let (check, code) = try await openCheck(of: phone, length: length, kind, by: caller)
        guard
            await outbox.send(
                message(
                    kind: kind, to: phone.e164, code: code, user: nil, by: caller, locale: parameters.text("locale")))
        else {
            throw Self.notSent(kind)
        }
        log.info("phone_code_sent", metadata: ["application": "\(caller.id)", "kind": "\(kind.rawValue)"])
        let message = if kind == .sms { "Text message sent to \(written)." } else { "Call to \(written) initiated." }
        return ServiceResponse([
            "carrier": "unknown", "is_cellphone": true, "is_ported": false, "message": .string(message),
            "seconds_to_expire": .integer(max(0, check.ends - now())), "uuid": .string(check.id),
            "success": true,
        ])
    }

    private func openCheck(
        of phone: PhoneNumber, length: Int, _ kind: OneCode.Kind, by caller: AuthenticatedApplication
    ) async throws
        -> (PhoneCheck, String)
    {
        let now = now()
        let hash = vault.index(phone.e164)
        return try await store.write { records in
            let old = try records.phoneCheck(application: caller.id, phoneHash: hash)
            if let wait = old?.sends.wait(Interval.tenMinutes, limit: settings.limits.sends, at: limitTime()) {
                throw APIError.tooMany(retryAfter: wait)
            }
            // A new code would allow five more guesses.
            if let old, now < old.ends, old.wrongCodes >= Self.checkTries {
                throw APIError.tooMany(retryAfter: old.ends - now)
            }
            var check: PhoneCheck
            let code: String
            if let old, now < old.ends {
                check = old
                code = String(
                    decoding: try vault.open(old.sealed, as: Purpose.phoneCheck(application: caller.id, id: old.id)),
                    as: UTF8.self)
            } else {
                let id = Random.uuid()
                code = Random.digits(length)
                let sealed = try vault.seal(Array(code.utf8), as: Purpose.phoneCheck(application: caller.id, id: id))
                check = PhoneCheck(
                    application: caller.id, phoneHash: hash, id: id, sealed: sealed, ends: now + Self.checkLifetime)
                check.sends = old?.sends ?? WindowCounter()
            }
            check.sends.add(Interval.tenMinutes, at: limitTime())
            try records.put(check)
            try records.count(Self.month(of: caller.id, at: now) { $0.count(kind) })
            return (check, code)
        }
    }

    /// Checks a code (Authy API: GET /protected/json/phones/verification/check).
    ///
    /// - Parameters:
    ///   - caller: The application.
    ///   - parameters: The parameters of the call.
    /// - Returns: A message, if the code is correct.
    /// - Throws: `APIError` if the code is wrong, no code is pending for the number, or a parameter is invalid;
    ///   `RecordStoreError` or `VaultError` if the server cannot store it.
    public func checkPhone(by caller: AuthenticatedApplication, _ parameters: Parameters) async throws
        -> ServiceResponse
    {
        let (phone, written) = try self.phone(parameters, by: caller)
        guard let typed = parameters.text("verification_code") else { throw APIError.missing("verification_code") }
        // Input that cannot be a code does not count as a guess.
        let code = OneTimeCode.digits(of: typed.utf8, count: Self.lengths)
        let now = now()
        let hash = vault.index(phone.e164)
        let isRight = try await store.write { records -> Bool? in
            guard var check = try records.phoneCheck(application: caller.id, phoneHash: hash), now < check.ends,
                check.wrongCodes < Self.checkTries
            else { return nil }
            guard let code else { return false }
            if Self.isEqual(
                try vault.open(check.sealed, as: Purpose.phoneCheck(application: caller.id, id: check.id)),
                to: Array(code.utf8))
            {
                check.ends = 0
                try records.put(check)
                try noteProof(hash, to: caller.id, at: now, in: records)
                return true
            }
            check.wrongCodes += 1
            try records.put(check)
            return false
        }
        let metadata: Logger.Metadata = ["application": "\(caller.id)"]
        if isRight == true {
            log.info("phone_code_accepted", metadata: metadata)
        } else {
            log.notice("phone_code_refused", metadata: metadata)
        }
        metrics.countCode("phone", isRight.map { if $0 { .accepted } else { .wrong } } ?? .expired)
        switch isRight {
        case true?:
            return ServiceResponse(["message": "Verification code is correct.", "success": true])
        case false?: throw APIError(401, 60022, "Verification code is incorrect")
        case nil: throw APIError(404, 60023, "No pending verifications for \(written) found.")
        }
    }

    /// Records consent for the application, if the number belongs to one of its users.
    private func noteProof(_ phoneHash: [UInt8], to application: Int64, at now: Int64, in records: any RecordWriting)
        throws
    {
        guard let user = try records.user(phoneHash: phoneHash),
            var member = try records.member(application: application, user: user.id),
            try isNumberProven(phoneHash, to: application, in: records)
        else { return }
        member.consent(at: now)
        try records.put(member)
    }

    /// Returns the state of a check (Authy API: GET /protected/json/phones/verification/status).
    ///
    /// - Parameters:
    ///   - caller: The application.
    ///   - parameters: The number, or `uuid`.
    /// - Returns: The status: `pending`, `verified` or `expired`.
    /// - Throws: `APIError` if there is no such check or a parameter is invalid; `RecordStoreError` if the records
    ///   cannot be read.
    public func phoneCheckStatus(by caller: AuthenticatedApplication, _ parameters: Parameters) async throws
        -> ServiceResponse
    {
        let (found, name) = try await phoneCheck(of: caller, parameters)
        guard let check = found else { throw APIError(404, 60023, "No pending verifications for \(name) found.") }
        let status =
            if check.ends == 0 {
                "verified"
            } else if now() < check.ends && check.wrongCodes < Self.checkTries {
                "pending"
            } else {
                "expired"
            }
        return ServiceResponse([
            "message": "Phone Verification status.", "status": .string(status),
            "seconds_to_expire": .integer(max(0, check.ends - now())), "uuid": .string(check.id),
            "success": true,
        ])
    }

    /// Finds a check by its UUID or its number; also returns how the caller named it.
    private func phoneCheck(of caller: AuthenticatedApplication, _ parameters: Parameters) async throws -> (
        PhoneCheck?, String
    ) {
        if let id = parameters.text("uuid") {
            return (try await store.read { try $0.phoneCheck(application: caller.id, id: id) }, "this uuid")
        }
        let (phone, written) = try self.phone(parameters, by: caller)
        let hash = vault.index(phone.e164)
        let check = try await store.read { try $0.phoneCheck(application: caller.id, phoneHash: hash) }
        return (check, written)
    }

    /// The response to GET /protected/json/phones/info of Authy's API: this server does not know the carriers.
    ///
    /// It is not a 5xx status, which some clients retry and others fail on.
    public static let phoneInfo = APIError(403, 60024, "Phone information is not available on this server.")
}
