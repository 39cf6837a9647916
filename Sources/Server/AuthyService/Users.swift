internal import ServerSettings
internal import Logging
public import AuthyWire
internal import Identifiers
internal import Crypto
internal import PhoneNumbers
internal import Records
internal import Vault

// The calls users/new, status, delete, update and register_activity

extension AuthyService {
    /// Adds a user to the application (Authy API: POST /protected/json/users/new).
    ///
    /// Users are found by their phone number: the same number returns the same AuthyID, and the e-mail address is
    /// stored.
    ///
    /// - Parameters:
    ///   - caller: The application.
    ///   - parameters: `user[email]`, `user[cellphone]`, `user[country_code]`, and `send_install_link_via_sms`.
    /// - Returns: The AuthyID.
    /// - Throws: `Refusal` if a parameter is invalid; `RecordStoreError` or `VaultError` if the server cannot store it.
    public func newUser(by caller: Caller, _ parameters: Parameters) async throws -> Answer {
        let (phone, email) = try checked(parameters, by: caller)
        let now = now()
        let (user, isNew) = try await store.write { records in
            let user = try self.user(phone, at: now, in: records)
            if let member = try records.member(application: caller.id, user: user.id) {
                try note(email, of: user, member, in: records)
                return (user, false)
            }
            var member = try newMember(user, of: caller.id, at: now, in: records)
            if try isNumberProven(user.phoneHash, to: caller.id, in: records) { member.consent(at: now) }
            try note(email, of: user, member, in: records)
            try records.put(member)
            try records.count(Self.month(of: caller.id, at: now) { $0.usersAdded = 1 })
            return (user, true)
        }
        log.info("user_added", metadata: ["application": "\(caller.id)", "user": "\(user.id)"])
        // An existing phone asks whether the application may ask it, and shows codes for it.
        if isNew { waiters.wake(.user(user.id)) }
        if parameters.flag("send_install_link_via_sms") ?? parameters.flag("send_install_link_via_sms", in: "user")
            ?? true
        {
            try await sendLink(to: user.id, phone, by: caller)
        }
        return Answer([
            ("message", JSONText.string("User created successfully.")),
            ("user", JSONText.object([("id", String(user.id.value))])), ("success", "true"),
        ])
    }

    /// Logs why a phone number was rejected, without the number.
    func tell(_ error: PhoneNumberError, of caller: Caller) {
        let reason = error.part == .countryCode ? "the country code is none" : error.message
        log.info("number_refused", metadata: ["application": "\(caller.id)", "reason": "\(reason)"])
    }

    private func checked(_ parameters: Parameters, by caller: Caller) throws -> (PhoneNumber, String) {
        let code = parameters.text("country_code", in: "user") ?? ""
        let national = parameters.text("cellphone", in: "user") ?? ""
        let email = (parameters.text("email", in: "user") ?? "").replacing(" ", with: "+")
        var fields: [String: String] = [:]
        if !Contact.isEmail(email) { fields["email"] = "is invalid" }
        var phone: PhoneNumber?
        do throws(PhoneNumberError) { phone = try PhoneNumber(written: national, in: .given(code)) } catch {
            tell(error, of: caller)
            let isCountry = error.part == .countryCode
            if isCountry { fields["country_code"] = "is not supported" }
            if !isCountry || (try? WrittenPhoneNumber(national)) == nil { fields["cellphone"] = "is invalid" }
        }
        guard let phone, fields.isEmpty else { throw Refusal(400, 60027, "User was not valid", fields: fields) }
        return (phone, email)
    }

    private func user(_ phone: PhoneNumber, at now: Int64, in records: any RecordWriting) throws -> User {
        let hash = vault.index(phone.e164)
        if let user = try records.user(phoneHash: hash) { return user }
        for _ in 0..<100 {
            guard let id = AuthyID(Int64.random(in: 1_000_000...999_999_999)) else { continue }
            let user = User(
                id: id, phoneHash: hash, contact: try Contact(phone: phone).sealed(for: id, in: vault), created: now)
            if try records.add(user) { return user }
        }
        throw Refusal.broken
    }

    /// Stores an e-mail address.
    ///
    /// Anyone may type a phone number. Until its holder has entered a code at the application, or a phone was confirmed
    /// since, the last address given replaces the earlier ones; after that, the first one stays.
    private func note(_ email: String, of user: User, _ member: Member, in records: any RecordWriting) throws {
        var user = user
        let isProven =
            try member.confirmed != nil
            || devices(for: member, in: records).contains { ($0.confirmed ?? 0) >= member.added }
        var contact = try self.contact(of: user)
        guard contact.add(email: email, of: member.application, replacing: !isProven) else { return }
        user.contact = try contact.sealed(for: user.id, in: vault)
        try records.put(user)
    }

    /// Makes the record of a new member.
    ///
    /// A former member keeps their counts: otherwise, an API key could lift every limit by a removal.
    private func newMember(_ user: User, of application: Int64, at now: Int64, in records: any RecordReading) throws
        -> Member
    {
        let secret = try vault.seal(Random.bytes(20), as: Purpose.secret(application, user.id))
        var member = Member(application: application, user: user.id, added: now, secret: secret)
        guard let former = try records.formerMember(application: application, phoneHash: user.phoneHash) else {
            return member
        }
        // No host knows a new AuthyID, so that its first code counts as the first.
        member.confirmed = former.user == user.id ? former.confirmed : nil
        member.consented = former.user == user.id ? former.consented : nil
        member.refused = former.user == user.id ? former.refused : nil
        member.wrongCodes = former.wrongCodes
        member.wrongCodesOfDay = former.wrongCodesOfDay
        member.sends = former.sends
        member.requests = former.requests
        member.notices = former.notices
        return member
    }

    /// Describes a user (Authy API: GET /protected/json/users/ID/status).
    ///
    /// - Parameters:
    ///   - id: The AuthyID as in the path.
    ///   - caller: The application.
    /// - Returns: The status of the user, and the devices that the application may see.
    /// - Throws: `Refusal` if the user is unknown; `RecordStoreError` or `VaultError` if it cannot be read.
    public func status(_ id: String, by caller: Caller) async throws -> Answer {
        let (member, user, devices) = try await store.read { records -> (Member, User, [Device]) in
            let member = try self.member(AuthyID(id), of: caller, in: records)
            guard let user = try records.user(member.user) else { throw Refusal.userNotFound }
            return (member, user, try self.devices(for: member, in: records))
        }
        let contact = try self.contact(of: user)
        let active = devices.filter { $0.isActive }
        let status: [(name: String, json: String)] = [
            ("authy_id", String(user.id.value)), ("confirmed", member.confirmed != nil ? "true" : "false"),
            ("registered", active.isEmpty ? "false" : "true"), ("country_code", contact.phone.countryCode),
            ("phone_number", JSONText.string(contact.phone.masked)),
            ("email", JSONText.string(contact.email(of: caller.id) ?? "")),
            ("devices", JSONText.array(active.map { JSONText.string($0.osType) })), ("has_hard_token", "false"),
            ("account_disabled", "false"),
            ("detailed_devices", JSONText.array(active.map(Self.detail))),
            ("deleted_devices", JSONText.array(devices.filter { $0.removed != nil }.map(Self.detail))),
        ]
        return Answer([
            ("status", JSONText.object(status)), ("message", JSONText.string("User status.")), ("success", "true"),
        ])
    }

    private static func detail(_ device: Device) -> String {
        JSONText.object([
            ("device_type", JSONText.string("browser")), ("os_type", JSONText.string(device.osType)),
            ("registration_device_id", "null"), ("registration_method", JSONText.string("link")),
            ("device_id", JSONText.string(device.id)),
            ("last_sync_date", String(device.lastSeen)), ("creation_date", String(device.created)),
        ])
    }

    /// Removes a user from the application (Authy API: POST /protected/json/users/ID/delete and its other paths).
    ///
    /// A user without any application is deleted.
    ///
    /// - Parameters:
    ///   - id: The AuthyID as in the path.
    ///   - caller: The application.
    /// - Returns: A message.
    /// - Throws: `Refusal` if the user is unknown; `RecordStoreError` if the server cannot store it.
    public func removeUser(_ id: String, by caller: Caller) async throws -> Answer {
        let now = now()
        let user = try await store.write { records in
            let member = try self.member(AuthyID(id), of: caller, in: records)
            guard let user = try records.user(member.user) else { throw Refusal.userNotFound }
            try records.put(FormerMember(member, phoneHash: user.phoneHash, removed: now))
            try records.removeMember(application: caller.id, user: member.user)
            if try records.members(of: member.user).isEmpty { try records.removeUser(member.user) }
            return member.user
        }
        waiters.wake(.user(user))
        log.notice("user_removed", metadata: ["application": "\(caller.id)", "user": "\(user)"])
        return Answer([("message", JSONText.string("User removed from application")), ("success", "true")])
    }

    /// Changes the e-mail address of a user (POST /protected/json/users/ID/update).
    ///
    /// The address is stored as in `newUser`. If it is not used because the first one stays, the call fails.
    ///
    /// - Parameters:
    ///   - id: The AuthyID as in the path.
    ///   - caller: The application.
    ///   - parameters: `email`; phone numbers are rejected.
    /// - Returns: A message.
    /// - Throws: `Refusal` if the user is unknown, the address is invalid or not used, or a phone number is given;
    ///   `RecordStoreError` or `VaultError` if the server cannot store it.
    public func updateUser(_ id: String, by caller: Caller, _ parameters: Parameters) async throws -> Answer {
        for name in ["cellphone", "phone_number", "country_code"]
        where parameters.text(name) ?? parameters.text(name, in: "user") != nil {
            throw Refusal(
                403, 60031, "User was not updated: a phone number is changed on the server, by its administrator.")
        }
        guard let email = parameters.text("email") ?? parameters.text("email", in: "user"), Contact.isEmail(email)
        else {
            throw Refusal(400, 60038, "The e-mail address is invalid.")
        }
        try await store.write { records in
            let member = try self.member(AuthyID(id), of: caller, in: records)
            guard let user = try records.user(member.user) else { throw Refusal.userNotFound }
            try note(email, of: user, member, in: records)
            guard let user = try records.user(member.user), try contact(of: user).email(of: caller.id) == email else {
                throw Refusal(
                    403, 60031, "User was not updated: the first e-mail address stays, as the user has shown a code.")
            }
        }
        return Answer([("message", JSONText.string("User was updated successfully")), ("success", "true")])
    }

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
    /// - Throws: `Refusal` if the user is unknown, the type is invalid, or the notice cannot be sent;
    ///   `RecordStoreError` or `VaultError` if the server cannot store it.
    public func registerActivity(_ id: String, by caller: Caller, _ parameters: Parameters) async throws -> Answer {
        let types = ["password_reset", "banned", "unbanned", "cookie_login", UserActivity.enrolled]
        guard let type = parameters.text("type"), types.contains(type) else {
            throw Refusal(400, 60029, "Activity was not created: type must be one of \(types.joined(separator: ", ")).")
        }
        if type == UserActivity.enrolled {
            try await sendLinkToEnrolled(id, by: caller)
            try await tellOfEnrolment(id, parameters, by: caller)
        } else {
            let now = now()
            try await store.write { records in
                let member = try self.member(AuthyID(id), of: caller, in: records)
                try records.add(Activity(user: member.user, application: caller.id, at: now, kind: type, detail: ""))
            }
        }
        return Answer([("message", JSONText.string("Activity was created.")), ("success", "true")])
    }

    /// Sends the link to the phone page, now that the number has been proven; the login did not have one sent earlier.
    private func sendLinkToEnrolled(_ id: String, by caller: Caller) async throws {
        let user = try await store.read { records in
            let member = try self.member(AuthyID(id), of: caller, in: records)
            guard let user = try records.user(member.user) else { throw Refusal.userNotFound }
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
    private func tellOfEnrolment(_ id: String, _ parameters: Parameters, by caller: Caller) async throws {
        do {
            let (user, email) = try await chargeNotice(id, parameters.text("email", in: "data"), by: caller)
            sendNotice(to: email, of: user, parameters, by: caller)
        } catch let refusal as Refusal {
            log.warning(
                "enrolment_not_told",
                metadata: [
                    "application": "\(caller.id)", "user": "\(AuthyID(id)?.description ?? "")",
                    "reason": "\(refusal.message)",
                ])
            throw refusal
        }
    }

    private func chargeNotice(_ id: String, _ email: String?, by caller: Caller) async throws -> (AuthyID, String) {
        let now = now()
        return try await store.write { records in
            var member = try self.member(AuthyID(id), of: caller, in: records)
            guard let user = try records.user(member.user) else { throw Refusal.userNotFound }
            guard outbox.canSend(.email) else { throw Self.notEnabled(.email) }
            guard let email, try contact(of: user).has(email: email, of: caller.id) else {
                throw Refusal(400, 60029, "Activity was not created: this application gave no such e-mail address.")
            }
            if let wait = member.notices.wait(Interval.day, limit: Self.noticesOfDay, at: limitTime()) {
                throw Refusal.tooMany(retryAfter: wait)
            }
            member.notices.add(Interval.day, at: limitTime())
            try records.put(member)
            try records.add(
                Activity(user: user.id, application: caller.id, at: now, kind: UserActivity.enrolled, detail: ""))
            return (user.id, email)
        }
    }

    private func sendNotice(to email: String, of user: AuthyID, _ parameters: Parameters, by caller: Caller) {
        let line = { (text: String?) in
            String(
                (text ?? "?").unicodeScalars.map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" }.prefix(100))
        }
        let text = """
            A phone was enrolled for the two-factor login of \(line(parameters.text("user", in: "data"))) on \
            \(line(parameters.text("host", in: "data"))), from \(line(parameters.text("user_ip"))), \
            at \(Moment.text(now())).

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

extension Device {
    /// Whether the device is confirmed and not removed.
    var isActive: Bool { confirmed != nil && removed == nil }

    mutating func remove(at now: Int64) {
        removed = now
        push = nil
        confirmation = nil
    }
}

enum Random {
    static func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255) } }
    static func digits(_ count: Int) -> String { (0..<count).map { _ in String(Int.random(in: 0...9)) }.joined() }

    /// Returns a random UUID (RFC 9562, section 5.4) in lower case.
    static func uuid() -> String {
        var bytes = bytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return [hex[0..<4], hex[4..<6], hex[6..<8], hex[8..<10], hex[10..<16]].map { $0.joined() }.joined(
            separator: "-")
    }
}
