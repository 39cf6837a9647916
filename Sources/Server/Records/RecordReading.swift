public import Identifiers

/// The reads of a transaction.
///
/// Times are Unix time in seconds. Every function throws `RecordStoreError` if the database fails or a row is damaged.
public protocol RecordReading {
    /// Finds a valid API key.
    ///
    /// - Parameters:
    ///   - keyHash: SHA-256 of the key, 32 bytes.
    ///   - now: The time at which the key must be valid.
    /// - Returns: The application and the key; nil if the key is unknown or has ended, or the application was revoked.
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func application(keyHash: [UInt8], at now: Int64) throws -> (application: Application, key: APIKeyRecord)?

    /// Returns an application, revoked ones included; nil if there is none with this id.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func application(_ id: Int64) throws -> Application?

    /// Returns all applications, revoked ones included, in the order of creation.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func applications() throws -> [Application]

    /// Returns all API keys of an application, ended ones included, newest first.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func keys(of application: Int64) throws -> [APIKeyRecord]

    /// Returns a user; nil if there is none with this AuthyID.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func user(_ id: AuthyID) throws -> User?

    /// Finds a user by the keyed hash of the phone number; nil if there is none.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func user(phoneHash: [UInt8]) throws -> User?

    /// Returns at most `limit` users whose id is greater than `id`, in ascending order.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func users(after id: Int64, limit: Int) throws -> [User]

    /// Returns the membership of a user in an application; nil if there is none.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func member(application: Int64, user: AuthyID) throws -> Member?

    /// Returns all memberships of a user, in ascending order of the application.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func members(of user: AuthyID) throws -> [Member]

    /// Returns the number of users of an application; 0 if there is no such application.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func memberCount(of application: Int64) throws -> Int64

    /// Returns the wrong codes of all users of an application together, in ten minutes and in a day.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func wrongCodes(of application: Int64) throws -> (inTenMinutes: WindowCounter, inDay: WindowCounter)

    /// Returns what is kept of a removed member with this phone; nil if there is nothing.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func formerMember(application: Int64, phoneHash: [UInt8]) throws -> FormerMember?

    /// Returns what is kept of all removed members with this phone, in ascending order of the application.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func formerMembers(phoneHash: [UInt8]) throws -> [FormerMember]

    /// Returns a device, removed ones included; nil if there is none with this id.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func device(_ id: String) throws -> Device?

    /// Returns the number of devices that are confirmed and not removed.
    ///
    /// It walks over all devices: for statistics, not for calls.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func deviceCount() throws -> Int64

    /// Returns all devices of a user, removed ones included, oldest first.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func devices(of user: AuthyID) throws -> [Device]

    /// Finds an enrollment link by the SHA-256 of its token; nil if there is none.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func enrolment(hash: [UInt8]) throws -> Enrolment?

    /// Finds a code for a host by the SHA-256 of its secret; nil if there is none.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func hostInvitation(hash: [UInt8]) throws -> HostInvitation?

    /// Returns at most `limit` codes for hosts, newest first.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func hostInvitations(limit: Int) throws -> [HostInvitation]

    /// Returns the codes for hosts that are open, oldest first; their time may be over.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func openHostInvitations() throws -> [HostInvitation]

    /// Returns an approval request; nil if there is none with this id.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func approval(_ id: ApprovalRequestID) throws -> Approval?

    /// Returns the user's requests that are pending and have not ended at `now`, oldest first.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func pendingApprovals(of user: AuthyID, at now: Int64) throws -> [Approval]

    /// Returns the number of such requests of one application.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func pendingCount(of user: AuthyID, application: Int64, at now: Int64) throws -> Int64

    /// Returns at most `limit` requests that were created before a time, newest first.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func approvals(of user: AuthyID, before: Int64, limit: Int) throws -> [Approval]

    /// Returns at most `limit` requests whose callback is due, oldest first.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func approvalsWithDueCallback(limit: Int) throws -> [Approval]

    /// Returns at most `limit` activities of a user from before a time, newest first.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func activities(of user: AuthyID, before: Int64, limit: Int) throws -> [Activity]

    /// Returns how many links an application, or a `LinkSender`, had made for a phone number.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func linksSent(application: Int64, phoneHash: [UInt8]) throws -> WindowCounter

    /// Returns the phone check of an application for a phone number; nil if there is none.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func phoneCheck(application: Int64, phoneHash: [UInt8]) throws -> PhoneCheck?

    /// Returns the phone check of an application with this UUID; nil if there is none.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func phoneCheck(application: Int64, id: String) throws -> PhoneCheck?

    /// Returns at most `limit` deliveries, newest first: those to one user, or all if `user` is nil.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func deliveries(user: AuthyID?, limit: Int) throws -> [DeliveryRecord]

    /// Returns the monthly counters of an application, newest month first; months without calls are missing.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func statistics(of application: Int64) throws -> [MonthOfStatistics]

    /// Returns a value of the server's own, such as the wrapped data key; nil if there is none with this name.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func value(_ name: String) throws -> [UInt8]?
}
