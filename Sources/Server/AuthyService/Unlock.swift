public import Identifiers
internal import OATH
internal import Records
internal import ServerSettings

/// What `unlock` cleared.
public struct Unlocked: Sendable {
    /// Wrong codes, summed over the user's applications.
    public fileprivate(set) var wrongCodes: Int64 = 0
    /// Messages counted in the last ten minutes.
    public fileprivate(set) var messages: Int64 = 0
    /// Approval requests counted in the last ten minutes.
    public fileprivate(set) var requests: Int64 = 0
    /// E-mails about an enrollment counted in the last day.
    public fileprivate(set) var mails: Int64 = 0
    /// Links to the user's phone number counted in the last day.
    public let links: Int64
    /// Whether a time step was freed that was marked as used but lies in the future.
    public fileprivate(set) var freesCode = false

    fileprivate init(links: Int64) { self.links = links }

    fileprivate mutating func add(_ member: Member) {
        wrongCodes += max(member.wrongCodes.times, member.wrongCodesOfDay.times)
        messages += member.sends.times
        requests += member.requests.times
        mails += member.notices.times
    }
}

extension APIService {
    /// Clears the limits of a user in all applications, so that they can try again at once.
    ///
    /// Time steps that were marked as used while the clock was ahead are freed, if they are further ahead than a
    /// phone's clock may be.
    ///
    /// - Parameter id: The id of the user.
    /// - Returns: What was cleared.
    /// - Throws: `AdministrationError` if there is no such user; `RecordStoreError` if the server cannot store it.
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
                (member.wrongCodes, member.wrongCodesOfDay) = (WindowCounter(), WindowCounter())
                (member.sends, member.requests, member.notices) = (WindowCounter(), WindowCounter(), WindowCounter())
                if let spent = member.spent, spent > ahead { (member.spent, unlocked.freesCode) = (nil, true) }
                if let spent = member.genericSpent, spent > ahead {
                    (member.genericSpent, unlocked.freesCode) = (nil, true)
                }
                try records.put(member)
            }
            for sender in senders {
                try records.putLinksSent(WindowCounter(), application: sender, phoneHash: user.phoneHash)
            }
            return unlocked
        }
    }
}
