public import Identifiers
internal import PhoneNumbers
public import Records
internal import ServerSettings
internal import Vault

// The administrator's commands about users.

/// A user as an administrator sees it, with a masked phone number.
public struct UserView: Sendable {
    /// The id of the user.
    public let id: AuthyID
    /// The masked phone number with its country code, such as `+1-XXX-XXX-XX18`.
    public let phone: String
    /// The e-mail address that all of the user's applications agree on; empty if there is none or several.
    public let email: String
    /// When the user was created, as Unix time in seconds.
    public let created: Int64
    /// The user's applications, in ascending order of their ids.
    public let applications: [Membership]
    /// All devices, removed ones included, oldest first.
    public let devices: [Device]

    /// The user's state in one application; times are Unix time in seconds.
    public struct Membership: Sendable {
        /// The id of the application.
        public let application: Int64
        /// When the user first entered a correct code; nil before.
        public let confirmed: Int64?
        /// When the user allowed the application to ask their phones; nil if they have not.
        public let consented: Int64?
        /// When the user refused the application; nil if they have not.
        public let refused: Int64?
        /// The e-mail address that the application gave first; nil for none.
        public let email: String?
    }
}

extension APIService {
    static func noUser(_ id: AuthyID) -> AdministrationError {
        AdministrationError("there is no user \(id)", hint: "countersignd user list shows them")
    }

    /// Returns users in ascending order of their ids.
    ///
    /// - Parameters:
    ///   - id: Only users with a greater id are returned.
    ///   - limit: The most users to return.
    /// - Returns: The users.
    /// - Throws: `RecordStoreError` if the records cannot be read; `VaultError` if a phone number cannot be opened.
    public func users(after id: Int64, limit: Int) async throws -> [UserView] {
        try await store.read { records in try records.users(after: id, limit: limit).map { try view($0, in: records) } }
    }

    /// Returns one user.
    ///
    /// - Parameter id: The id of the user.
    /// - Returns: The user.
    /// - Throws: `AdministrationError` if there is no such user; `RecordStoreError` or `VaultError` if it cannot be
    ///   read.
    public func user(_ id: AuthyID) async throws -> UserView {
        guard let view = try await store.read({ records in try records.user(id).map { try view($0, in: records) } })
        else {
            throw Self.noUser(id)
        }
        return view
    }

    private func view(_ user: User, in records: any RecordReading) throws -> UserView {
        let contact = try self.contact(of: user)
        let members = try records.members(of: user.id)
        return UserView(
            id: user.id, phone: contact.phone.maskedWithCode, email: Self.email(of: members, contact) ?? "",
            created: user.created,
            applications: members.map {
                .init(
                    application: $0.application, confirmed: $0.confirmed, consented: $0.consented, refused: $0.refused,
                    email: contact.email(of: $0.application))
            }, devices: try records.devices(of: user.id))
    }

    /// The one address that all of the user's applications agree on; mail on behalf of all of them goes there.
    private static func email(of members: [Member], _ contact: Contact) -> String? {
        let addresses = Set(members.compactMap { contact.email(of: $0.application) })
        return if addresses.count == 1 { addresses.first } else { nil }
    }

    /// Confirms the new phone that shows a code, on the administrator's word.
    ///
    /// - Parameters:
    ///   - code: The code as typed; separators between digits are ignored.
    ///   - id: The id of the user.
    /// - Returns: The device as it was before it was confirmed.
    /// - Throws: `AdministrationError` if there is no such user, or none of the user's new phones shows this code;
    ///   `RecordStoreError` or `VaultError` if the server cannot store it.
    public func confirm(_ code: String, of id: AuthyID) async throws -> Device {
        let now = now()
        let device = try await store.write { records in
            guard try records.user(id) != nil else { throw Self.noUser(id) }
            try markChange(in: records)
            return try confirm(Self.plain(code), of: id, at: now, in: records)
        }
        guard let device else {
            throw AdministrationError("no phone of user \(id) shows this code", hint: "read it from the phone again")
        }
        return device
    }

    /// Removes the separators from a typed code.
    private static func plain(_ code: String) -> String {
        String(String.UnicodeScalarView(code.unicodeScalars.filter { !Separators.contains($0) }))
    }

    /// Returns whether the user has an active device that was enrolled at or after a time.
    ///
    /// - Parameters:
    ///   - id: The id of the user.
    ///   - since: Unix time in seconds.
    /// - Returns: Whether there is such a device.
    /// - Throws: `RecordStoreError` if the records cannot be read.
    public func hasConfirmedDevice(_ id: AuthyID, since: Int64) async throws -> Bool {
        try await store.read { try $0.devices(of: id).contains { $0.isActive && $0.created >= since } }
    }

    /// Makes a new enrollment link and sends it to a user.
    ///
    /// - Parameters:
    ///   - id: The id of the user.
    ///   - kind: Text message or e-mail; links are not sent by call.
    /// - Returns: Whether a gateway accepted the message; nil if no gateway is configured for this kind, or the server
    ///   has no public URL.
    /// - Throws: `AdministrationError` if there is no such user, or the user's applications gave no e-mail address or
    ///   different ones; `RecordStoreError` or `VaultError` if the server cannot store it.
    public func sendLink(to id: AuthyID, by kind: OneCode.Kind) async throws -> Bool? {
        guard let user = try await store.read({ try $0.user(id) }) else { throw Self.noUser(id) }
        let contact = try contact(of: user)
        let (members, application) = try await store.read { records in
            let members = try records.members(of: id)
            return (members, try members.first.flatMap { try records.application($0.application) })
        }
        guard kind != .call, outbox.canSend(kind), settings.server.publicURL != nil else { return nil }
        // The link enrolls a phone for all applications, so that none of them alone decides where it goes.
        let address: String? = if kind == .email { Self.email(of: members, contact) } else { contact.phone.e164 }
        guard let to = address else {
            throw AdministrationError(
                "the applications of user \(id) gave no e-mail address, or different ones",
                hint: "send it by sms, or hand it over")
        }
        guard let link = try await link(for: id) else { return nil }
        let name = application?.name ?? "Countersign"
        func filled(_ text: String) -> String {
            text.replacing("{application}", with: name).replacing("{link}", with: link)
        }
        return await outbox.send(
            OneCode(
                kind: kind, to: to, code: "", text: filled(settings.codes.linkText),
                subject: filled(settings.codes.linkSubject),
                application: application?.id ?? 0, applicationName: name, user: id, locale: nil))
    }

    /// Removes a user from all applications, with everything that is kept about their phone number.
    ///
    /// - Parameter id: The id of the user.
    /// - Throws: `AdministrationError` if there is no such user; `RecordStoreError` if the server cannot store it.
    public func removeUser(_ id: AuthyID) async throws {
        try await store.write { records in
            guard let user = try records.user(id) else { throw Self.noUser(id) }
            try records.removeUser(id)
            try records.removeFormerMembers(phoneHash: user.phoneHash)
            try markChange(in: records)
        }
    }
}

extension APIService {
    /// Changes the phone number of a user.
    ///
    /// Everything that was sent to the old number becomes invalid: links, codes, and phones that are not confirmed.
    ///
    /// - Parameters:
    ///   - id: The id of the user.
    ///   - text: The new number with its country code, such as `+15551234567`.
    /// - Returns: The new number, masked.
    /// - Throws: `AdministrationError` if the text is not a phone number, the number belongs to another user, or there
    ///   is no such user; `RecordStoreError` or `VaultError` if the server cannot store it.
    public func changePhone(of id: AuthyID, to text: String) async throws -> String {
        let phone: PhoneNumber
        do throws(PhoneNumberError) { phone = try PhoneNumber(written: text, in: .unknown) } catch {
            throw AdministrationError("not a phone number: \(error.message)", hint: "write it as +15551234567")
        }
        let now = now()
        let hash = vault.index(phone.e164)
        try await store.write { records in
            guard var user = try records.user(id) else { throw Self.noUser(id) }
            if let other = try records.user(phoneHash: hash), other.id != id {
                throw AdministrationError("this number belongs to user \(other.id)")
            }
            var contact = try self.contact(of: user)
            contact.phone = phone
            try records.moveFormerMembers(from: user.phoneHash, to: hash)
            user.phoneHash = hash
            user.contact = try contact.sealed(for: id, in: vault)
            try records.put(user)
            try records.removeOpenEnrolments(of: id)
            for var device in try records.devices(of: id) where device.confirmed == nil && device.removed == nil {
                device.remove(at: now)
                try records.put(device)
            }
            for var member in try records.members(of: id) where member.oneCode != nil {
                member.oneCode = nil
                try records.put(member)
            }
            try records.add(Activity(user: id, application: nil, at: now, kind: "phone_changed", detail: ""))
            try markChange(in: records)
        }
        return phone.maskedWithCode
    }

    /// Removes a device of a user.
    ///
    /// - Parameters:
    ///   - device: The UUID of the device.
    ///   - id: The id of the user.
    /// - Throws: `AdministrationError` if the user has no such device; `RecordStoreError` if the server cannot store
    ///   it.
    public func removeDevice(_ device: String, of id: AuthyID) async throws {
        let now = now()
        try await store.write { records in
            guard var found = try records.device(device), found.user == id, found.removed == nil else {
                throw AdministrationError(
                    "user \(id) has no phone \(device)", hint: "countersignd user devices \(id) shows them")
            }
            found.remove(at: now)
            try records.put(found)
            try records.add(Activity(user: id, application: nil, at: now, kind: "device_removed", detail: found.name))
            try markChange(in: records)
        }
    }
}
