internal import Identifiers
internal import SQLite

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
            approval.callbackState.rawValue,
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
            """
            DELETE FROM host_invitations WHERE number IN (
                SELECT number FROM host_invitations WHERE ends < ?1 AND status != 'open' ORDER BY ends LIMIT ?2)
            """,
        ].reduce(0) { $0 + (try change($1, before, max(0, limit))) }
    }
}
