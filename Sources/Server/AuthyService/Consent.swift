public import AuthyWire
internal import Logging
internal import Identifiers
internal import Records
internal import Vault

// Which applications may know of a person's phones, and ask them: docs/develop/adr/0050

extension Member {
    /// Whether the application may know of the person's phones, and ask them.
    var mayAsk: Bool { consented != nil }

    /// The person has shown the application something that only their phone can have had. What was refused on a phone
    /// stays refused.
    mutating func consent(at now: Int64) {
        if consented == nil, refused == nil { consented = now }
    }
}

extension AuthyService {
    /// How many applications a page asks about at once, so that none can fill it.
    private static let questionsAtOnce = 3
    /// The shortest code of phones/verification that counts: a shorter one can be guessed.
    private static let shortestProof = 6

    /// The phones, also removed ones, that a member's application may know of: none before the person has let it.
    func devices(for member: Member, in records: any RecordReading) throws -> [Device] {
        member.mayAsk ? try records.devices(of: member.user) : []
    }

    /// Lets the application ask whose link the phone has opened. An administrator's link is for the only application
    /// that there is, and only if it makes the person's first phone.
    /// - Parameter known: the person's phones before this one was confirmed.
    func consent(of device: Device, among known: [Device], at now: Int64, in records: any RecordWriting) throws {
        let members = try records.members(of: device.user)
        let isFirst = !known.contains { $0.confirmed != nil }
        let application = device.application ?? (isFirst && members.count == 1 ? members.first?.application : nil)
        guard var member = members.first(where: { $0.application == application }) else { return }
        member.consent(at: now)
        try records.put(member)
    }

    /// Whether a code that was sent to this number was shown to the application (phones/verification), and is long
    /// enough to say something.
    func isNumberProven(_ phoneHash: [UInt8], to application: Int64, in records: any RecordReading) throws -> Bool {
        guard let check = try records.phoneCheck(application: application, phoneHash: phoneHash), check.ends == 0 else {
            return false
        }
        return try vault.open(check.sealed, as: Purpose.phoneCheck(application, check.id)).count >= Self.shortestProof
    }

    /// The applications that a page is to ask about: those that have added the person, and were neither let nor
    /// refused. Oldest first.
    func openQuestions(_ members: [Member], in records: any RecordReading) throws -> [String] {
        try members.filter { $0.consented == nil && $0.refused == nil }.sorted {
            ($0.added, $0.application) < ($1.added, $1.application)
        }
        .compactMap { member in
            guard let application = try records.application(member.application), application.revoked == nil else {
                return nil
            }
            return JSONText.object([
                ("id", JSONText.string(String(application.id))), ("application", JSONText.string(application.name)),
                ("added", String(member.added)),
            ])
        }
        .prefix(Self.questionsAtOnce).map { $0 }
    }

    /// `GET applications`: those that have added the person, and whether they may ask.
    public func applications(of phone: Phone) async throws -> Answer {
        guard phone.isConfirmed else { throw PhoneRefusal.unconfirmed }
        let found = try await store.read { records in
            try records.members(of: phone.user).compactMap { member in
                try records.application(member.application).flatMap { $0.revoked == nil ? (member, $0.name) : nil }
            }
        }
        return Answer([
            (
                "applications",
                JSONText.array(
                    found.map { member, name in
                        let decision = member.consented != nil ? "allowed" : member.refused != nil ? "refused" : nil
                        return JSONText.object([
                            ("id", JSONText.string(String(member.application))), ("application", JSONText.string(name)),
                            ("added", String(member.added)), ("decision", decision.map(JSONText.string) ?? "null"),
                        ])
                    })
            )
        ])
    }

    /// `POST applications/ID`: lets an application know of the person's phones and ask them, or refuses it. A refusal
    /// takes back what it has asked, and is remembered: nothing that the application does opens the question again.
    public func decide(on id: String, _ parameters: Parameters, from phone: Phone) async throws -> Answer {
        guard let application = Int64(id), let decision = parameters.text("decision"),
            ["allowed", "refused"].contains(decision)
        else {
            throw PhoneRefusal.invalid
        }
        let isAllowed = decision == "allowed"
        let now = now()
        let ended = try await store.write { records in
            guard let own = try records.device(phone.id), own.isActive else { throw PhoneRefusal.unconfirmed }
            guard var member = try records.member(application: application, user: own.user) else {
                throw PhoneRefusal.unknown
            }
            guard isAllowed ? member.consented == nil : member.refused == nil else { return [ApprovalRequestID]() }
            member.consented = isAllowed ? now : nil
            member.refused = isAllowed ? nil : now
            try records.put(member)
            try records.add(
                Activity(
                    user: own.user, application: application, at: now, kind: isAllowed ? "consented" : "refused",
                    detail: own.name))
            return isAllowed ? [] : try records.cancelApprovals(of: own.user, application: application, at: now)
        }
        hub.wake(.user(phone.user))
        for request in ended { hub.wake(.approval(request)) }
        log.notice(
            "consent_decided",
            metadata: [
                "application": "\(application)", "user": "\(phone.user)", "decision": "\(decision)",
                "device": "\(phone.id)",
            ])
        return Answer([])
    }
}
