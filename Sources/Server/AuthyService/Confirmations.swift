internal import Identifiers
internal import Records
internal import Vault

// Who confirms a new phone: docs/develop/adr/0049

extension AuthyService {
    /// The new phone that shows this code.
    func newDevice(showing code: String, of user: AuthyID, at now: Int64, in records: any RecordReading) throws
        -> Device?
    {
        try records.devices(of: user).first { device in
            guard device.isNew(at: now), let sealed = device.confirmation else { return false }
            return Self.same(try vault.open(sealed, as: Purpose.confirmation(device.id)), Array(code.utf8))
        }
    }

    /// Whether the code of a new phone, shown to a member's application, confirms it by itself: only for somebody who
    /// has never proven anything. For anybody else, a link and a password would get past the factor that was proven. A
    /// link that one application has sent is confirmed by no other.
    func confirmsItself(_ device: Device, for member: Member, in records: any RecordReading) throws -> Bool {
        guard device.application == nil || device.application == member.application else { return false }
        return try !hasProven(member, in: records) && !hasProvenElsewhere(member, in: records)
            && !records.devices(of: member.user).contains { $0.confirmed != nil }
    }

    /// Takes the code of a new phone that was given beside a right code. A phone is for all applications: where others
    /// have proofs of the person too, only a link of this one's own will do.
    func confirm(_ code: OneTimeCode, beside member: Member, at now: Int64, in records: any RecordWriting) throws {
        guard let device = try newDevice(showing: code.digits, of: member.user, at: now, in: records) else { return }
        let isOwn = device.application == member.application
        guard try isOwn || device.application == nil && !hasProvenElsewhere(member, in: records) else { return }
        try confirm(device, at: now, in: records)
    }

    /// Confirms the new phone that shows this code.
    func confirm(_ code: String, of user: AuthyID, at now: Int64, in records: any RecordWriting) throws -> Device? {
        guard let device = try newDevice(showing: code, of: user, at: now, in: records) else { return nil }
        try confirm(device, at: now, in: records)
        return device
    }

    func confirm(_ device: Device, at now: Int64, in records: any RecordWriting) throws {
        try consent(of: device, among: records.devices(of: device.user), at: now, in: records)
        var device = device
        device.confirmed = now
        device.confirmation = nil
        try records.put(device)
        try records.add(
            Activity(user: device.user, application: nil, at: now, kind: "device_added", detail: device.name))
    }

    /// Whether the person has proven something to the member's application, also before a removal, or as another user
    /// with the same number.
    private func hasProven(_ member: Member, in records: any RecordReading) throws -> Bool {
        guard let user = try records.user(member.user) else { return true }
        let former = try records.formerMember(application: member.application, phoneHash: user.phoneHash)
        return member.confirmed != nil || member.consented != nil || former?.confirmed != nil
            || former?.consented != nil
    }

    /// Whether the person has proven something to another application. One that was added later is believed only what
    /// it cannot have made up: it knows the secrets of its own authenticator apps, and must not take from an earlier
    /// one what that had.
    private func hasProvenElsewhere(_ member: Member, in records: any RecordReading) throws -> Bool {
        guard let user = try records.user(member.user) else { return true }
        let others = try records.members(of: user.id).filter { $0.application != member.application }
        let former = try records.formerMembers(phoneHash: user.phoneHash).filter {
            $0.application != member.application
        }
        let isBefore = { (other: Member) in (other.added, other.application) < (member.added, member.application) }
        return others.contains { $0.consented != nil || $0.confirmed != nil && isBefore($0) }
            || former.contains { $0.consented != nil }
    }
}

extension Device {
    /// Seconds.
    static let confirmationLifetime: Int64 = 86_400

    /// Whether it waits to be confirmed, and still can be.
    func isNew(at now: Int64) -> Bool {
        removed == nil && confirmed == nil && now - created < Self.confirmationLifetime
    }
}
