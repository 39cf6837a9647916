public import AuthyWire
internal import Encoding
internal import Identifiers
internal import Logging
internal import Records

// What a host reports of a user

extension APIService {
    /// Records an activity of a user (Authy API: POST /protected/json/users/ID/register_activity).
    ///
    /// In addition to Authy's types there is `countersign_enrolled`: this phone was enrolled during a login. A notice
    /// goes to the address that came with the registration, so that a stolen password cannot be used for it unnoticed.
    ///
    /// - Parameters:
    ///   - id: The AuthyID as in the path.
    ///   - caller: The application.
    ///   - parameters: `type`, and for an enrollment `data[email]`, `data[user]`, `data[host]` and `user_ip`.
    /// - Returns: A message.
    /// - Throws: `APIError` if the user is unknown, the type is invalid, or the notice cannot be sent;
    ///   `RecordStoreError` or `VaultError` if the server cannot store it.
    public func registerActivity(_ id: String, by caller: AuthenticatedApplication, parameters: Parameters) async throws
        -> ServiceResponse
    {
        let types = ["password_reset", "banned", "unbanned", "cookie_login", UserActivity.enrolled]
        guard let type = parameters.text("type"), types.contains(type) else {
            throw APIError(
                400, 60029, "Activity was not created: type must be one of \(types.joined(separator: ", ")).")
        }
        if type == UserActivity.enrolled {
            try await sendLinkToEnrolled(id, by: caller)
            try await sendEnrolmentNotice(of: id, parameters: parameters, by: caller)
        } else {
            let now = now()
            try await store.write { records in
                let member = try self.member(AuthyID(id), of: caller, in: records)
                try records.add(Activity(user: member.user, application: caller.id, at: now, kind: type, detail: ""))
            }
        }
        return ServiceResponse(["message": "Activity was created.", "success": true])
    }

    /// Sends the link to the phone page, now that the number has been proven; the login did not have one sent earlier.
    private func sendLinkToEnrolled(_ id: String, by caller: AuthenticatedApplication) async throws {
        let user = try await store.read { records in
            let member = try self.member(AuthyID(id), of: caller, in: records)
            guard let user = try records.user(member.user) else { throw APIError.userNotFound }
            return user
        }
        try await sendLink(to: user.id, contact(of: user).phone, by: caller)
    }

    /// The most e-mails about an enrollment to one member in a day.
    ///
    /// They have a count of their own, because an enrollment has codes sent before.
    private static let noticesOfDay: Int64 = 5

    /// Sends the notice about an enrollment, only to an address that this application has given.
    ///
    /// An API key cannot send mail to anyone else. If no notice can be sent, the call fails without any effect, so that
    /// the host can log it and try again.
    private func sendEnrolmentNotice(of id: String, parameters: Parameters, by caller: AuthenticatedApplication)
        async throws
    {
        do {
            let (user, email) = try await chargeNotice(of: id, email: parameters.text("email", in: "data"), by: caller)
            sendNotice(to: email, of: user, parameters, by: caller)
        } catch let refusal as APIError {
            log.warning(
                "enrolment_not_told",
                metadata: [
                    "application": "\(caller.id)", "user": "\(AuthyID(id)?.description ?? "")",
                    "reason": "\(refusal.message)",
                ])
            throw refusal
        }
    }

    private func chargeNotice(of id: String, email: String?, by caller: AuthenticatedApplication) async throws -> (
        AuthyID, String
    ) {
        let now = now()
        return try await store.write { records in
            var member = try self.member(AuthyID(id), of: caller, in: records)
            guard let user = try records.user(member.user) else { throw APIError.userNotFound }
            guard outbox.canSend(.email) else { throw Self.notEnabled(.email) }
            guard let email, try contact(of: user).has(email: email, of: caller.id) else {
                throw APIError(400, 60029, "Activity was not created: this application gave no such e-mail address.")
            }
            if let wait = member.notices.wait(Interval.day, limit: Self.noticesOfDay, at: limitTime()) {
                throw APIError.tooMany(retryAfter: wait)
            }
            member.notices.add(Interval.day, at: limitTime())
            try records.put(member)
            try records.add(
                Activity(user: user.id, application: caller.id, at: now, kind: UserActivity.enrolled, detail: ""))
            return (user.id, email)
        }
    }

    private func sendNotice(
        to email: String, of user: AuthyID, _ parameters: Parameters, by caller: AuthenticatedApplication
    ) {
        let line = { (text: String?) in
            let characters = (text ?? "?").unicodeScalars.map { scalar -> Character in
                if (0x20...0x7E).contains(scalar.value) { Character(scalar) } else { "?" }
            }
            return String(characters.prefix(100))
        }
        let text = """
            A phone was enrolled for the two-factor login of \(line(parameters.text("user", in: "data"))) on \
            \(line(parameters.text("host", in: "data"))), from \(line(parameters.text("user_ip"))), \
            at \(RFC3339.utc(now())).

            If that was you, nothing is to be done. If not, somebody knows your password: \
            tell your system administrator now.
            """
        let message = OneCode(
            kind: .email, to: email, code: "", text: text,
            subject: "\(caller.application.name): a phone was enrolled for your logins",
            application: caller.id, applicationName: caller.application.name, user: user, locale: nil)
        // Not awaited: the person waits at a prompt, and mail servers are slow.
        Task { [outbox] in _ = await outbox.send(message) }
    }
}
