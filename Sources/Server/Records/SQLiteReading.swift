internal import Identifiers
internal import SQLite

/// The reads of `RecordReading` for any type with a connection.
///
/// Every statement uses an index, so that it stays fast with a million rows.
protocol SQLiteReading: RecordReading {
    var connection: Connection { get }
}

extension SQLiteReading {
    fileprivate func first<T>(_ sql: String, _ values: (any Bindable)?..., read: (inout Fields) throws -> T) throws
        -> T?
    {
        try connection.first(sql, values: values) { row in
            var fields = Fields(row)
            return try read(&fields)
        }
    }

    fileprivate func all<T>(_ sql: String, _ values: (any Bindable)?..., read: (inout Fields) throws -> T) throws -> [T]
    {
        try connection.all(sql, values: values) { row in
            var fields = Fields(row)
            return try read(&fields)
        }
    }

    func value(_ name: String) throws -> [UInt8]? {
        try first("SELECT value FROM server_values WHERE name = ?1", name) { try $0.blob() }
    }
}

// Applications and their keys.
extension SQLiteReading {
    func application(keyHash: [UInt8], at now: Int64) throws -> (application: Application, key: APIKeyRecord)? {
        try first(
            """
            SELECT \(Application.columns), \(APIKeyRecord.columns) FROM api_keys \
            JOIN applications ON applications.id = api_keys.application
            WHERE api_keys.hash = ?1 AND (api_keys.ends IS NULL OR api_keys.ends > ?2) AND applications.revoked IS NULL
            """, keyHash, now
        ) { (try Application(&$0), try APIKeyRecord(&$0)) }
    }

    func application(_ id: Int64) throws -> Application? {
        try first("SELECT \(Application.columns) FROM applications WHERE id = ?1", id) { try Application(&$0) }
    }

    func applications() throws -> [Application] {
        try all("SELECT \(Application.columns) FROM applications ORDER BY id") { try Application(&$0) }
    }

    func keys(of application: Int64) throws -> [APIKeyRecord] {
        try all(
            "SELECT \(APIKeyRecord.columns) FROM api_keys WHERE application = ?1 ORDER BY created DESC, number DESC",
            application
        ) {
            try APIKeyRecord(&$0)
        }
    }

    func storedStatistics(of application: Int64) throws -> [MonthOfStatistics] {
        try all(
            "SELECT \(MonthOfStatistics.columns) FROM months WHERE application = ?1 ORDER BY year DESC, month DESC",
            application
        ) {
            try MonthOfStatistics(&$0)
        }
    }
}

// Users and their data.
extension SQLiteReading {
    func user(_ id: AuthyID) throws -> User? {
        try first("SELECT \(User.columns) FROM users WHERE id = ?1", id.value) { try User(&$0) }
    }

    func user(phoneHash: [UInt8]) throws -> User? {
        try first("SELECT \(User.columns) FROM users WHERE phone_hash = ?1", phoneHash) { try User(&$0) }
    }

    func users(after id: Int64, limit: Int) throws -> [User] {
        try all("SELECT \(User.columns) FROM users WHERE id > ?1 ORDER BY id LIMIT ?2", id, max(0, limit)) {
            try User(&$0)
        }
    }

    func member(application: Int64, user: AuthyID) throws -> Member? {
        try first("SELECT \(Member.columns) FROM members WHERE application = ?1 AND user = ?2", application, user.value)
        { try Member(&$0) }
    }

    func members(of user: AuthyID) throws -> [Member] {
        try all("SELECT \(Member.columns) FROM members WHERE user = ?1 ORDER BY application", user.value) {
            try Member(&$0)
        }
    }

    func formerMember(application: Int64, phoneHash: [UInt8]) throws -> FormerMember? {
        try first(
            "SELECT \(FormerMember.columns) FROM former_members WHERE phone_hash = ?2 AND application = ?1",
            application, phoneHash
        ) {
            try FormerMember(&$0)
        }
    }

    func formerMembers(phoneHash: [UInt8]) throws -> [FormerMember] {
        try all(
            "SELECT \(FormerMember.columns) FROM former_members WHERE phone_hash = ?1 ORDER BY application", phoneHash
        ) {
            try FormerMember(&$0)
        }
    }

    func memberCount(of application: Int64) throws -> Int64 {
        try first("SELECT members FROM applications WHERE id = ?1", application) { try $0.integer() } ?? 0
    }

    func wrongCodes(of application: Int64) throws -> (inTenMinutes: WindowCounter, inDay: WindowCounter) {
        try first("SELECT wrong_since, wrong, day_wrong_since, day_wrong FROM applications WHERE id = ?1", application)
        {
            (try $0.count(), try $0.count())
        } ?? (WindowCounter(), WindowCounter())
    }

    func device(_ id: String) throws -> Device? {
        try first("SELECT \(Device.columns) FROM devices WHERE id = ?1", id) { try Device(&$0) }
    }

    func deviceCount() throws -> Int64 {
        try first("SELECT count(*) FROM devices WHERE confirmed IS NOT NULL AND removed IS NULL") {
            try $0.integer()
        } ?? 0
    }

    func devices(of user: AuthyID) throws -> [Device] {
        try all("SELECT \(Device.columns) FROM devices WHERE user = ?1 ORDER BY created, number", user.value) {
            try Device(&$0)
        }
    }

    func enrolment(hash: [UInt8]) throws -> Enrolment? {
        try first("SELECT \(Enrolment.columns) FROM enrolments WHERE hash = ?1", hash) { try Enrolment(&$0) }
    }
}

// Codes for hosts.
extension SQLiteReading {
    func hostInvitation(hash: [UInt8]) throws -> HostInvitation? {
        try first("SELECT \(HostInvitation.columns) FROM host_invitations WHERE hash = ?1", hash) {
            try HostInvitation(&$0)
        }
    }

    func hostInvitations(limit: Int) throws -> [HostInvitation] {
        try all(
            "SELECT \(HostInvitation.columns) FROM host_invitations ORDER BY number DESC LIMIT ?1", max(0, limit)
        ) { try HostInvitation(&$0) }
    }

    func openHostInvitations() throws -> [HostInvitation] {
        try all("SELECT \(HostInvitation.columns) FROM host_invitations WHERE status = 'open' ORDER BY number") {
            try HostInvitation(&$0)
        }
    }
}

// Approval requests.
extension SQLiteReading {
    func approval(_ id: ApprovalRequestID) throws -> Approval? {
        try first("SELECT \(Approval.columns) FROM approvals WHERE id = ?1", id.description) { try Approval(&$0) }
    }

    func pendingApprovals(of user: AuthyID, at now: Int64) throws -> [Approval] {
        try all(
            """
            SELECT \(Approval.columns) FROM approvals INDEXED BY approvals_pending
            WHERE user = ?1 AND status = 'pending' AND (ends IS NULL OR ends > ?2) ORDER BY created, number
            """, user.value, now
        ) { try Approval(&$0) }
    }

    func pendingCount(of user: AuthyID, application: Int64, at now: Int64) throws -> Int64 {
        try first(
            """
            SELECT count(*) FROM approvals INDEXED BY approvals_pending
            WHERE user = ?1 AND status = 'pending' AND application = ?2 AND (ends IS NULL OR ends > ?3)
            """, user.value, application, now
        ) { try $0.integer() } ?? 0
    }

    func approvals(of user: AuthyID, before: Int64, limit: Int) throws -> [Approval] {
        try all(
            """
            SELECT \(Approval.columns) FROM approvals WHERE user = ?1 AND created < ?2 \
            ORDER BY created DESC, number DESC LIMIT ?3
            """,
            user.value, before, max(0, limit)
        ) { try Approval(&$0) }
    }

    func approvalsWithDueCallback(limit: Int) throws -> [Approval] {
        try all(
            "SELECT \(Approval.columns) FROM approvals WHERE telling = 1 ORDER BY created, number LIMIT ?1",
            max(0, limit)
        ) {
            try Approval(&$0)
        }
    }
}

// Activities, limits and deliveries.
extension SQLiteReading {
    func activities(of user: AuthyID, before: Int64, limit: Int) throws -> [Activity] {
        try all(
            "SELECT \(Activity.columns) FROM activities WHERE user = ?1 AND at < ?2 ORDER BY at DESC, id DESC LIMIT ?3",
            user.value, before, max(0, limit)
        ) { try Activity(&$0) }
    }

    func linksSent(application: Int64, phoneHash: [UInt8]) throws -> WindowCounter {
        try first(
            "SELECT since, times FROM links_sent WHERE phone_hash = ?1 AND application = ?2", phoneHash, application
        ) {
            try $0.count()
        } ?? WindowCounter()
    }

    func phoneCheck(application: Int64, phoneHash: [UInt8]) throws -> PhoneCheck? {
        try first(
            "SELECT \(PhoneCheck.columns) FROM phone_checks WHERE application = ?1 AND phone_hash = ?2", application,
            phoneHash
        ) {
            try PhoneCheck(&$0)
        }
    }

    func phoneCheck(application: Int64, id: String) throws -> PhoneCheck? {
        try first("SELECT \(PhoneCheck.columns) FROM phone_checks WHERE application = ?1 AND id = ?2", application, id)
        {
            try PhoneCheck(&$0)
        }
    }

    func deliveries(user: AuthyID?, limit: Int) throws -> [DeliveryRecord] {
        guard let user else {
            return try all(
                "SELECT \(DeliveryRecord.columns) FROM deliveries ORDER BY at DESC, number DESC LIMIT ?1", max(0, limit)
            ) {
                try DeliveryRecord(&$0)
            }
        }
        return try all(
            "SELECT \(DeliveryRecord.columns) FROM deliveries WHERE user = ?1 ORDER BY at DESC, number DESC LIMIT ?2",
            user.value,
            max(0, limit)
        ) { try DeliveryRecord(&$0) }
    }
}
