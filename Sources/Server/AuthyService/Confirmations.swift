internal import Identifiers
internal import Records
internal import Vault

// Confirmation of a new phone: docs/develop/adr/0049

extension APIService {
    /// Returns the new phone that shows this code; nil if there is none.
    func newDevice(showing code: String, of user: AuthyID, at now: Int64, in records: any RecordReading) throws
        -> Device?
    {
        try records.devices(of: user).first { device in
            guard device.isNew(at: now), let sealed = device.confirmation else { return false }
            return Self.isEqual(try vault.open(sealed, as: Purpose.confirmation(device.id)), to: Array(code.utf8))
        }
    }

    /// Returns whether the code of a new phone, entered at a member's application, confirms the phone by itself.
    ///
    /// It does so only for a person who has never proven anything. For others, a link and a password would bypass the
    /// proven factor. A link that one application has sent is not confirmed by another one.
    func confirmsItself(_ device: Device, for member: Member, in records: any RecordReading) throws -> Bool {
        guard device.application == nil || device.application == member.application else { return false }
        return try !hasProven(member, in: records) && !hasProvenElsewhere(member, in: records)
            && !records.devices(of: member.user).contains { $0.confirmed != nil }
    }

    /// Confirms a new phone whose code was entered together with a correct code of another factor.
    ///
    /// A phone works for all applications. If the person has proven something to other applications too, only a link
    /// that this application has sent is accepted.
    func confirm(_ code: OneTimeCode, beside member: Member, at now: Int64, in records: any RecordWriting) throws {
        guard let device = try newDevice(showing: code.digits, of: member.user, at: now, in: records) else { return }
        let isOwn = device.application == member.application
        guard try isOwn || device.application == nil && !hasProvenElsewhere(member, in: records) else { return }
        try confirm(device, at: now, in: records)
    }

    /// Confirms the new phone that shows this code; nil if there is none.
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

    /// Returns whether the person has proven something to the member's application.
    ///
    /// Proofs count also from before a removal, or as another user with the same number.
    private func hasProven(_ member: Member, in records: any RecordReading) throws -> Bool {
        guard let user = try records.user(member.user) else { return true }
        let former = try records.formerMember(application: member.application, phoneHash: user.phoneHash)
        return member.confirmed != nil || member.consented != nil || former?.confirmed != nil
            || former?.consented != nil
    }

    /// Returns whether the person has proven something to another application.
    ///
    /// For an application that was added later, only proofs count that it cannot have made up: it knows the secrets of
    /// its own authenticator apps, and must not take from an earlier application what that one had.
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
    /// How long a confirmation code is valid, in seconds.
    static let confirmationLifetime: Int64 = 86_400

    /// Whether the device waits for its confirmation and can still be confirmed.
    func isNew(at now: Int64) -> Bool {
        removed == nil && confirmed == nil && now - created < Self.confirmationLifetime
    }
}
