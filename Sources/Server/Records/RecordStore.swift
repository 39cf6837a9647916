public import Identifiers

/// Everything that the server stores; `SQLiteRecordStore` keeps it in SQLite, and another database can take its place.
///
/// A body runs alone in its transaction, possibly on a thread of the store. It must be quick and must not wait for
/// anything. If a write fails, `write` throws and nothing of its body is kept.
public protocol RecordStore: Sendable {
    /// Runs a body in a read transaction.
    ///
    /// - Parameter body: Sees only what is durable, and one state of it.
    /// - Returns: What the body returned.
    /// - Throws: What the body threw, or `RecordStoreError` if the records cannot be read.
    func read<T: Sendable>(_ body: @Sendable (any RecordReading) throws -> T) async throws -> T

    /// Runs a body in a write transaction: all of it is on the disk when this returns, or none of it ever is.
    ///
    /// - Parameter body: Reads and writes; if it throws, nothing of it is kept.
    /// - Returns: What the body returned.
    /// - Throws: What the body threw, or `RecordStoreError` if the records cannot be written.
    func write<T: Sendable>(_ body: @escaping @Sendable (any RecordWriting) throws -> T) async throws -> T

    /// Copies the records into a new file that only this user can access, while other threads continue.
    ///
    /// - Parameter path: The path of the new file, in an existing folder.
    /// - Throws: `RecordStoreError.exists` if the path is taken; another `RecordStoreError` if the copy fails.
    func backUp(to path: String) async throws
}

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

    /// Returns all devices of a user, removed ones included, oldest first.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func devices(of user: AuthyID) throws -> [Device]

    /// Finds an enrollment link by the SHA-256 of its token; nil if there is none.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be read.
    func enrolment(hash: [UInt8]) throws -> Enrolment?

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
    func approvalsToTell(limit: Int) throws -> [Approval]

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

/// The writes of a transaction.
///
/// `put` replaces a row with the same key or inserts a new one. Every function throws `RecordStoreError` if the
/// database fails: `.conflict` if the row contradicts another one, `.full` if the disk is full, and `.other` once the
/// transaction is over.
public protocol RecordWriting: RecordReading {
    /// Creates an application with the next free number.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func addApplication(name: String, callback: Application.Callback?, at now: Int64) throws -> Application

    /// Stores an application.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func put(_ application: Application) throws

    /// Stores the wrong codes of all users of an application together.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func putWrongCodes(_ inTenMinutes: WindowCounter, _ inDay: WindowCounter, of application: Int64) throws

    /// Stores an API key.
    ///
    /// - Throws: `RecordStoreError.conflict` if the key belongs to another application; another `RecordStoreError` if
    ///   the records cannot be written.
    func put(_ key: APIKeyRecord) throws

    /// Adds a user; returns false and changes nothing if the id or the phone is taken.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func add(_ user: User) throws -> Bool

    /// Stores a user.
    ///
    /// - Throws: `RecordStoreError.conflict` if the phone belongs to another user; another `RecordStoreError` if the
    ///   records cannot be written.
    func put(_ user: User) throws

    /// Removes a user and everything that belongs to it: members, devices, enrollments, approval requests, activities.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func removeUser(_ id: AuthyID) throws

    /// Stores a membership.
    ///
    /// - Throws: `RecordStoreError.conflict` if the application or the user is unknown; another `RecordStoreError` if
    ///   the records cannot be written.
    func put(_ member: Member) throws

    /// Removes a membership and its approval requests.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func removeMember(application: Int64, user: AuthyID) throws

    /// Stores what is kept of a removed member, in place of an earlier row with the same phone and application.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func put(_ former: FormerMember) throws

    /// Moves what is kept of removed members from one phone to another.
    ///
    /// A row of the other phone is replaced if it is of the same application.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func moveFormerMembers(from phoneHash: [UInt8], to other: [UInt8]) throws

    /// Removes what is kept of removed members with this phone.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func removeFormerMembers(phoneHash: [UInt8]) throws

    /// Stores a device; its user and creation time never change.
    ///
    /// - Throws: `RecordStoreError.conflict` if the device belongs to another user; another `RecordStoreError` if the
    ///   records cannot be written.
    func put(_ device: Device) throws

    /// Stores an enrollment link; its user, application and maker never change.
    ///
    /// - Throws: `RecordStoreError.conflict` if the link belongs to another user; another `RecordStoreError` if the
    ///   records cannot be written.
    func put(_ enrolment: Enrolment) throws

    /// Ends the unused links that the user's phones have made.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func endLinksOfPhones(of user: AuthyID, at now: Int64) throws

    /// Removes the user's unused enrollment links.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func removeOpenEnrolments(of user: AuthyID) throws

    /// Stores an approval request; its content, user and application never change.
    ///
    /// - Throws: `RecordStoreError.conflict` if the request belongs to another member; another `RecordStoreError` if
    ///   the records cannot be written.
    func put(_ approval: Approval) throws

    /// Marks the user's requests as expired that ended by `now` without an answer, so that later reads skip them.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func expireApprovals(of user: AuthyID, at now: Int64) throws

    /// Cancels an application's pending requests to a user.
    ///
    /// - Returns: The ids of the requests that were pending.
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func cancelApprovals(of user: AuthyID, application: Int64, at now: Int64) throws -> [ApprovalRequestID]

    /// Stores how many links an application, or a `LinkSender`, had made for a phone number.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func putLinksSent(_ count: WindowCounter, application: Int64, phoneHash: [UInt8]) throws

    /// Stores a phone check, in place of an earlier one of the same application and phone.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func put(_ check: PhoneCheck) throws

    /// Removes a phone check.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func removePhoneCheck(application: Int64, phoneHash: [UInt8]) throws

    /// Appends an activity and gives it the next id.
    ///
    /// - Throws: `RecordStoreError.conflict` if the user is unknown; another `RecordStoreError` if the records cannot
    ///   be written.
    func add(_ activity: Activity) throws

    /// Appends a delivery.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func add(_ delivery: DeliveryRecord) throws

    /// Adds counts to the counters of a month.
    ///
    /// - Throws: `RecordStoreError.invalid` if a count is negative or absurdly large, or the month is not 1 to 12;
    ///   `.conflict` if the application is unknown.
    func count(_ month: MonthOfStatistics) throws

    /// Stores a value of the server's own, or removes it if `value` is nil.
    ///
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func setValue(_ name: String, to value: [UInt8]?) throws

    /// Deletes old rows, at most `limit` of each kind.
    ///
    /// These are approval requests, activities, deliveries, enrollments, phone checks and link counts that were over
    /// before `before`, and removed members from before then whose user does not exist any more.
    ///
    /// - Returns: The number of deleted rows.
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func purge(before: Int64, limit: Int) throws -> Int
}
