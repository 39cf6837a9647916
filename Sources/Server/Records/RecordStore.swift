public import Identifiers

/// All that the server keeps. SQLite stands behind it (`SQLiteRecordStore`); another database can.
///
/// Bodies run on a thread of the store, alone in their transaction; they must be quick and must not wait for anything.
/// Whoever cannot write gets an error from `write`, and nothing of the body is kept.
public protocol RecordStore: Sendable {
    /// Sees only what is durable.
    func read<T: Sendable>(_ body: @Sendable (any RecordReading) throws -> T) async throws -> T
    /// One transaction: all of it is on the disk when this returns, or none of it ever is.
    func write<T: Sendable>(_ body: @escaping @Sendable (any RecordWriting) throws -> T) async throws -> T
    /// A consistent copy in a new file that only this user may read, while others go on.
    func backUp(to path: String) async throws
}

public protocol RecordReading {
    /// The application of a key that is worth something at that moment, and the key; nil for a key that is unknown or has ended, or an
    /// application that was revoked.
    func application(keyHash: [UInt8], at now: Int64) throws -> (application: Application, key: APIKeyRecord)?
    func application(_ id: Int64) throws -> Application?
    /// In the order of creation.
    func applications() throws -> [Application]
    /// Newest first.
    func keys(of application: Int64) throws -> [APIKeyRecord]

    func user(_ id: AuthyID) throws -> User?
    func user(phoneHash: [UInt8]) throws -> User?
    /// Ascending by id.
    func users(after id: Int64, limit: Int) throws -> [User]
    func member(application: Int64, user: AuthyID) throws -> Member?
    func members(of user: AuthyID) throws -> [Member]
    func memberCount(of application: Int64) throws -> Int64
    /// Of all its users together, in ten minutes and in a day.
    func wrongCodes(of application: Int64) throws -> (inTenMinutes: Count, inDay: Count)
    func formerMember(application: Int64, phoneHash: [UInt8]) throws -> FormerMember?
    /// Those with one phone, of all applications.
    func formerMembers(phoneHash: [UInt8]) throws -> [FormerMember]

    func device(_ id: String) throws -> Device?
    /// Also the removed ones, oldest first.
    func devices(of user: AuthyID) throws -> [Device]
    func enrolment(hash: [UInt8]) throws -> Enrolment?

    func approval(_ id: ApprovalRequestID) throws -> Approval?
    /// Those whose status is pending and that have not ended by then, oldest first.
    func pendingApprovals(of user: AuthyID, at now: Int64) throws -> [Approval]
    /// How many of them are of one application.
    func pendingCount(of user: AuthyID, application: Int64, at now: Int64) throws -> Int64
    /// Those created before that moment, newest first.
    func approvals(of user: AuthyID, before: Int64, limit: Int) throws -> [Approval]
    /// Those whose application is still to be told, oldest first.
    func approvalsToTell(limit: Int) throws -> [Approval]
    /// Those from before that moment, newest first.
    func activities(of user: AuthyID, before: Int64, limit: Int) throws -> [Activity]

    /// Links that an application, or a `LinkSender`, had made for a number.
    func linksSent(application: Int64, phoneHash: [UInt8]) throws -> Count
    func phoneCheck(application: Int64, phoneHash: [UInt8]) throws -> PhoneCheck?
    func phoneCheck(application: Int64, id: String) throws -> PhoneCheck?
    /// Newest first.
    func deliveries(user: AuthyID?, limit: Int) throws -> [DeliveryRecord]
    /// Newest month first.
    func statistics(of application: Int64) throws -> [MonthOfStatistics]
    /// A value of the server's own, such as the sealed data key.
    func value(_ name: String) throws -> [UInt8]?
}

public protocol RecordWriting: RecordReading {
    /// Gives it the next number.
    func addApplication(name: String, callback: Application.Callback?, at now: Int64) throws -> Application
    func put(_ application: Application) throws
    func putWrongCodes(_ inTenMinutes: Count, _ inDay: Count, of application: Int64) throws
    func put(_ key: APIKeyRecord) throws
    /// False where the id or the phone is taken: then nothing was changed.
    func add(_ user: User) throws -> Bool
    func put(_ user: User) throws
    /// With all that hangs on the user: members, devices, enrolments, approvals, activities.
    func removeUser(_ id: AuthyID) throws
    func put(_ member: Member) throws
    /// With its approvals.
    func removeMember(application: Int64, user: AuthyID) throws
    func put(_ former: FormerMember) throws
    /// What is kept of former members with one phone goes with it to another; the other's own of the same application is lost.
    func moveFormerMembers(from phoneHash: [UInt8], to other: [UInt8]) throws
    func removeFormerMembers(phoneHash: [UInt8]) throws
    func put(_ device: Device) throws
    func put(_ enrolment: Enrolment) throws
    /// Ends the links of the user's phones that nobody has used.
    func endLinksOfPhones(of user: AuthyID, at now: Int64) throws
    /// Those that nobody used.
    func removeOpenEnrolments(of user: AuthyID) throws
    func put(_ approval: Approval) throws
    /// Says of the user's requests that ended by then without an answer that they have expired: nobody looks through them again.
    func expireApprovals(of user: AuthyID, at now: Int64) throws
    /// Takes an application's pending requests to a user back.
    /// - Returns: those that it were.
    func cancelApprovals(of user: AuthyID, application: Int64, at now: Int64) throws -> [ApprovalRequestID]
    func putLinksSent(_ count: Count, application: Int64, phoneHash: [UInt8]) throws
    func put(_ check: PhoneCheck) throws
    func removePhoneCheck(application: Int64, phoneHash: [UInt8]) throws
    func add(_ activity: Activity) throws
    func add(_ delivery: DeliveryRecord) throws
    /// Adds to the month's counts.
    func count(_ month: MonthOfStatistics) throws
    func setValue(_ name: String, to value: [UInt8]?) throws
    /// Approvals, activities, deliveries, enrolments, phone checks and counts of links that were over before that moment, and former members of then whose
    /// user is gone; at most so many of each.
    /// - Returns: how many went.
    func purge(before: Int64, limit: Int) throws -> Int
}
