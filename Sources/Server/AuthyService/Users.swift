public import AuthyWire
internal import Encoding
internal import Identifiers
internal import Logging
internal import PhoneNumbers
internal import Records
internal import Vault

// The calls users/new, status, delete and update

extension APIService {
    /// Adds a user to the application (Authy API: POST /protected/json/users/new).
    ///
    /// Users are found by their phone number: the same number returns the same AuthyID, and the e-mail address is
    /// stored.
    ///
    /// - Parameters:
    ///   - caller: The application.
    ///   - parameters: `user[email]`, `user[cellphone]`, `user[country_code]`, and `send_install_link_via_sms`.
    /// - Returns: The AuthyID.
    /// - Throws: `APIError` if a parameter is invalid; `RecordStoreError` or `VaultError` if the server cannot store
    ///   it.
    public func newUser(by caller: AuthenticatedApplication, _ parameters: Parameters) async throws -> ServiceResponse {
        let (phone, email) = try checked(parameters, by: caller)
        let now = now()
        let (user, isNew) = try await store.write { records in
            let user = try self.user(phone, at: now, in: records)
            if let member = try records.member(application: caller.id, user: user.id) {
                try storeEmail(email, of: user, member: member, in: records)
                return (user, false)
            }
            var member = try newMember(user, of: caller.id, at: now, in: records)
            if try isNumberProven(user.phoneHash, to: caller.id, in: records) { member.consent(at: now) }
            try storeEmail(email, of: user, member: member, in: records)
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
        return ServiceResponse([
            "message": "User created successfully.",
            "user": ["id": .integer(user.id.value)], "success": true,
        ])
    }

    /// Logs why a phone number was rejected, without the number.
    func logRejection(_ error: PhoneNumberError, of caller: AuthenticatedApplication) {
        let reason = if error.part == .countryCode { "the country code is none" } else { error.message }
        log.info("number_refused", metadata: ["application": "\(caller.id)", "reason": "\(reason)"])
    }

    private func checked(_ parameters: Parameters, by caller: AuthenticatedApplication) throws -> (PhoneNumber, String)
    {
        let code = parameters.text("country_code", in: "user") ?? ""
        let national = parameters.text("cellphone", in: "user") ?? ""
        let email = (parameters.text("email", in: "user") ?? "").replacing(" ", with: "+")
        var fields: [String: String] = [:]
        if !Contact.isEmail(email) { fields["email"] = "is invalid" }
        var phone: PhoneNumber?
        do throws(PhoneNumberError) { phone = try PhoneNumber(written: national, in: .given(code)) } catch {
            logRejection(error, of: caller)
            let isCountry = error.part == .countryCode
            if isCountry { fields["country_code"] = "is not supported" }
            if !isCountry || (try? WrittenPhoneNumber(national)) == nil { fields["cellphone"] = "is invalid" }
        }
        guard let phone, fields.isEmpty else { throw APIError(400, 60027, "User was not valid", fields: fields) }
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
        throw APIError.broken
    }

    /// Stores an e-mail address.
    ///
    /// Anyone may type a phone number. Until its holder has entered a code at the application, or a phone was confirmed
    /// since, the last address given replaces the earlier ones; after that, the first one stays.
    private func storeEmail(_ email: String, of user: User, member: Member, in records: any RecordWriting) throws {
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
        let secret = try vault.seal(Random.bytes(20), as: Purpose.secret(application: application, user: user.id))
        var member = Member(application: application, user: user.id, added: now, secret: secret)
        guard let former = try records.formerMember(application: application, phoneHash: user.phoneHash) else {
            return member
        }
        // No host knows a new AuthyID, so that its first code counts as the first.
        if former.user == user.id {
            member.confirmed = former.confirmed
            member.consented = former.consented
            member.refused = former.refused
        }
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
    /// - Throws: `APIError` if the user is unknown; `RecordStoreError` or `VaultError` if it cannot be read.
    public func status(_ id: String, by caller: AuthenticatedApplication) async throws -> ServiceResponse {
        let (member, user, devices) = try await store.read { records -> (Member, User, [Device]) in
            let member = try self.member(AuthyID(id), of: caller, in: records)
            guard let user = try records.user(member.user) else { throw APIError.userNotFound }
            return (member, user, try self.devices(for: member, in: records))
        }
        let contact = try self.contact(of: user)
        let active = devices.filter { $0.isActive }
        let status: JSONObject = [
            "authy_id": .integer(user.id.value), "confirmed": .bool(member.confirmed != nil),
            "registered": .bool(!active.isEmpty),
            "country_code": .integer(orNull: Int(contact.phone.countryCode)),
            "phone_number": .string(contact.phone.masked),
            "email": .string(contact.email(of: caller.id) ?? ""),
            "devices": .array(active.map { .string($0.osType) }), "has_hard_token": false,
            "account_disabled": false,
            "detailed_devices": .array(active.map(Self.detail)),
            "deleted_devices": .array(devices.filter { $0.removed != nil }.map(Self.detail)),
        ]
        return ServiceResponse([
            "status": .object(status), "message": "User status.", "success": true,
        ])
    }

    private static func detail(_ device: Device) -> JSONValue {
        [
            "device_type": "browser", "os_type": .string(device.osType),
            "registration_device_id": .null, "registration_method": "link",
            "device_id": .string(device.id),
            "last_sync_date": .integer(device.lastSeen), "creation_date": .integer(device.created),
        ]
    }

    /// Removes a user from the application (Authy API: POST /protected/json/users/ID/delete and its other paths).
    ///
    /// A user without any application is deleted.
    ///
    /// - Parameters:
    ///   - id: The AuthyID as in the path.
    ///   - caller: The application.
    /// - Returns: A message.
    /// - Throws: `APIError` if the user is unknown; `RecordStoreError` if the server cannot store it.
    public func removeUser(_ id: String, by caller: AuthenticatedApplication) async throws -> ServiceResponse {
        let now = now()
        let user = try await store.write { records in
            let member = try self.member(AuthyID(id), of: caller, in: records)
            guard let user = try records.user(member.user) else { throw APIError.userNotFound }
            try records.put(FormerMember(member, phoneHash: user.phoneHash, removed: now))
            try records.removeMember(application: caller.id, user: member.user)
            if try records.members(of: member.user).isEmpty { try records.removeUser(member.user) }
            return member.user
        }
        waiters.wake(.user(user))
        log.notice("user_removed", metadata: ["application": "\(caller.id)", "user": "\(user)"])
        return ServiceResponse(["message": "User removed from application", "success": true])
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
    /// - Throws: `APIError` if the user is unknown, the address is invalid or not used, or a phone number is given;
    ///   `RecordStoreError` or `VaultError` if the server cannot store it.
    public func updateUser(_ id: String, by caller: AuthenticatedApplication, parameters: Parameters) async throws
        -> ServiceResponse
    {
        for name in ["cellphone", "phone_number", "country_code"]
        where parameters.text(name) ?? parameters.text(name, in: "user") != nil {
            throw APIError(
                403, 60031, "User was not updated: a phone number is changed on the server, by its administrator.")
        }
        guard let email = parameters.text("email") ?? parameters.text("email", in: "user"), Contact.isEmail(email)
        else {
            throw APIError(400, 60038, "The e-mail address is invalid.")
        }
        try await store.write { records in
            let member = try self.member(AuthyID(id), of: caller, in: records)
            guard let user = try records.user(member.user) else { throw APIError.userNotFound }
            try storeEmail(email, of: user, member: member, in: records)
            guard let user = try records.user(member.user), try contact(of: user).email(of: caller.id) == email else {
                throw APIError(
                    403, 60031, "User was not updated: the first e-mail address stays, as the user has shown a code.")
            }
        }
        return ServiceResponse(["message": "User was updated successfully", "success": true])
    }
}
