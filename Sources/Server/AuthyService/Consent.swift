public import AuthyWire
internal import Encoding
internal import Identifiers
internal import Logging
internal import Records
internal import Vault

// Which applications may see and ask a person's phones: docs/develop/adr/0050

extension Member {
    /// Whether the application may see and ask the person's phones.
    var mayAsk: Bool { consented != nil }

    /// Records that the person has shown the application something that only their phone can have.
    ///
    /// A refusal on a phone stays.
    mutating func consent(at now: Int64) {
        if consented == nil, refused == nil { consented = now }
    }
}

extension APIService {
    /// How many applications a page asks about at once, so that they cannot fill it.
    private static let questionsAtOnce = 3
    /// The shortest code of phones/verification that counts as proof; a shorter one can be guessed.
    private static let shortestProof = 6

    /// Returns the phones that a member's application may see, removed ones included; none without the person's
    /// consent.
    func devices(for member: Member, in records: any RecordReading) throws -> [Device] {
        if member.mayAsk { try records.devices(of: member.user) } else { [] }
    }

    /// Records consent for the application whose link the phone has opened.
    ///
    /// An administrator's link counts for the person's only application, and only if it enrolls the person's first
    /// phone.
    ///
    /// - Parameters:
    ///   - device: The phone that is confirmed now.
    ///   - known: The person's phones before this one was confirmed.
    ///   - now: Unix time in seconds.
    ///   - records: The open transaction.
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func consent(of device: Device, among known: [Device], at now: Int64, in records: any RecordWriting) throws {
        let members = try records.members(of: device.user)
        let isFirst = !known.contains { $0.confirmed != nil }
        let only: Int64? = if isFirst && members.count == 1 { members.first?.application } else { nil }
        let application = device.application ?? only
        guard var member = members.first(where: { $0.application == application }) else { return }
        member.consent(at: now)
        try records.put(member)
    }

    /// Returns whether a code that was sent to this number was entered at the application (phones/verification).
    ///
    /// The code must be long enough to prove something.
    func isNumberProven(_ phoneHash: [UInt8], to application: Int64, in records: any RecordReading) throws -> Bool {
        guard let check = try records.phoneCheck(application: application, phoneHash: phoneHash), check.ends == 0 else {
            return false
        }
        return try vault.open(check.sealed, as: Purpose.phoneCheck(application: application, id: check.id)).count
            >= Self.shortestProof
    }

    /// Returns the applications that the page asks about, as JSON, oldest first.
    ///
    /// These are the applications that have added the person and are neither allowed nor refused.
    func openQuestions(_ members: [Member], in records: any RecordReading) throws -> [JSONValue] {
        try members.filter { $0.consented == nil && $0.refused == nil }.sorted {
            ($0.added, $0.application) < ($1.added, $1.application)
        }
        .compactMap { member in
            guard let application = try records.application(member.application), application.revoked == nil else {
                return nil
            }
            return [
                "id": .string(String(application.id)), "application": .string(application.name),
                "added": .integer(member.added),
            ]
        }
        .prefix(Self.questionsAtOnce).map { $0 }
    }

    /// Lists the applications that have added the person, and their decisions (`GET applications`).
    ///
    /// - Parameter phone: The device that calls.
    /// - Returns: The applications; `decision` is `allowed`, `refused` or null.
    /// - Throws: `PhoneAPIError` if the device is not confirmed; `RecordStoreError` if the records cannot be read.
    public func applications(of phone: Phone) async throws -> ServiceResponse {
        guard phone.isConfirmed else { throw PhoneAPIError.unconfirmed }
        let found = try await store.read { records in
            try records.members(of: phone.user).compactMap { member -> (Member, String)? in
                guard let application = try records.application(member.application), application.revoked == nil else {
                    return nil
                }
                return (member, application.name)
            }
        }
        return ServiceResponse([
            "applications": .array(
                found.map { member, name in
                    let decision: String? =
                        if member.consented != nil { "allowed" } else if member.refused != nil { "refused" } else {
                            nil
                        }
                    return [
                        "id": .string(String(member.application)), "application": .string(name),
                        "added": .integer(member.added), "decision": .string(orNull: decision),
                    ]
                })
        ])
    }

    /// Allows or refuses an application to see and ask the person's phones (`POST applications/ID`).
    ///
    /// A refusal cancels the application's pending requests. It is permanent until the person changes it: nothing that
    /// the application does asks again.
    ///
    /// - Parameters:
    ///   - id: The id of the application as in the path.
    ///   - parameters: `decision` is `allowed` or `refused`.
    ///   - phone: The device that calls.
    /// - Returns: An empty object.
    /// - Throws: `PhoneAPIError` if the device is not confirmed or has no such application, or a parameter is invalid;
    ///   `RecordStoreError` if the server cannot store it.
    public func decide(on id: String, parameters: Parameters, from phone: Phone) async throws -> ServiceResponse {
        guard let application = Int64(id), let decision = parameters.text("decision"),
            ["allowed", "refused"].contains(decision)
        else {
            throw PhoneAPIError.invalid
        }
        let isAllowed = decision == "allowed"
        let kind = if isAllowed { "consented" } else { "refused" }
        let now = now()
        let ended = try await store.write { records in
            guard let own = try records.device(phone.id), own.isActive else { throw PhoneAPIError.unconfirmed }
            guard var member = try records.member(application: application, user: own.user) else {
                throw PhoneAPIError.unknown
            }
            let isNew = if isAllowed { member.consented == nil } else { member.refused == nil }
            guard isNew else { return [ApprovalRequestID]() }
            (member.consented, member.refused) = if isAllowed { (now, nil) } else { (nil, now) }
            try records.put(member)
            try records.add(
                Activity(
                    user: own.user, application: application, at: now, kind: kind,
                    detail: own.name))
            if isAllowed { return [] }
            return try records.cancelApprovals(of: own.user, application: application, at: now)
        }
        waiters.wake(.user(phone.user))
        for request in ended {
            metrics.ended(request, as: .cancelled)
            waiters.wake(.approval(request))
        }
        log.notice(
            "consent_decided",
            metadata: [
                "application": "\(application)", "user": "\(phone.user)", "decision": "\(decision)",
                "device": "\(phone.id)",
            ])
        return ServiceResponse([:])
    }
}
