internal import ServerSettings
internal import Logging
public import AuthyWire
public import Identifiers
internal import Records
internal import Crypto
internal import Vault
internal import WebPush

// The calls of the phone page: docs/reference/phone.md

/// The error response to a call of the phone page.
public struct PhoneRefusal: Error, Sendable {
    /// The HTTP status.
    public let status: Int
    let code: String
    let message: String
    var more: [(name: String, json: String)] = []
    /// The value of the header Retry-After, in seconds; nil for none.
    public var retryAfter: Int64?

    /// The body: a JSON object with `error`, `message`, and more members for some errors.
    public var body: String {
        JSONText.object([("error", JSONText.string(code)), ("message", JSONText.string(message))] + more)
    }

    static let invalid = PhoneRefusal(
        status: 400, code: "invalid", message: "Something went wrong. Please load this page again.")
    static let unknown = PhoneRefusal(status: 404, code: "unknown", message: "This is not known any more.")
    static let unconfirmed = PhoneRefusal(status: 403, code: "unconfirmed", message: "This phone is not confirmed yet.")
    static let wrongCode = PhoneRefusal(
        status: 400, code: "wrong_code", message: "That is not the code that the new phone shows.")
    static let unknownLink = PhoneRefusal(
        status: 404, code: "link_unknown", message: "This link is not known. Please ask for a new one.")
    static let unknownDevice = PhoneRefusal(status: 401, code: "unknown_device", message: "This phone was removed.")
    /// 404, `unknown`: the call does not exist.
    public static let path = PhoneRefusal(status: 404, code: "unknown", message: "There is no such call.")
    /// 500, `broken`: the server failed.
    public static let broken = PhoneRefusal(
        status: 500, code: "broken", message: "The server cannot do this now. Please try again.")

    static let tooManyWaits = PhoneRefusal(
        status: 429, code: "too_many", message: "This page is open too many times. Close some.", retryAfter: 30)

    static func over(_ status: Approval.Status) -> PhoneRefusal {
        PhoneRefusal(
            status: 409, code: "over", message: "This request is over.",
            more: [("status", JSONText.string(status.rawValue))])
    }
}

/// A device that has signed its call; only `phone(authorization:method:path:body:)` makes one.
public struct Phone: Sendable {
    let device: Device
    /// The UUID of the device.
    public var id: String { device.id }
    /// The id of its user.
    public var user: AuthyID { device.user }
    /// Whether the device is confirmed and not removed.
    public var isConfirmed: Bool { device.isActive }

    fileprivate init(_ device: Device) { self.device = device }
}

extension AuthyService {
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
        return Self.link(base, token)
    }

    /// The most links that applications can have sent to one number in a day, so that mistyped numbers cost little.
    ///
    /// Each application that the person has allowed has a count of its own; all others share one.
    private static let linksOfDay: Int64 = 5

    /// Sends a link to a person without a phone; a link that cannot be sent is not an error of users/new.
    func sendLink(to user: AuthyID, _ phone: PhoneNumber, by caller: Caller) async throws {
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
            let sender = member.mayAsk ? caller.id : LinkSender.strangers
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
    /// - Throws: `PhoneRefusal`: `link_unknown`, `link_used`, `link_expired`, `invalid`, or `too_many` if the user has
    ///   too many phones; `RecordStoreError` or `VaultError` if the server cannot store it.
    public func enrol(_ parameters: Parameters, from address: String) async throws -> Answer {
        guard let token = parameters.text("token"), let encoded = parameters.text("public_key"),
            let point = Base64URL.decode(encoded),
            let key = DeviceKey(uncompressedPoint: point),
            let signature = parameters.text("signature").flatMap(Base64URL.decode),
            key.isValid(signature: signature, of: "countersign-enrol-1\n\(token)\n\(encoded)")
        else { throw PhoneRefusal.invalid }
        let now = now()
        let hash = Array(SHA256.hash(data: Array(token.utf8)))
        let name = Self.deviceName(parameters.text("name"))
        let os =
            parameters.text("os_type").flatMap { ["android", "ios", "desktop"].contains($0) ? $0 : nil } ?? "other"
        // A caller without a valid link costs no write transaction.
        guard try await store.read({ try $0.enrolment(hash: hash) }) != nil else { throw PhoneRefusal.unknownLink }
        let device = try await store.write { records in
            guard var enrolment = try records.enrolment(hash: hash) else { throw PhoneRefusal.unknownLink }
            if let used = enrolment.device {
                guard let device = try records.device(used), device.publicKey == point, device.removed == nil else {
                    throw PhoneRefusal.usedLink
                }
                return device
            }
            try checkOpen(enrolment, at: now, in: records)
            try checkRoom(of: enrolment.user, in: records)
            var device = Device(
                id: Random.uuid(), user: enrolment.user, publicKey: point, name: name, osType: os, created: now,
                address: address)
            device.application = enrolment.application
            device.confirmation = try vault.seal(Array(Random.digits(7).utf8), as: Purpose.confirmation(device.id))
            enrolment.device = device.id
            try records.put(device)
            try records.put(enrolment)
            return device
        }
        log.notice(
            "device_enrolled", metadata: ["user": "\(device.user)", "device": "\(device.id)", "address": "\(address)"])
        // The person's other phones ask whether the new one is theirs.
        waiters.wake(.user(device.user))
        return Answer([("device", JSONText.string(device.id)), ("now", String(now))])
    }

    private static func deviceName(_ text: String?) -> String {
        let plain = (text ?? "").unicodeScalars.filter {
            !$0.properties.isDefaultIgnorableCodePoint && $0.value >= 0x20 && $0.value != 0x7F
        }
        let name = String(String.UnicodeScalarView(plain.prefix(60)))
        return name.isEmpty ? "Phone" : name
    }

    /// Authenticates a call of the phone page by `Authorization: Countersign DEVICE.TIME.SIGNATURE`.
    ///
    /// - Parameters:
    ///   - authorization: The value of the header; nil if it is missing.
    ///   - method: The HTTP method.
    ///   - path: The part of the URL after `public_url`, with its query.
    ///   - body: The body of the request.
    /// - Returns: The device.
    /// - Throws: `PhoneRefusal`: `unknown_device` if the device is unknown or removed or the signature is invalid,
    ///   `clock` if the time is more than 90 seconds off; `RecordStoreError` if the records cannot be read.
    public func phone(authorization: String?, method: String, path: String, body: [UInt8]) async throws -> Phone {
        let parts = authorization?.split(separator: " ", maxSplits: 1) ?? []
        let fields = parts.last?.split(separator: ".", omittingEmptySubsequences: false) ?? []
        guard parts.count == 2, parts[0] == "Countersign", fields.count == 3, fields[0].utf8.count == 36,
            let time = Int64(fields[1]),
            let signature = Base64URL.decode(String(fields[2]))
        else { throw PhoneRefusal.unknownDevice }
        guard let device = try await store.read({ try $0.device(String(fields[0])) }),
            let key = DeviceKey(uncompressedPoint: device.publicKey)
        else {
            throw PhoneRefusal.unknownDevice
        }
        let hash = Base64URL.encode(Array(SHA256.hash(data: body)))
        guard key.isValid(signature: signature, of: "countersign-call-1\n\(method)\n\(path)\n\(fields[1])\n\(hash)"),
            device.removed == nil
        else {
            throw PhoneRefusal.unknownDevice
        }
        let now = now()
        guard (now - 90...now + 90).contains(time) else {
            throw PhoneRefusal(
                status: 401, code: "clock", message: "The clock of this phone is off.", more: [("now", String(now))])
        }
        if now - device.lastSeen > 600 { try await touch(device, at: now) }
        return Phone(device)
    }

    private func touch(_ device: Device, at now: Int64) async throws {
        try await store.write { records in
            guard var device = try records.device(device.id) else { return }
            device.lastSeen = now
            try records.put(device)
        }
    }

    /// Returns the state that the page shows (`GET state`).
    ///
    /// It returns at once if `seen` is not the current revision; otherwise when something changes or the time is over.
    ///
    /// - Parameters:
    ///   - phone: The device that calls.
    ///   - seen: The revision that the page has; nil for none.
    ///   - seconds: How long to wait for a change, at most 60 seconds; 0 to return at once (`Prefer: wait=N`, RFC
    ///     7240).
    ///   - watch: Called with a function that ends the wait, once there is a wait to end; it calls the function when
    ///     the client disconnects.
    /// - Returns: The state and its revision.
    /// - Throws: `PhoneRefusal`: `unknown_device` if the device was removed, `too_many` if the device waits too often;
    ///   `RecordStoreError` or `VaultError` if the state cannot be read.
    public func state(
        of phone: Phone, seen: String?, wait seconds: Int64,
        watch: @Sendable (@escaping @Sendable () -> Void) async -> Void
    ) async throws -> Answer {
        var state = try await state(of: phone.device)
        let deadline = waiters.uptime() + min(seconds, 60)
        var hasNews = seconds > 0
        while hasNews, seen == state.revision {
            let end = state.firstEnd.map { waiters.uptime() + min(max(0, $0 - now()) + 1, 60) } ?? .max
            guard let ticket = waiters.ticket(for: .user(phone.user), of: phone.device.id, until: min(deadline, end))
            else {
                throw PhoneRefusal.tooManyWaits
            }
            state = try await waiters.look(with: ticket) { try await self.state(of: phone.device) }
            if seen == state.revision {
                await watch { [waiters] in waiters.end(ticket) }
                hasNews = await waiters.wait(for: ticket)
                state = try await self.state(of: phone.device)
            } else {
                waiters.end(ticket)
            }
        }
        return state.answer(at: now())
    }

    private struct State {
        let members: [(name: String, json: String)]
        let firstEnd: Int64?
        let revision: String

        init(_ members: [(name: String, json: String)], firstEnd: Int64?) {
            self.members = members
            self.firstEnd = firstEnd
            revision = Base64URL.encode(Array(SHA256.hash(data: Array(JSONText.object(members).utf8)).prefix(12)))
        }

        func answer(at now: Int64) -> Answer {
            Answer([("revision", JSONText.string(revision)), ("now", String(now))] + members)
        }
    }

    private func state(of known: Device) async throws -> State {
        let now = now()
        let (device, user, requests, tokens, joining, questions, key) = try await store.read { records in
            guard let device = try records.device(known.id), device.removed == nil,
                let user = try records.user(device.user)
            else {
                throw PhoneRefusal.unknownDevice
            }
            let requests = device.isActive ? try records.pendingApprovals(of: user.id, at: now) : []
            let members = device.isActive ? try records.members(of: user.id) : []
            let tokens = try members.filter { $0.refused == nil }
                .map { ($0.application, try records.application($0.application)?.name ?? "", $0.added) }
            let questions = try openQuestions(members, in: records)
            let joining = device.isActive ? try records.devices(of: user.id).filter { $0.isNew(at: now) } : []
            return (device, user, requests, tokens, joining, questions, try records.value(VAPID.publicName))
        }
        var members: [(name: String, json: String)] = [
            (
                "device",
                JSONText.object([
                    ("id", JSONText.string(device.id)), ("name", JSONText.string(device.name)),
                    ("confirmed", device.isActive ? "true" : "false"),
                ])
            )
        ]
        if let sealed = device.confirmation {
            let code = String(decoding: try vault.open(sealed, as: Purpose.confirmation(device.id)), as: UTF8.self)
            members.append(("confirmation", JSONText.string(code)))
        }
        members += [
            ("user", JSONText.object([("phone", JSONText.string(try self.contact(of: user).phone.masked))])),
            ("push_key", JSONText.string(Base64URL.encode(key ?? []))), ("push", device.push == nil ? "false" : "true"),
            (
                "tokens",
                JSONText.array(
                    tokens.map {
                        JSONText.object([
                            ("id", JSONText.string(String($0.0))), ("application", JSONText.string($0.1)),
                            ("added", String($0.2)),
                        ])
                    })
            ),
            ("joining", JSONText.array(joining.map(Self.joining))), ("consents", JSONText.array(questions)),
            (
                "requests",
                JSONText.array(
                    requests.map {
                        JSONText.object([
                            ("id", JSONText.string($0.id.description)), ("text", JSONText.string($0.text)),
                        ])
                    })
            ),
        ]
        return State(members, firstEnd: requests.compactMap(\.ends).min())
    }

    /// Describes a new phone to a confirmed one, as JSON.
    private static func joining(_ device: Device) -> String {
        JSONText.object([
            ("id", JSONText.string(device.id)), ("name", JSONText.string(device.name)),
            ("address", JSONText.string(device.address)),
            ("created", String(device.created)),
        ])
    }

    /// Records the signed answer to an approval request (`POST answer`).
    ///
    /// A wrong check number denies the request, whichever decision was signed. The same answer again gets the same
    /// response.
    ///
    /// - Parameters:
    ///   - parameters: `id`, `decision`, `choice` and `signature`.
    ///   - phone: The device that calls.
    /// - Returns: The status of the request, and the reason if an approval became a denial.
    /// - Throws: `PhoneRefusal`: `unconfirmed`, `unknown_device`, `unknown`, `invalid`, or `over` if the request is no
    ///   longer pending; `RecordStoreError` if the server cannot store it.
    public func answer(_ parameters: Parameters, from phone: Phone) async throws -> Answer {
        guard phone.device.isActive else { throw PhoneRefusal.unconfirmed }
        guard let id = parameters.text("id").flatMap({ ApprovalRequestID($0) }), let word = parameters.text("decision"),
            let decision = Approval.Status(rawValue: word), decision == .approved || decision == .denied,
            let signature = parameters.text("signature").flatMap(Base64URL.decode),
            let key = DeviceKey(uncompressedPoint: phone.device.publicKey)
        else { throw PhoneRefusal.invalid }
        let choice = parameters.text("choice")
        let now = now()
        let decided = try await store.write { records -> (Approval, Bool) in
            guard let device = try records.device(phone.device.id), device.isActive else {
                throw PhoneRefusal.unknownDevice
            }
            guard var approval = try records.approval(id), approval.user == phone.user else {
                throw PhoneRefusal.unknown
            }
            let signed = "countersign-answer-1\n\(word)\n\(choice ?? "")\n\(approval.text)"
            guard key.isValid(signature: signature, of: signed) else { throw PhoneRefusal.invalid }
            if let old = approval.answer, old.device == device.id, old.signed == signed { return (approval, false) }
            guard approval.standing(at: now) == .pending else { throw PhoneRefusal.over(approval.standing(at: now)) }
            let isWrong = decision == .approved && approval.number != nil && approval.number != choice
            approval.status = isWrong ? .denied : decision
            approval.answer = Approval.Answer(
                device: device.id, signed: signed, signature: signature, reason: isWrong ? "wrong_number" : nil)
            approval.processed = now
            approval.updated = now
            if try records.application(approval.application)?.callback != nil { approval.telling = .due }
            try records.put(approval)
            return (approval, true)
        }
        if decided.1 { tell(decided.0, by: phone) }
        let reason = decided.0.answer?.reason.map { [(name: "reason", json: JSONText.string($0))] } ?? []
        return Answer([(name: "status", json: JSONText.string(decided.0.status.rawValue))] + reason)
    }

    private func tell(_ approval: Approval, by phone: Phone) {
        waiters.wake(.approval(approval.id))
        waiters.wake(.user(approval.user))
        log.notice(
            "request_decided",
            metadata: approval.trace.merging([
                "status": "\(approval.status.rawValue)", "reason": "\(approval.answer?.reason ?? "")",
                "device": "\(phone.device.id)",
            ]) { $1 })
        if approval.telling == .due { outbox.tell() }
    }

    /// Records that the person did not start a login that was denied (`POST report`).
    ///
    /// - Parameters:
    ///   - parameters: `id` is the UUID of the request.
    ///   - phone: The device that calls.
    /// - Returns: An empty object.
    /// - Throws: `PhoneRefusal`: `unconfirmed`, `invalid`, or `unknown` if the user has no denied request with this id;
    ///   `RecordStoreError` if the server cannot store it.
    public func report(_ parameters: Parameters, from phone: Phone) async throws -> Answer {
        let now = now()
        guard phone.device.isActive else { throw PhoneRefusal.unconfirmed }
        guard let id = parameters.text("id").flatMap({ ApprovalRequestID($0) }) else { throw PhoneRefusal.invalid }
        let isNew = try await store.write { records in
            guard var approval = try records.approval(id), approval.user == phone.user, approval.status == .denied
            else {
                throw PhoneRefusal.unknown
            }
            guard !approval.reported else { return false }
            approval.reported = true
            approval.updated = now
            try records.put(approval)
            try records.add(
                Activity(
                    user: phone.user, application: approval.application, at: now, kind: "reported",
                    detail: id.description))
            return true
        }
        if isNew {
            log.warning(
                "request_reported",
                metadata: ["user": "\(phone.user)", "request": "\(id)", "device": "\(phone.device.id)"])
        }
        return Answer([])
    }

    /// Returns the SoftToken secret for one application (`GET tokens/ID`).
    ///
    /// - Parameters:
    ///   - id: The id of the application as in the path.
    ///   - phone: The device that calls.
    /// - Returns: The secret in Base64url, and the parameters of TOTP (RFC 6238).
    /// - Throws: `PhoneRefusal`: `unconfirmed`, or `unknown` if the user is not in the application or has refused it;
    ///   `RecordStoreError` or `VaultError` if it cannot be read.
    public func token(_ id: String, for phone: Phone) async throws -> Answer {
        guard phone.device.isActive else { throw PhoneRefusal.unconfirmed }
        guard let application = Int64(id) else { throw PhoneRefusal.unknown }
        let found = try await store.read {
            (try $0.member(application: application, user: phone.user), try $0.application(application))
        }
        guard let member = found.0, member.refused == nil, let name = found.1?.name else { throw PhoneRefusal.unknown }
        let secret = try vault.open(member.secret, as: Purpose.secret(member))
        return Answer([
            ("id", JSONText.string(id)), ("application", JSONText.string(name)),
            ("secret", JSONText.string(Base64URL.encode(secret))),
            ("algorithm", JSONText.string("SHA-1")), ("digits", "6"), ("period", "30"),
        ])
    }

    /// Stores or removes the push subscription of a device (`POST push`).
    ///
    /// - Parameters:
    ///   - parameters: `endpoint`, `p256dh` and `auth`; none of them to remove the subscription.
    ///   - phone: The device that calls.
    /// - Returns: An empty object.
    /// - Throws: `PhoneRefusal`: `invalid` if the keys are invalid or the server may not call the push service,
    ///   `unknown` if the device was removed; `RecordStoreError` if the server cannot store it.
    public func setPush(_ parameters: Parameters, from phone: Phone) async throws -> Answer {
        let push = try self.push(parameters)
        try await change(phone.device.id, of: phone) { $0.push = push }
        return Answer([])
    }

    private func push(_ parameters: Parameters) throws -> Device.Push? {
        guard let endpoint = parameters.text("endpoint") else { return nil }
        guard let key = parameters.text("p256dh").flatMap(Base64URL.decode),
            let authentication = parameters.text("auth").flatMap(Base64URL.decode),
            PushSubscription(publicKey: key, authentication: authentication) != nil, endpoint.utf8.count <= 1_024,
            outbox.mayPush(to: endpoint)
        else { throw PhoneRefusal.invalid }
        return Device.Push(endpoint: endpoint, publicKey: key, authentication: authentication)
    }

    private func change(_ id: String, of phone: Phone, _ change: @escaping @Sendable (inout Device) -> Void)
        async throws
    {
        try await store.write { records in
            guard var device = try records.device(id), device.user == phone.user, device.removed == nil else {
                throw PhoneRefusal.unknown
            }
            change(&device)
            try records.put(device)
        }
        waiters.wake(.user(phone.user))
    }

    /// Lists the user's devices that are not removed, oldest first (`GET devices`).
    ///
    /// - Parameter phone: The device that calls.
    /// - Returns: The devices.
    /// - Throws: `PhoneRefusal`: `unconfirmed`; `RecordStoreError` if the records cannot be read.
    public func devices(of phone: Phone) async throws -> Answer {
        guard phone.device.isActive else { throw PhoneRefusal.unconfirmed }
        let devices = try await store.read { try $0.devices(of: phone.user) }.filter { $0.removed == nil }
        return Answer([
            (
                "devices",
                JSONText.array(
                    devices.map { device in
                        JSONText.object([
                            ("id", JSONText.string(device.id)), ("name", JSONText.string(device.name)),
                            ("os_type", JSONText.string(device.osType)),
                            ("created", String(device.created)), ("last_seen", String(device.lastSeen)),
                            ("confirmed", device.isActive ? "true" : "false"),
                            ("this", device.id == phone.device.id ? "true" : "false"),
                        ])
                    })
            )
        ])
    }

    /// Renames a device (`POST devices/UUID`).
    ///
    /// - Parameters:
    ///   - id: The UUID of the device as in the path.
    ///   - parameters: `name` is cut to 60 characters.
    ///   - phone: The device that calls.
    /// - Returns: An empty object.
    /// - Throws: `PhoneRefusal`: `unconfirmed`, or `unknown` if the user has no such device; `RecordStoreError` if the
    ///   server cannot store it.
    public func renameDevice(_ id: String, _ parameters: Parameters, from phone: Phone) async throws -> Answer {
        guard phone.device.isActive else { throw PhoneRefusal.unconfirmed }
        let name = Self.deviceName(parameters.text("name"))
        try await change(id, of: phone) { $0.name = name }
        return Answer([])
    }

    /// Confirms a new phone with the code that it shows, from a confirmed one (`POST devices/UUID/confirm`).
    ///
    /// - Parameters:
    ///   - id: The UUID of the new device as in the path.
    ///   - parameters: `code` is the code; blanks and hyphens are ignored.
    ///   - phone: The device that calls.
    /// - Returns: An empty object.
    /// - Throws: `PhoneRefusal`: `unconfirmed`, `wrong_code` for another code, `unknown` if no new phone has this id;
    ///   `RecordStoreError` or `VaultError` if the server cannot store it.
    public func confirmDevice(_ id: String, _ parameters: Parameters, from phone: Phone) async throws -> Answer {
        let code = (parameters.text("code") ?? "").filter { $0 != " " && $0 != "-" }
        let now = now()
        try await store.write { records in
            guard let own = try records.device(phone.device.id), own.isActive else { throw PhoneRefusal.unconfirmed }
            guard let new = try records.device(id), new.user == own.user, new.isNew(at: now) else {
                throw PhoneRefusal.unknown
            }
            guard try newDevice(showing: code, of: own.user, at: now, in: records)?.id == id,
                try confirm(code, of: own.user, at: now, in: records) != nil
            else { throw PhoneRefusal.wrongCode }
        }
        waiters.wake(.user(phone.user))
        log.notice(
            "device_confirmed", metadata: ["user": "\(phone.user)", "device": "\(id)", "by": "\(phone.device.id)"])
        return Answer([])
    }

    /// Removes a device (`DELETE devices/UUID`); a device that is not confirmed can remove only itself.
    ///
    /// - Parameters:
    ///   - id: The UUID of the device as in the path.
    ///   - phone: The device that calls.
    /// - Returns: An empty object.
    /// - Throws: `PhoneRefusal`: `unconfirmed`, or `unknown` if the user has no such device; `RecordStoreError` if the
    ///   server cannot store it.
    public func removeDevice(_ id: String, from phone: Phone) async throws -> Answer {
        guard phone.device.isActive || id == phone.device.id else { throw PhoneRefusal.unconfirmed }
        let now = now()
        try await change(id, of: phone) { $0.remove(at: now) }
        log.notice(
            "device_removed", metadata: ["user": "\(phone.user)", "device": "\(id)", "by": "\(phone.device.id)"])
        return Answer([])
    }

    /// Returns one page of the user's history, newest first (`GET history`).
    ///
    /// - Parameters:
    ///   - phone: The device that calls.
    ///   - before: Only entries before this Unix time in seconds; nil for the first page.
    /// - Returns: At most 30 entries; `next` is `before` of the next page, or null.
    /// - Throws: `PhoneRefusal`: `unconfirmed`; `RecordStoreError` if the records cannot be read.
    public func history(of phone: Phone, before: Int64?) async throws -> Answer {
        guard phone.device.isActive else { throw PhoneRefusal.unconfirmed }
        let before = before ?? .max
        let now = now()
        let page = 30
        let (approvals, activities, names, devices) = try await store.read { records in
            let names = Dictionary(
                try records.applications().map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
            let devices = Dictionary(
                try records.devices(of: phone.user).map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
            return (
                try records.approvals(of: phone.user, before: before, limit: page),
                try records.activities(of: phone.user, before: before, limit: page),
                names, devices
            )
        }
        let requests = approvals.filter { $0.standing(at: now) != .pending }.map { approval in
            (
                at: approval.created,
                json: Self.entry(approval, standing: approval.standing(at: now), names[approval.application], devices)
            )
        }
        let others = activities.filter { $0.kind != "reported" }.map {
            (at: $0.at, json: Self.entry($0, $0.application.flatMap { names[$0] }))
        }
        let entries = (requests + others).sorted { $0.at > $1.at }.prefix(page)
        let hasMore = approvals.count == page || activities.count == page
        return Answer([
            ("entries", JSONText.array(entries.map(\.json))),
            ("next", hasMore ? entries.last.map { String($0.at) } ?? "null" : "null"),
        ])
    }

    private static func entry(
        _ approval: Approval, standing: Approval.Status, _ application: String?, _ devices: [String: String]
    )
        -> String
    {
        JSONText.object([
            ("at", String(approval.created)), ("kind", JSONText.string("request")),
            ("application", application.map(JSONText.string) ?? "null"),
            ("status", JSONText.string(standing.rawValue)), ("message", JSONText.string(approval.message)),
            ("request", JSONText.string(approval.text)),
            ("device", approval.answer.flatMap { devices[$0.device] }.map(JSONText.string) ?? "null"),
            ("reported", approval.reported ? "true" : "false"),
        ])
    }

    private static func entry(_ activity: Activity, _ application: String?) -> String {
        JSONText.object([
            ("at", String(activity.at)), ("kind", JSONText.string(activity.kind)),
            ("application", application.map(JSONText.string) ?? "null"),
            ("status", "null"), ("message", JSONText.string(activity.detail)), ("device", "null"),
            ("reported", "false"),
        ])
    }
}

/// The names of the values in the store that belong to the VAPID key.
public enum VAPID {
    /// The public key, 65 bytes.
    public static let publicName = "vapid_public"
    /// The sealed private key.
    public static let sealedName = "vapid_sealed"
    /// The purpose for which the private key is sealed.
    public static let purpose = "vapid"
}
