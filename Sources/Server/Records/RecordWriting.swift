public import Identifiers

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
    func putWrongCodes(inTenMinutes: WindowCounter, inDay: WindowCounter, of application: Int64) throws

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

    /// Adds a code for a host, and gives it the next number.
    ///
    /// - Returns: The number.
    /// - Throws: `RecordStoreError.conflict` if the application is unknown; another `RecordStoreError` if the records
    ///   cannot be written.
    func add(_ invitation: NewHostInvitation) throws -> Int64

    /// Ends a code for a host.
    ///
    /// - Parameters:
    ///   - number: The number of the code.
    ///   - status: What becomes of it.
    ///   - now: The time.
    ///   - address: The client's address, if it was used.
    /// - Returns: False, with nothing changed, if it was not open.
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func end(hostInvitation number: Int64, as status: HostInvitation.Status, at now: Int64, address: String?) throws
        -> Bool

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
    /// These are approval requests, activities, deliveries, enrollments, codes for hosts, phone checks and link counts
    /// that were over before `before`, and removed members from before then whose user does not exist any more.
    ///
    /// - Returns: The number of deleted rows.
    /// - Throws: `RecordStoreError` if the records cannot be written.
    func purge(before: Int64, limit: Int) throws -> Int
}
