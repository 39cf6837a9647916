internal import Identifiers
internal import SQLite

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
