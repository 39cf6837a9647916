internal import Identifiers
internal import SQLite

/// What a body of `write` works on.
///
/// Bodies run one after another and share a commit; if a body throws, only its own changes are undone.
final class Transaction: RecordWriting, SQLiteReading {
    let connection: Connection
    /// The counts of the finished bodies.
    private var counters = MonthlyCounters()
    /// The counts of the running body.
    private var ownTally = MonthlyCounters()

    init(_ connection: Connection) { self.connection = connection }

    /// Runs one body within the open transaction.
    ///
    /// - Parameter body: Reads and writes; if it throws, its changes are undone.
    /// - Returns: What the body returned or threw.
    /// - Throws: The error after which SQLite has rolled back the whole transaction, such as a full disk.
    func run<T>(_ body: (any RecordWriting) throws -> T) throws -> Result<T, any Error> {
        ownTally = MonthlyCounters()
        try connection.run("SAVEPOINT body")
        do {
            let result = try body(self)
            try connection.run("RELEASE body")
            counters.add(ownTally)
            return .success(result)
        } catch {
            guard connection.isInTransaction else { throw error }
            try connection.run("ROLLBACK TO body")
            try connection.run("RELEASE body")
            return .failure(error)
        }
    }

    /// Writes the counts; it is the last step of a transaction.
    func writeTally() throws {
        for month in counters.months.values {
            try change(
                """
                INSERT INTO months (\(MonthOfStatistics.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                ON CONFLICT DO UPDATE SET
                    api_calls = min(api_calls + excluded.api_calls, ?9), \
                codes_accepted = min(codes_accepted + excluded.codes_accepted, ?9),
                    calls = min(calls + excluded.calls, ?9), messages = min(messages + excluded.messages, ?9),
                    users_added = min(users_added + excluded.users_added, ?9)
                """, month.application, month.year, month.month, month.apiCalls, month.codesAccepted, month.calls,
                month.messages,
                month.usersAdded, MonthlyCounters.most)
        }
    }

    func count(_ month: MonthOfStatistics) throws {
        guard month.isPlausible else { throw RecordStoreError.invalid("count") }
        let key = MonthlyCounters.key(month)
        if counters.months[key] == nil, ownTally.months[key] == nil, try application(month.application) == nil {
            throw RecordStoreError.conflict("a count of no application")
        }
        ownTally.add(month)
    }

    func statistics(of application: Int64) throws -> [MonthOfStatistics] {
        var sum = counters
        sum.add(ownTally)
        return sum.added(to: try storedStatistics(of: application), of: application)
    }

    /// Runs a statement and returns the number of changed rows.
    ///
    /// A body that continues after an error that rolled everything back must not write outside of a transaction.
    @discardableResult
    private func change(_ sql: String, _ values: (any Bindable)?...) throws -> Int {
        guard connection.isInTransaction else { throw RecordStoreError.other("the transaction is over") }
        return try connection.run(sql, values: values)
    }

    /// Runs a statement that must insert or change a row; no changed row means that the existing one has another owner.
    private func changeOne(_ sql: String, _ values: (any Bindable)?...) throws {
        guard connection.isInTransaction else { throw RecordStoreError.other("the transaction is over") }
        if try connection.run(sql, values: values) == 0 {
            throw RecordStoreError.conflict("it belongs to somebody else")
        }
    }
}

// Applications and their keys.
extension Transaction {
    func addApplication(name: String, callback: Application.Callback?, at now: Int64) throws -> Application {
        guard connection.isInTransaction else { throw RecordStoreError.other("the transaction is over") }
        let added = try connection.first(
            """
            INSERT INTO applications (name, url, method, created) VALUES (?1, ?2, ?3, ?4) \
            RETURNING \(Application.columnsAlone)
            """,
            name, callback?.url, callback?.method.rawValue, now
        ) { row in
            var fields = Fields(row)
            return try Application(&fields)
        }
        return try Fields.present(added)
    }

    func put(_ application: Application) throws {
        try change(
            """
            INSERT INTO applications (id, name, url, method, created, revoked) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT DO UPDATE SET
                name = excluded.name, url = excluded.url, method = excluded.method, created = excluded.created, \
            revoked = excluded.revoked
            """, application.id, application.name, application.callback?.url, application.callback?.method.rawValue,
            application.created,
            application.revoked)
    }

    func putWrongCodes(_ inTenMinutes: WindowCounter, _ inDay: WindowCounter, of application: Int64) throws {
        try change(
            "UPDATE applications SET wrong_since = ?2, wrong = ?3, day_wrong_since = ?4, day_wrong = ?5 WHERE id = ?1",
            application,
            inTenMinutes.since, inTenMinutes.times, inDay.since, inDay.times)
    }

    func put(_ key: APIKeyRecord) throws {
        try changeOne(
            """
            INSERT INTO api_keys (hash, application, sealed, hint, created, ends) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT DO UPDATE SET sealed = excluded.sealed, hint = excluded.hint, created = excluded.created, \
            ends = excluded.ends
            WHERE application = excluded.application
            """, key.hash, key.application, key.sealed, key.hint, key.created, key.ends)
    }

    func setValue(_ name: String, to value: [UInt8]?) throws {
        guard let value else { return _ = try change("DELETE FROM server_values WHERE name = ?1", name) }
        try change(
            "INSERT INTO server_values (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
            name, value)
    }
}

// Users and their data.
extension Transaction {
    func add(_ user: User) throws -> Bool {
        try change(
            "INSERT INTO users (id, phone_hash, contact, created) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            user.id.value, user.phoneHash, user.contact, user.created) == 1
    }

    func put(_ user: User) throws {
        try change(
            """
            INSERT INTO users (id, phone_hash, contact, created) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (id) DO UPDATE SET phone_hash = excluded.phone_hash, contact = excluded.contact, \
            created = excluded.created
            """, user.id.value, user.phoneHash, user.contact, user.created)
    }

    func removeUser(_ id: AuthyID) throws { try change("DELETE FROM users WHERE id = ?1", id.value) }

    func put(_ member: Member) throws {
        try change(
            """
            INSERT INTO members (\(Member.columns))
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, \
            ?22, ?23, ?24, ?25)
            ON CONFLICT DO UPDATE SET
                added = excluded.added, secret = excluded.secret, confirmed = excluded.confirmed, \
            spent = excluded.spent,
                generic_secret = excluded.generic_secret, generic_spent = excluded.generic_spent, \
            one_code = excluded.one_code,
                one_code_action = excluded.one_code_action, one_code_ends = excluded.one_code_ends,
                one_code_spent = excluded.one_code_spent, wrong_since = excluded.wrong_since, wrong = excluded.wrong,
                day_wrong_since = excluded.day_wrong_since, day_wrong = excluded.day_wrong, \
            sends_since = excluded.sends_since,
                sends = excluded.sends, requests_since = excluded.requests_since, requests = excluded.requests,
                notices_since = excluded.notices_since, notices = excluded.notices, consented = excluded.consented,
                refused = excluded.refused, one_code_mailed = excluded.one_code_mailed
            """, member.application, member.user.value, member.added, member.secret, member.confirmed, member.spent,
            member.genericSecret,
            member.genericSpent, member.oneCode?.sealed, member.oneCode?.action, member.oneCode?.ends,
            member.oneCode?.isSpent ?? false,
            member.wrongCodes.since, member.wrongCodes.times, member.wrongCodesOfDay.since,
            member.wrongCodesOfDay.times,
            member.sends.since, member.sends.times, member.requests.since, member.requests.times,
            member.notices.since, member.notices.times, member.consented, member.refused,
            member.oneCode?.isMailed ?? false)
    }

    func removeMember(application: Int64, user: AuthyID) throws {
        try change("DELETE FROM members WHERE application = ?1 AND user = ?2", application, user.value)
    }

    func put(_ former: FormerMember) throws {
        try change(
            """
            INSERT OR REPLACE INTO former_members (\(FormerMember.columns))
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
            """, former.application, former.phoneHash, former.user.value, former.removed, former.confirmed,
            former.wrongCodes.since,
            former.wrongCodes.times, former.wrongCodesOfDay.since, former.wrongCodesOfDay.times, former.sends.since,
            former.sends.times,
            former.requests.since, former.requests.times, former.notices.since, former.notices.times,
            former.consented, former.refused)
    }

    func moveFormerMembers(from phoneHash: [UInt8], to other: [UInt8]) throws {
        try change("UPDATE OR REPLACE former_members SET phone_hash = ?2 WHERE phone_hash = ?1", phoneHash, other)
    }

    func removeFormerMembers(phoneHash: [UInt8]) throws {
        try change("DELETE FROM former_members WHERE phone_hash = ?1", phoneHash)
    }

    func put(_ device: Device) throws {
        try changeOne(
            """
            INSERT INTO devices (\(Device.columns)) \
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
            ON CONFLICT DO UPDATE SET
                public_key = excluded.public_key, name = excluded.name, os_type = excluded.os_type, \
            address = excluded.address,
                last_seen = excluded.last_seen, confirmed = excluded.confirmed, confirmation = excluded.confirmation,
                removed = excluded.removed, application = excluded.application, endpoint = excluded.endpoint, \
            push_key = excluded.push_key,
                authentication = excluded.authentication
            WHERE user = excluded.user
            """, device.id, device.user.value, device.publicKey, device.name, device.osType, device.created,
            device.address,
            device.lastSeen, device.confirmed, device.confirmation, device.removed, device.application,
            device.push?.endpoint,
            device.push?.publicKey,
            device.push?.authentication)
    }

    func put(_ enrolment: Enrolment) throws {
        try changeOne(
            """
            INSERT INTO enrolments (\(Enrolment.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT DO UPDATE SET created = excluded.created, ends = excluded.ends, device = excluded.device
            WHERE user = excluded.user
            """, enrolment.hash, enrolment.user.value, enrolment.application, enrolment.created, enrolment.ends,
            enrolment.device,
            enrolment.madeBy)
    }

    func endLinksOfPhones(of user: AuthyID, at now: Int64) throws {
        try change(
            "UPDATE enrolments SET ends = ?2 WHERE user = ?1 AND made_by IS NOT NULL AND device IS NULL AND ends > ?2",
            user.value, now)
    }

    func removeOpenEnrolments(of user: AuthyID) throws {
        try change("DELETE FROM enrolments WHERE user = ?1 AND device IS NULL", user.value)
    }
}

// Approval requests, activities, limits and deliveries.
extension Transaction {
    /// Stores a request; its content, user and application never change.
    func put(_ approval: Approval) throws {
        try changeOne(
            """
            INSERT INTO approvals (\(Approval.columns))
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
            ON CONFLICT DO UPDATE SET
                updated = excluded.updated, status = excluded.status, processed = excluded.processed, \
            notified = excluded.notified,
                telling = excluded.telling, reported = excluded.reported, device = excluded.device, \
            signed = excluded.signed,
                signature = excluded.signature, reason = excluded.reason
            WHERE user = excluded.user AND application = excluded.application
            """, approval.id.description, approval.application, approval.user.value, approval.text, approval.message,
            approval.hiddenDetails, approval.logos, approval.number, approval.created, approval.secondsToExpire,
            approval.ends,
            approval.updated, approval.status.rawValue, approval.processed, approval.notified,
            approval.telling.rawValue,
            approval.reported, approval.answer?.device, approval.answer?.signed, approval.answer?.signature,
            approval.answer?.reason)
    }

    func expireApprovals(of user: AuthyID, at now: Int64) throws {
        try change(
            """
            UPDATE approvals INDEXED BY approvals_pending SET status = 'expired', updated = ends
            WHERE user = ?1 AND status = 'pending' AND ends <= ?2
            """, user.value, now)
    }

    func putLinksSent(_ count: WindowCounter, application: Int64, phoneHash: [UInt8]) throws {
        try change(
            "INSERT OR REPLACE INTO links_sent (phone_hash, application, since, times) VALUES (?1, ?2, ?3, ?4)",
            phoneHash, application,
            count.since, count.times)
    }

    func cancelApprovals(of user: AuthyID, application: Int64, at now: Int64) throws -> [ApprovalRequestID] {
        let open = try pendingApprovals(of: user, at: now).filter { $0.application == application }
        for var approval in open {
            approval.status = .cancelled
            approval.processed = now
            approval.updated = now
            try put(approval)
        }
        return open.map(\.id)
    }

    func put(_ check: PhoneCheck) throws {
        try change(
            """
            INSERT INTO phone_checks (\(PhoneCheck.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT DO UPDATE SET
                id = excluded.id, sealed = excluded.sealed, ends = excluded.ends, wrong = excluded.wrong,
                sends_since = excluded.sends_since, sends = excluded.sends
            """, check.application, check.phoneHash, check.id, check.sealed, check.ends, check.wrongCodes,
            check.sends.since,
            check.sends.times)
    }

    func removePhoneCheck(application: Int64, phoneHash: [UInt8]) throws {
        try change("DELETE FROM phone_checks WHERE application = ?1 AND phone_hash = ?2", application, phoneHash)
    }

    func add(_ activity: Activity) throws {
        try change(
            "INSERT INTO activities (user, application, at, kind, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
            activity.user.value, activity.application, activity.at, activity.kind, activity.detail)
    }

    func add(_ delivery: DeliveryRecord) throws {
        try change(
            "INSERT INTO deliveries (\(DeliveryRecord.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            delivery.at, delivery.application, delivery.user?.value, delivery.kind, delivery.gateway,
            delivery.succeeded, delivery.detail,
            delivery.milliseconds)
    }

    func purge(before: Int64, limit: Int) throws -> Int {
        try [
            """
            DELETE FROM approvals WHERE number IN (
                SELECT number FROM approvals WHERE CASE status WHEN 'pending' THEN ends ELSE updated END < ?1 LIMIT ?2)
            """,
            "DELETE FROM activities WHERE id IN (SELECT id FROM activities WHERE at < ?1 ORDER BY at LIMIT ?2)",
            "DELETE FROM deliveries WHERE number IN (SELECT number FROM deliveries WHERE at < ?1 ORDER BY at LIMIT ?2)",
            "DELETE FROM enrolments WHERE hash IN (SELECT hash FROM enrolments WHERE ends < ?1 ORDER BY ends LIMIT ?2)",
            """
            DELETE FROM links_sent WHERE (phone_hash, application) IN (
                SELECT phone_hash, application FROM links_sent WHERE since < ?1 ORDER BY since LIMIT ?2)
            """,
            """
            DELETE FROM phone_checks WHERE (application, phone_hash) IN (
                SELECT application, phone_hash FROM phone_checks WHERE ends < ?1 ORDER BY ends LIMIT ?2)
            """,
            """
            DELETE FROM former_members WHERE (phone_hash, application) IN (
                SELECT phone_hash, application FROM former_members
                WHERE removed < ?1 AND NOT EXISTS (SELECT 1 FROM users WHERE users.id = former_members.user)
                ORDER BY removed LIMIT ?2)
            """,
        ].reduce(0) { $0 + (try change($1, before, max(0, limit))) }
    }
}
