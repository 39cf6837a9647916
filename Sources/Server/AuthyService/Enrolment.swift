public import AuthyWire
internal import Crypto
internal import Encoding
public import Identifiers
internal import Logging
internal import Records
internal import ServerSettings
internal import Vault
internal import WebPush

// Links that enroll a phone, and the enrollment: docs/reference/phone.md

extension APIService {
    /// Makes a one-time enrollment link for a user.
    ///
    /// - Parameters:
    ///   - user: The id of the user.
    ///   - application: The id of the application that has the link sent; nil for the administrator.
    /// - Returns: The URL of the link; nil if the server has no `public_url`.
    /// - Throws: `RecordStoreError` if the server cannot store it.
    public func link(for user: AuthyID, by application: Int64? = nil) async throws -> String? {
        guard let base = settings.server.publicURL else { return nil }
        let token = Base64URL.encode(Random.bytes(32))
        let now = now()
        let hash = Array(SHA256.hash(data: Array(token.utf8)))
        try await store.write {
            try $0.put(
                Enrolment(
                    hash: hash, user: user, application: application, created: now,
                    ends: now + settings.phone.linkLifetime))
        }
        return Self.link(base: base, token: token)
    }

    /// The most links that applications can have sent to one number in a day, so that mistyped numbers cost little.
    ///
    /// Each application that the person has allowed has a count of its own; all others share one.
    private static let linksOfDay: Int64 = 5

    /// Sends a link to a person without a phone; a link that cannot be sent is not an error of users/new.
    func sendLink(to user: AuthyID, _ phone: PhoneNumber, by caller: AuthenticatedApplication) async throws {
        guard settings.server.publicURL != nil, outbox.canSend(.sms) else { return }
        let (known, active) = try await store.read { records in
            let member = try records.member(application: caller.id, user: user)
            return (
                try member.map { try devices(for: $0, in: records) } ?? [],
                try records.devices(of: user).filter(\.isActive)
            )
        }
        guard !known.contains(where: \.isActive) else { return }
        let hash = vault.index(phone.e164)
        let limit = try await store.write { records -> String? in
            guard var member = try records.member(application: caller.id, user: user) else {
                return "the user was removed"
            }
            let sender = if member.mayAsk { caller.id } else { LinkSender.strangers }
            var links = try records.linksSent(application: sender, phoneHash: hash)
            if member.sends.wait(Interval.tenMinutes, limit: settings.limits.sends, at: limitTime()) != nil {
                return "too many messages to the user"
            }
            if links.wait(Interval.day, limit: Self.linksOfDay, at: limitTime()) != nil {
                return "too many links to the number"
            }
            member.sends.add(Interval.tenMinutes, at: limitTime())
            links.add(Interval.day, at: limitTime())
            try records.put(member)
            try records.putLinksSent(links, application: sender, phoneHash: hash)
            return nil
        }
        if let limit {
            return log.warning(
                "link_not_sent", metadata: ["application": "\(caller.id)", "user": "\(user)", "reason": "\(limit)"])
        }
        // If the person has a phone that the application may not see, the link is counted and made but not sent. The
        // response is the same, so that the application learns nothing.
        guard let link = try await link(for: user, by: caller.id), active.isEmpty else { return }
        let text = settings.codes.linkText.replacing("{application}", with: caller.application.name).replacing(
            "{link}", with: link)
        let message = OneCode(
            kind: .sms, to: phone.e164, code: "", text: text, subject: "", application: caller.id,
            applicationName: caller.application.name,
            user: user,
            locale: nil)
        Task { [outbox] in _ = await outbox.send(message) }
    }

    /// Enrolls a device with a link (`POST enrol`).
    ///
    /// The same call again, after a lost response, gets the same response.
    ///
    /// - Parameters:
    ///   - parameters: `token`, `public_key`, `name`, `os_type` and `signature`.
    ///   - address: The IP address of the client.
    /// - Returns: The UUID of the device, and the time.
    /// - Throws: `PhoneAPIError`: `link_unknown`, `link_used`, `link_expired`, `invalid`, or `too_many` if the user has
    ///   too many phones; `RecordStoreError` or `VaultError` if the server cannot store it.
    public func enrol(_ parameters: Parameters, from address: String) async throws -> ServiceResponse {
        guard let token = parameters.text("token"), let encoded = parameters.text("public_key"),
            let point = Base64URL.decode(encoded),
            let key = DeviceKey(uncompressedPoint: point),
            let signature = parameters.text("signature").flatMap(Base64URL.decode),
            key.isValid(signature: signature, of: "countersign-enrol-1\n\(token)\n\(encoded)")
        else { throw PhoneAPIError.invalid }
        let now = now()
        let hash = Array(SHA256.hash(data: Array(token.utf8)))
        let name = Self.deviceName(parameters.text("name"))
        let system = parameters.text("os_type") ?? "other"
        let os = if ["android", "ios", "desktop"].contains(system) { system } else { "other" }
        // A caller without a valid link costs no write transaction.
        guard try await store.read({ try $0.enrolment(hash: hash) }) != nil else { throw PhoneAPIError.unknownLink }
        let (device, removed) = try await store.write { records -> (Device, Device?) in
            guard var enrolment = try records.enrolment(hash: hash) else { throw PhoneAPIError.unknownLink }
            if let used = enrolment.device {
                guard let device = try records.device(used), device.publicKey == point, device.removed == nil else {
                    throw PhoneAPIError.usedLink
                }
                return (device, nil)
            }
            try checkOpen(enrolment, at: now, in: records)
            let removed = try makeRoom(for: enrolment.user, at: now, in: records)
            var device = Device(
                id: Random.uuid(), user: enrolment.user, publicKey: point, name: name, osType: os, created: now,
                address: address)
            device.application = enrolment.application
            device.confirmation = try vault.seal(Array(Random.digits(7).utf8), as: Purpose.confirmation(device.id))
            enrolment.device = device.id
            try records.put(device)
            try records.put(enrolment)
            return (device, removed)
        }
        if let removed {
            log.notice(
                "device_removed",
                metadata: ["user": "\(removed.user)", "device": "\(removed.id)", "reason": "too many phones"])
        }
        log.notice(
            "device_enrolled", metadata: ["user": "\(device.user)", "device": "\(device.id)", "address": "\(address)"])
        // The person's other phones ask whether the new one is theirs.
        waiters.wake(.user(device.user))
        return ServiceResponse(["device": .string(device.id), "now": .integer(now)])
    }

    static func deviceName(_ text: String?) -> String {
        let plain = (text ?? "").unicodeScalars.filter {
            !$0.properties.isDefaultIgnorableCodePoint && $0.value >= 0x20 && $0.value != 0x7F
        }
        let name = String(String.UnicodeScalarView(plain.prefix(60)))
        return if name.isEmpty { "Phone" } else { name }
    }
}
