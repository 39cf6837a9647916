public import AuthyWire
internal import Encoding
internal import Identifiers
internal import Logging
internal import Records
internal import ServerSettings
internal import Vault

// Codes by text message, call and e-mail

extension APIService {
    /// Sends a code (Authy API: GET /protected/json/sms/ID and /call/ID, POST /protected/json/email/ID).
    ///
    /// A person who has a phone with the page gets no text message and no call, unless `force` is set.
    ///
    /// - Parameters:
    ///   - kind: Text message, call or e-mail.
    ///   - id: The AuthyID as in the path.
    ///   - caller: The application.
    ///   - parameters: The parameters of the call.
    /// - Returns: A message, and the masked address.
    /// - Throws: `APIError` if the user is unknown, a parameter is invalid, a limit is reached, or no gateway accepted
    ///   the message; `RecordStoreError` or `VaultError` if the server cannot store it.
    public func sendOneCode(
        _ kind: OneCode.Kind, to id: String, by caller: AuthenticatedApplication, parameters: Parameters
    )
        async throws -> ServiceResponse
    {
        let action = parameters.text("action") ?? ""
        guard action.utf8.count <= 255, (parameters.text("action_message") ?? "").utf8.count <= 1_020 else {
            throw APIError.parameter("action")
        }
        let (user, devices) = try await store.read { records in
            let member = try self.member(AuthyID(id), of: caller, in: records)
            guard let user = try records.user(member.user) else { throw APIError.userNotFound }
            return (user, try self.devices(for: member, in: records).filter(\.isActive))
        }
        let contact = try self.contact(of: user)
        if let device = devices.first, parameters.flag("force") != true, kind != .email {
            return Self.ignored(kind, device: device.osType, phone: contact.phone)
        }
        let address: String? = if kind == .email { contact.email(of: caller.id) } else { contact.phone.e164 }
        guard outbox.canSend(kind), let to = address else {
            throw Self.notEnabled(kind)
        }
        let code = try await oneCode(kind, of: user.id, action: action, by: caller)
        guard
            await outbox.send(
                message(kind: kind, to: to, code: code, user: user.id, by: caller, locale: parameters.text("locale")))
        else {
            throw Self.notSent(kind)
        }
        log.info(
            "onecode_sent", metadata: ["application": "\(caller.id)", "user": "\(user.id)", "kind": "\(kind.rawValue)"])
        return Self.sent(kind, to: to, phone: contact.phone)
    }

    /// Returns the code to send; the message is counted before it is sent.
    ///
    /// As in Authy's API, a code is sent again until it expires.
    private func oneCode(_ kind: OneCode.Kind, of user: AuthyID, action: String, by caller: AuthenticatedApplication)
        async throws
        -> String
    {
        let now = now()
        return try await store.write { records in
            var member = try self.member(user, of: caller, in: records)
            if let wait = member.sends.wait(Interval.tenMinutes, limit: settings.limits.sends, at: limitTime()) {
                throw APIError.tooMany(retryAfter: wait)
            }
            member.sends.add(Interval.tenMinutes, at: limitTime())
            let purpose = Purpose.oneCode(member)
            let code: String
            if let out = member.oneCode, now < out.ends, !out.isSpent, out.action == action {
                code = String(decoding: try vault.open(out.sealed, as: purpose), as: UTF8.self)
            } else {
                code = Random.digits(7)
                let sealed = try vault.seal(Array(code.utf8), as: purpose)
                member.oneCode = Member.OneCode(
                    sealed: sealed, action: action, ends: now + settings.codes.oneCodeLifetime)
            }
            if kind == .email { member.oneCode?.isMailed = true }
            try records.put(member)
            try records.count(Self.month(of: caller.id, at: now) { $0.count(kind) })
            return code
        }
    }

    func message(
        kind: OneCode.Kind, to: String, code: String, user: AuthyID?, by caller: AuthenticatedApplication,
        locale: String?
    ) -> OneCode {
        let texts = settings.codes
        let template =
            switch kind {
            case .sms: texts.smsText
            case .call: texts.callText
            case .email: texts.emailText
            }
        func filled(_ text: String) -> String {
            text.replacing("{application}", with: caller.application.name).replacing("{code}", with: code)
        }
        return OneCode(
            kind: kind, to: to, code: code, text: filled(template),
            subject: texts.emailSubject.replacing("{application}", with: caller.application.name),
            application: caller.id, applicationName: caller.application.name, user: user, locale: locale)
    }

    private static func sent(_ kind: OneCode.Kind, to: String, phone: PhoneNumber) -> ServiceResponse {
        let phone = JSONValue.string(phone.maskedWithCode)
        switch kind {
        case .sms:
            return ServiceResponse([
                "success": true, "message": "SMS token was sent", "cellphone": phone,
            ])
        case .call:
            return ServiceResponse(["success": true, "message": "Call started...", "cellphone": phone])
        case .email:
            return ServiceResponse([
                "success": true, "message": "Email token was sent",
                "email": .string(Contact.masked(email: to)),
                "email_id": .string("EM" + Random.uuid().replacing("-", with: "")),
            ])
        }
    }

    private static func ignored(_ kind: OneCode.Kind, device: String, phone: PhoneNumber) -> ServiceResponse {
        let message =
            if kind == .sms {
                "Ignored: SMS is not needed for smartphones. Pass force=true if you want to actually send it anyway."
            } else {
                """
                Call ignored. User is using  App Tokens and this call is not necessary. \
                Pass force=true if you still want to call users that are using the App.
                """
            }
        return ServiceResponse([
            "message": .string(message), "cellphone": .string(phone.maskedWithCode),
            "device": .string(device),
            "ignored": true, "success": true,
        ])
    }

    /// The messages for text messages and calls are exactly Authy's, as recorded in the tests of its Go client.
    static func notEnabled(_ kind: OneCode.Kind) -> APIError {
        switch kind {
        case .sms: APIError(503, 60007, "SMS is not enabled")
        case .call: APIError(503, 60006, "Phone calls are not enabled on this account")
        case .email: APIError(503, 60121, "E-mail is not enabled on this server.")
        }
    }

    static func notSent(_ kind: OneCode.Kind) -> APIError {
        switch kind {
        case .sms: APIError(503, 60015, "The SMS was not sent: no gateway took it.")
        case .call: APIError(503, 60014, "The call was not started: no gateway took it.")
        case .email: APIError(503, 60015, "The e-mail was not sent: no gateway took it.")
        }
    }
}

extension MonthOfStatistics {
    /// Counts a message or a call; e-mails are not counted.
    mutating func count(_ kind: OneCode.Kind) {
        switch kind {
        case .sms: messages = 1
        case .call: calls = 1
        case .email: break
        }
    }
}
