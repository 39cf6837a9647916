internal import ServerSettings
public import Identifiers
public import Records
internal import Crypto
internal import OATH
internal import PhoneNumbers
internal import Vault
public import WebPush

// What the administrator's commands do.

/// Why a command could not do what it was asked for.
public struct AdministrationError: Error, Sendable {
    public let message: String
    public let hint: String?

    public init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}

/// A person, as an administrator may see one: the phone number is masked.
public struct UserView: Sendable {
    public let id: AuthyID
    public let phone: String
    /// Where all applications that gave an address agree on one; else empty.
    public let email: String
    public let created: Int64
    public let applications: [Membership]
    public let devices: [Device]

    public struct Membership: Sendable {
        public let application: Int64
        public let confirmed: Int64?
        /// Since when it may ask the user's phones; nil where the user has not said so.
        public let consented: Int64?
        /// When the user said that it may not; nil where the user did not.
        public let refused: Int64?
        public let email: String?
    }
}

/// What `unlock` took away.
public struct Unlocked: Sendable {
    public fileprivate(set) var wrongCodes: Int64 = 0
    public fileprivate(set) var messages: Int64 = 0
    public fileprivate(set) var requests: Int64 = 0
    public fileprivate(set) var mails: Int64 = 0
    public let links: Int64
    /// Whether a code was marked as spent that belongs to a time which is still to come.
    public fileprivate(set) var freesCode = false

    fileprivate init(links: Int64) { self.links = links }

    fileprivate mutating func add(_ member: Member) {
        wrongCodes += max(member.wrongCodes.times, member.wrongCodesOfDay.times)
        messages += member.sends.times
        requests += member.requests.times
        mails += member.notices.times
    }
}

extension AuthyService {
    /// A new application, and its key in plain text, which is nowhere else.
    public func createApplication(_ name: String, callback: Application.Callback?) async throws -> (
        Application, key: String
    ) {
        let name = String(
            name.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(60).map(Character.init))
        guard !name.isEmpty else { throw AdministrationError("an application needs a name") }
        let now = now()
        let key = Self.newKey()
        let application = try await store.write { records in
            let application = try records.addApplication(name: name, callback: callback, at: now)
            try records.put(record(of: key, application.id, at: now))
            return application
        }
        return (application, key)
    }

    /// A new key; the old ones are good for so many seconds more.
    public func rotateKey(of id: Int64, overlap: Int64) async throws -> String {
        let now = now()
        let key = Self.newKey()
        try await store.write { records in
            guard let application = try records.application(id), application.revoked == nil else {
                throw Self.noApplication(id)
            }
            for var old in try records.keys(of: id) where old.ends.map({ $0 > now + overlap }) ?? true {
                old.ends = now + overlap
                try records.put(old)
            }
            try records.put(record(of: key, id, at: now))
            try leaveNews(in: records)
        }
        return key
    }

    /// Ends an application: its keys are worth nothing from now on.
    public func revoke(_ id: Int64) async throws {
        let now = now()
        try await store.write { records in
            guard var application = try records.application(id) else { throw Self.noApplication(id) }
            application.revoked = application.revoked ?? now
            try records.put(application)
            try leaveNews(in: records)
        }
    }

    public func setCallback(_ callback: Application.Callback?, of id: Int64) async throws {
        try await store.write { records in
            guard var application = try records.application(id) else { throw Self.noApplication(id) }
            application.callback = callback
            try records.put(application)
        }
    }

    /// The key that signs an application's callbacks: the newest that lives.
    public func signingKey(of application: Int64) async throws -> [UInt8]? {
        let now = now()
        let keys = try await store.read { try $0.keys(of: application) }
        guard let key = keys.first(where: { $0.ends.map { $0 > now } ?? true }) else { return nil }
        return try vault.open(key.sealed, as: Purpose.key(key.hint, application))
    }

    private static func noApplication(_ id: Int64) -> AdministrationError {
        AdministrationError("there is no application \(id)", hint: "countersignd app list shows them")
    }

    /// 32 letters and digits: 190 bits.
    private static func newKey() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<32).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
    }

    private func record(of key: String, _ application: Int64, at now: Int64) throws -> APIKeyRecord {
        let hint = String(key.prefix(4))
        return APIKeyRecord(
            hash: Array(SHA256.hash(data: Array(key.utf8))), application: application,
            sealed: try vault.seal(Array(key.utf8), as: Purpose.key(hint, application)), hint: hint, created: now)
    }

    // Users

    private static func noUser(_ id: AuthyID) -> AdministrationError {
        AdministrationError("there is no user \(id)", hint: "countersignd user list shows them")
    }

    public func users(after id: Int64, limit: Int) async throws -> [UserView] {
        try await store.read { records in try records.users(after: id, limit: limit).map { try view($0, in: records) } }
    }

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

    /// The one address that the user's applications agree on: where mail goes that is of all of them.
    private static func email(of members: [Member], _ contact: Contact) -> String? {
        let addresses = Set(members.compactMap { contact.email(of: $0.application) })
        return addresses.count == 1 ? addresses.first : nil
    }

    /// Takes the code that a new phone shows, from the administrator.
    public func confirm(_ code: String, of id: AuthyID) async throws -> Device {
        let now = now()
        let device = try await store.write { records in
            guard try records.user(id) != nil else { throw Self.noUser(id) }
            try leaveNews(in: records)
            return try confirm(Self.plain(code), of: id, at: now, in: records)
        }
        guard let device else {
            throw AdministrationError("no phone of user \(id) shows this code", hint: "read it from the phone again")
        }
        return device
    }

    /// A code as it was typed, without what separates its digits.
    private static func plain(_ code: String) -> String {
        String(String.UnicodeScalarView(code.unicodeScalars.filter { !Separators.contains($0) }))
    }

    /// Whether the user has a phone that was confirmed since then.
    public func hasConfirmedDevice(_ id: AuthyID, since: Int64) async throws -> Bool {
        try await store.read { try $0.devices(of: id).contains { $0.isActive && $0.created >= since } }
    }

    /// Sends a fresh link to a user.
    /// - Returns: whether a gateway took it; nil where there is no way for this kind, or phones cannot reach this server.
    public func sendLink(to id: AuthyID, by kind: OneCode.Kind) async throws -> Bool? {
        guard let user = try await store.read({ try $0.user(id) }) else { throw Self.noUser(id) }
        let contact = try contact(of: user)
        let (members, application) = try await store.read { records in
            let members = try records.members(of: id)
            return (members, try members.first.flatMap { try records.application($0.application) })
        }
        guard kind != .call, outbox.canSend(kind), settings.server.publicURL != nil else { return nil }
        // A link makes a phone for all applications: none of them alone says where it goes.
        guard let to = kind == .email ? Self.email(of: members, contact) : contact.phone.e164 else {
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

    public func removeUser(_ id: AuthyID) async throws {
        try await store.write { records in
            guard let user = try records.user(id) else { throw Self.noUser(id) }
            try records.removeUser(id)
            try records.removeFormerMembers(phoneHash: user.phoneHash)
            try leaveNews(in: records)
        }
    }

    /// Lets a user try again at once, in all applications: clears what counts towards the user's limits, and frees time steps that were spent
    /// while the clock was ahead, by more than a phone's may be.
    /// - Throws: `AdministrationError` where there is no such user.
    public func unlock(_ id: AuthyID) async throws -> Unlocked {
        let ahead = now() / Int64(TOTP().period) + Int64(settings.codes.driftSteps)
        return try await store.write { records in
            guard let user = try records.user(id) else { throw Self.noUser(id) }
            let members = try records.members(of: id)
            let senders = [LinkSender.strangers, LinkSender.phones] + members.map(\.application)
            let links = try senders.map { try records.linksSent(application: $0, phoneHash: user.phoneHash).times }
            var unlocked = Unlocked(links: links.reduce(0, +))
            for var member in members {
                unlocked.add(member)
                (member.wrongCodes, member.wrongCodesOfDay) = (Count(), Count())
                (member.sends, member.requests, member.notices) = (Count(), Count(), Count())
                if let spent = member.spent, spent > ahead { (member.spent, unlocked.freesCode) = (nil, true) }
                if let spent = member.genericSpent, spent > ahead {
                    (member.genericSpent, unlocked.freesCode) = (nil, true)
                }
                try records.put(member)
            }
            for sender in senders { try records.putLinksSent(Count(), application: sender, phoneHash: user.phoneHash) }
            return unlocked
        }
    }

    /// Whatever went to the old number is void: links, codes, and phones that are not confirmed.
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
            try leaveNews(in: records)
        }
        return phone.masked
    }

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
            try leaveNews(in: records)
        }
    }

    // Commands run in processes of their own: the server looks for what they leave here, and wakes whoever waits.

    private static let newsName = "news"

    private func leaveNews(in records: any RecordWriting) throws {
        try records.setValue(Self.newsName, to: Random.bytes(8))
    }

    /// Changes whenever a command changed something about a user or a key.
    public func news() async throws -> [UInt8]? { try await store.read { try $0.value(Self.newsName) } }

    // The server's own

    /// The key that push services know this server by; made at the first start.
    public func vapidKey() async throws -> VAPIDKey {
        let made = VAPIDKey()
        let sealed = try vault.seal(made.rawRepresentation, as: VAPID.purpose)
        let kept = try await store.write { records -> [UInt8] in
            if let kept = try records.value(VAPID.sealedName) { return kept }
            try records.setValue(VAPID.sealedName, to: sealed)
            try records.setValue(VAPID.publicName, to: made.publicKey)
            return sealed
        }
        guard let key = VAPIDKey(rawRepresentation: try vault.open(kept, as: VAPID.purpose)) else {
            throw VaultError.damaged
        }
        return key
    }

    /// Drops what was over long ago, a little at a time.
    public func purge() async throws -> Int {
        let before = now() - Int64(settings.retentionDays) * Span.day
        return try await store.write { try $0.purge(before: before, limit: 1_000) }
    }
}
