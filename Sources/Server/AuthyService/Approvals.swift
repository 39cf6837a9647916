internal import ServerSettings
internal import Logging
public import AuthyWire
internal import Identifiers
internal import Records
internal import Crypto
internal import Vault

// Approval requests (OneTouch), for the application

extension AuthyService {
    /// Creates an approval request (Authy API: POST /onetouch/json/users/ID/approval_requests).
    ///
    /// It returns as soon as the request is on the disk; the phones are told afterwards.
    ///
    /// - Parameters:
    ///   - id: The AuthyID as in the path.
    ///   - caller: The application.
    ///   - parameters: The parameters of the call.
    /// - Returns: The UUID of the request.
    /// - Throws: `Refusal` if the user is unknown or has no device, a parameter is invalid, or a limit is reached;
    ///   `RecordStoreError` if the server cannot store it.
    public func createApproval(for id: String, by caller: Caller, _ parameters: Parameters) async throws -> Answer {
        let wish = try ApprovalParameters(parameters)
        let now = now()
        guard let user = AuthyID(id) else { throw Refusal.userNotFound }
        let approval = try await store.write { records in
            guard var member = try records.member(application: caller.id, user: user) else {
                throw Refusal.userNotFound
            }
            guard try devices(for: member, in: records).contains(where: \.isActive) else {
                throw Refusal(400, 60051, "The user has no OneTouch device.")
            }
            if let wait = member.requests.wait(Interval.tenMinutes, limit: settings.limits.requests, at: limitTime()) {
                throw Refusal.tooMany(retryAfter: wait)
            }
            try records.expireApprovals(of: user, at: now)
            if try records.pendingCount(of: user, application: caller.id, at: now) >= settings.limits.pendingRequests {
                throw Refusal.tooMany(retryAfter: 10)
            }
            member.requests.add(Interval.tenMinutes, at: limitTime())
            guard let approval = wish.approval(for: user, of: caller, at: now) else { throw Refusal.broken }
            try records.put(member)
            try records.put(approval)
            try records.count(Self.month(of: caller.id, at: now) { _ in })
            return approval
        }
        waiters.wake(.user(user))
        outbox.notify(
            Notification(
                request: approval.id, user: user, application: caller.id, title: caller.application.name,
                body: approval.message,
                ends: approval.ends))
        log.info("request_created", metadata: approval.trace)
        return Answer([
            ("approval_request", JSONText.object([("uuid", JSONText.string(approval.id.description))])),
            ("message", JSONText.string("Approval request was created.")), ("success", "true"),
        ])
    }

    /// Reads an approval request (Authy API: GET /onetouch/json/approval_requests/UUID).
    ///
    /// With a wait it returns at the moment of the decision, or when the time is over.
    ///
    /// - Parameters:
    ///   - name: The UUID as in the path.
    ///   - caller: The application.
    ///   - seconds: How long to wait for a decision, at most 60 seconds; 0 to return at once (`Prefer: wait=N`, RFC
    ///     7240).
    ///   - watch: Called with a function that ends the wait, once there is a wait to end; it calls the function when
    ///     the client disconnects.
    /// - Returns: The request and its status.
    /// - Throws: `Refusal` if there is no such request, the key has ended, or too many calls wait for it;
    ///   `RecordStoreError` or `VaultError` if it cannot be read.
    public func readApproval(
        _ name: String, by caller: Caller, wait seconds: Int64,
        watch: @Sendable (@escaping @Sendable () -> Void) async -> Void
    ) async throws -> Answer {
        let now = now()
        var reading = try await approval(name, of: caller)
        guard seconds > 0, reading.approval.standing(at: now) == .pending else { return reading.answer(at: now) }
        // One second more than the rest of the request's lifetime: either clock may be anywhere within its second.
        let left = reading.approval.ends.map { min($0 - now + 1, 60) } ?? 60
        let deadline = waiters.uptime() + min(seconds, left)
        var hasNews = true
        while hasNews, reading.approval.standing(at: self.now()) == .pending {
            let id = reading.approval.id
            guard let ticket = waiters.ticket(for: .approval(id), of: id.description, until: deadline) else {
                throw Refusal.tooMany(retryAfter: 5)
            }
            reading = try await waiters.look(with: ticket) { try await approval(name, of: caller) }
            if reading.approval.standing(at: self.now()) == .pending {
                await watch { [waiters] in waiters.end(ticket) }
                hasNews = await waiters.wait(for: ticket)
                reading = try await approval(name, of: caller)
            } else {
                waiters.end(ticket)
            }
        }
        return reading.answer(at: self.now())
    }

    /// Cancels a pending request (DELETE /onetouch/json/approval_requests/UUID; an extension of Authy's API).
    ///
    /// - Parameters:
    ///   - name: The UUID as in the path.
    ///   - caller: The application.
    /// - Returns: A message.
    /// - Throws: `Refusal` if there is no such request or it is no longer pending; `RecordStoreError` if the server
    ///   cannot store it.
    public func cancelApproval(_ name: String, by caller: Caller) async throws -> Answer {
        let now = now()
        let (user, id) = try await store.write { records in
            guard let id = ApprovalRequestID(name), var approval = try records.approval(id),
                approval.application == caller.id
            else {
                throw Self.notFound(name)
            }
            guard approval.standing(at: now) == .pending else {
                throw Refusal(409, 60079, "The approval request is no longer pending.")
            }
            approval.status = .cancelled
            approval.processed = now
            approval.updated = now
            try records.put(approval)
            return (approval.user, id)
        }
        waiters.wake(.user(user))
        waiters.wake(.approval(id))
        return Answer([("message", JSONText.string("Approval request was cancelled.")), ("success", "true")])
    }

    private static func notFound(_ name: String) -> Refusal {
        let shown = ApprovalRequestID(name)?.description ?? "no UUID"
        return Refusal(404, 60049, "Approval request not found: \(shown)")
    }

    /// Reads the request, and checks the key again: it may have ended while its holder waited.
    private func approval(_ name: String, of caller: Caller) async throws -> ApprovalView {
        guard let id = ApprovalRequestID(name) else { throw Self.notFound(name) }
        let now = now()
        let (approval, user, device) = try await store.read { records in
            guard try records.application(keyHash: caller.keyHash, at: now) != nil else { throw Refusal.key }
            guard let approval = try records.approval(id), approval.application == caller.id,
                let user = try records.user(approval.user)
            else {
                throw Self.notFound(name)
            }
            return (approval, user, try approval.answer.flatMap { try records.device($0.device) })
        }
        return ApprovalView(
            approval: approval, application: caller.application,
            email: try self.contact(of: user).email(of: caller.id) ?? "",
            device: device)
    }
}

extension Approval {
    /// The metadata of log entries about this request, including the host and the login attempt if the host has named
    /// them.
    var trace: Logger.Metadata {
        let hidden = JSONParameters.members(Array(hiddenDetails.utf8)) ?? []
        let said = hidden.compactMap { member -> (String, Logger.MetadataValue)? in
            guard [NewApprovalRequest.hostName, NewApprovalRequest.attemptName].contains(member.name),
                let text = member.value.text
            else {
                return nil
            }
            return (member.name, .string(String(text.unicodeScalars.prefix(200))))
        }
        return ["application": "\(application)", "user": "\(user)", "request": "\(id)"].merging(said) { first, _ in
            first
        }
    }

    /// The status at a time: a pending request whose time is over has expired, whatever is stored.
    func standing(at now: Int64) -> Status {
        if status == .pending, let ends, now >= ends { .expired } else { status }
    }
}

/// An approval request with everything that its application may read of it.
struct ApprovalView {
    let approval: Approval
    let application: Application
    let email: String
    let device: Device?

    func answer(at now: Int64) -> Answer {
        Answer([
            ("approval_request", JSONText.object(members(at: now))), ("success", "true"),
            ("message", JSONText.string("Approval request status.")),
        ])
    }

    private func members(at now: Int64) -> [(name: String, json: String)] {
        let standing = approval.standing(at: now)
        // Authy's clients know four statuses.
        let status = standing == .cancelled ? Approval.Status.expired : standing
        let id = JSONText.string(approval.id.description)
        let application = JSONText.string(Self.name(of: self.application.id))
        let processed = approval.processed.map { JSONText.string(Moment.text($0)) } ?? "null"
        return [
            ("_app_name", JSONText.string(self.application.name)), ("_app_serial_id", String(self.application.id)),
            ("_authy_id", String(approval.user.value)),
            ("_id", JSONText.string(approval.id.description.replacing("-", with: "").prefix(24).description)),
            ("_user_email", JSONText.string(Contact.passesValidators(email) ? email : "nobody@example.com")),
            ("app_id", application),
            ("created_at", JSONText.string(Moment.text(approval.created))),
            ("notified", approval.notified ? "true" : "false"),
            ("processed_at", processed), ("seconds_to_expire", String(approval.secondsToExpire)),
            ("status", JSONText.string(status.rawValue)),
            ("updated_at", JSONText.string(Moment.text(approval.updated))),
            ("user_id", JSONText.string(String(approval.user.value))),
            ("uuid", id),
            ("hidden_details", approval.hiddenDetails.isEmpty ? "{}" : approval.hiddenDetails),
            ("countersign", countersign(standing)),
        ]
    }

    /// Writes the signed answer with everything that is needed to verify it again.
    private func countersign(_ standing: Approval.Status) -> String {
        var members = [
            (name: "cancelled", json: standing == .cancelled ? "true" : "false"),
            ("reported", approval.reported ? "true" : "false"),
        ]
        if let answer = approval.answer {
            members += [
                ("reason", answer.reason.map(JSONText.string) ?? "null"), ("device", JSONText.string(answer.device)),
                ("device_name", JSONText.string(device?.name ?? "")),
                ("public_key", JSONText.string(Base64URL.encode(device?.publicKey ?? []))),
                ("signed", JSONText.string(answer.signed)),
                ("signature", JSONText.string(Base64URL.encode(answer.signature))),
            ]
        }
        return JSONText.object(members)
    }

    /// Writes an id as 24 hexadecimal digits, the form of Authy's application ids.
    static func name(of application: Int64) -> String {
        let hex = String(application, radix: 16)
        return String(repeating: "0", count: max(0, 24 - hex.utf8.count)) + hex
    }
}

/// The checked parameters of a new approval request.
private struct ApprovalParameters {
    static let years: Int64 = 10 * 366 * 86_400
    let message: String
    let details: [(String, String)]
    let hidden: String
    let logos: String
    let secondsToExpire: Int64
    let number: String?

    init(_ parameters: Parameters) throws {
        guard let message = parameters.text("message"), !message.isEmpty else { throw Refusal.missing("message") }
        guard let seconds = Int64(parameters.text("seconds_to_expire") ?? "86400"), (0...Self.years).contains(seconds)
        else {
            throw Refusal.parameter("seconds_to_expire")
        }
        self.message = Self.cut(message, 200)
        secondsToExpire = seconds
        number = try Self.number(parameters)
        details = try Self.details(parameters, without: number == nil ? nil : NewApprovalRequest.numberName)
        hidden = try Self.pairs(parameters["hidden_details"], "hidden_details").json
        logos = try Self.logos(parameters["logos"])
    }

    private static func number(_ parameters: Parameters) throws -> String? {
        guard let number = parameters.text("number", in: "countersign") else { return nil }
        guard let value = Int(number), let checked = CheckNumber(value), checked.description == number else {
            throw Refusal.parameter("countersign[number]")
        }
        return number
    }

    /// Reads the details: an object, or one plain text.
    private static func details(_ parameters: Parameters, without name: String?) throws -> [(String, String)] {
        if let text = parameters.text("details") { return [("Details", cut(text, 1_000))] }
        return try pairs(parameters["details"], "details").filter { $0.0 != name }
    }

    private static func pairs(_ parameter: Parameter?, _ name: String) throws -> [(String, String)] {
        let members = parameter?.members ?? []
        guard members.count <= 30 else { throw Refusal.parameter(name) }
        return try members.map { member in
            guard let text = member.value.text else { throw Refusal.parameter("\(name)[\(cut(member.name, 40))]") }
            return (cut(member.name, 100), cut(text, 1_000))
        }
    }

    /// Reads the logos as JSON; an empty text for none.
    ///
    /// Logos without an address are left out, because authy-rs sends the address as a second `res`; the request stays
    /// valid.
    private static func logos(_ parameter: Parameter?) throws -> String {
        guard let logos = parameter?.elements, !logos.isEmpty else { return "" }
        let all = try logos.prefix(8).compactMap { logo -> (String, String)? in
            guard let url = logo["url"]?.text, !url.isEmpty else { return nil }
            guard let res = logo["res"]?.text, ["default", "low", "med", "high"].contains(res), url.utf8.count <= 500
            else {
                throw Refusal.parameter("logos")
            }
            return (res, url)
        }
        // Authy's own example has no default logo, which shows nothing.
        guard all.contains(where: { $0.0 == "default" }) else { return "" }
        return JSONText.array(
            all.map { JSONText.object([("res", JSONText.string($0.0)), ("url", JSONText.string($0.1))]) })
    }

    static func cut(_ text: String, _ limit: Int) -> String {
        text.unicodeScalars.count > limit ? String(text.unicodeScalars.prefix(limit - 3)) + "..." : text
    }

    func approval(for user: AuthyID, of caller: Caller, at now: Int64) -> Approval? {
        guard let id = ApprovalRequestID(Random.uuid()) else { return nil }
        let ends = secondsToExpire == 0 ? nil : now + secondsToExpire
        return Approval(
            id: id, application: caller.id, user: user, text: text(id, user, caller.application.name, now, ends),
            message: message,
            hiddenDetails: hidden,
            logos: logos, number: number, created: now, secondsToExpire: secondsToExpire, ends: ends)
    }

    /// Writes the text that the phone shows and signs; the names are in alphabetical order.
    private func text(_ id: ApprovalRequestID, _ user: AuthyID, _ application: String, _ now: Int64, _ ends: Int64?)
        -> String
    {
        let shown = details.map { JSONText.array([JSONText.string($0.0), JSONText.string($0.1)]) }
        let choices = number.map { [("choices", JSONText.array(Self.choices($0).map(JSONText.string)))] } ?? []
        return JSONText.object(
            [("application", JSONText.string(application))] + choices + [
                ("created", String(now)), ("details", JSONText.array(shown)),
                ("ends", ends.map { String($0) } ?? "null"),
                ("id", JSONText.string(id.description)), ("message", JSONText.string(message)),
                ("user", String(user.value)),
            ])
    }

    /// Returns the number and two other possible numbers, in random order.
    private static func choices(_ number: String) -> [String] {
        let others = CheckNumber.range.map(String.init).filter { $0 != number }
        return ([number] + others.shuffled().prefix(2)).shuffled()
    }
}

extension [(String, String)] {
    fileprivate var json: String { isEmpty ? "" : JSONText.object(map { ($0.0, JSONText.string($0.1)) }) }
}

/// Writes times as the API does.
public enum Moment {
    /// Writes a time in UTC as in RFC 3339, section 5.6, such as `2026-11-24T01:02:03Z`.
    ///
    /// - Parameter unixTime: Unix time in seconds; negative times count as 0.
    /// - Returns: The text.
    public static func text(_ unixTime: Int64) -> String {
        let time = max(0, unixTime)
        let (year, month) = AuthyService.monthOfYear(time)
        let day = AuthyService.dayOfMonth(time)
        let clock = [time / 3_600 % 24, time / 60 % 60, time % 60].map(two).joined(separator: ":")
        return "\(year)-\(two(month))-\(two(day))T\(clock)Z"
    }

    private static func two(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
}
