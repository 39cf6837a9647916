import Identifiers
import SQLite
import Testing

@testable import Records

struct PlanTests {
    /// Runs every operation, and returns its SQL.
    private func everything(_ connection: Connection) throws -> Set<String> {
        var seen: Set<String> = []
        connection.trace = { seen.insert($0) }
        defer { connection.trace = nil }
        let transaction = Transaction(connection)
        try connection.transaction(.immediate) {
            try write(transaction)
            try read(transaction)
            try transaction.writeCounters()
            try remove(transaction)
        }
        return seen
    }

    private func write(_ writing: any RecordWriting) throws {
        let application = try writing.addApplication(name: "a", callback: nil, at: start)
        try writing.put(application)
        try writing.put(key(1, of: application.id))
        _ = try writing.add(try person(7))
        try writing.put(try person(7))
        try writing.put(Member(application: application.id, user: try id(7), added: 1, secret: []))
        let former = FormerMember(
            Member(application: application.id, user: try id(7), added: 1, secret: []), phoneHash: hash(7), removed: 1)
        try writing.put(former)
        try writing.moveFormerMembers(from: hash(7), to: hash(8))
        try writing.put(try device("a"))
        try writing.put(Enrolment(hash: hash(1), user: try id(7), created: 1, ends: 2))
        let invitation = NewHostInvitation(
            hash: hash(1), application: application.id, url: "https://a.example", authority: nil, created: 1, ends: 2)
        _ = try writing.end(hostInvitation: try writing.add(invitation), as: .used, at: 1, address: "192.0.2.1")
        try writing.put(try request(1))
        try writing.expireApprovals(of: try id(7), at: 1)
        try writing.putLinksSent(WindowCounter(since: 1, times: 1), application: 1, phoneHash: hash(1))
        _ = try writing.cancelApprovals(of: try id(7), application: 1, at: 1)
        try writing.put(PhoneCheck(application: 1, phoneHash: hash(1), id: "", sealed: [], ends: 1))
        try writing.add(try activity(""))
        try writing.add(delivery(""))
        try writing.count(month(1))
        try writing.setValue("a", to: [1])
    }

    private func read(_ reading: any RecordReading) throws {
        let alice = try id(7)
        _ = try reading.application(keyHash: hash(1), at: 1)
        _ = try reading.keys(of: 1)
        _ = try (reading.user(alice), reading.user(phoneHash: hash(1)), reading.users(after: 1, limit: 1))
        _ = try (reading.member(application: 1, user: alice), reading.members(of: alice), reading.memberCount(of: 1))
        _ = try reading.linksSent(application: 1, phoneHash: hash(1))
        _ = try reading.formerMember(application: 1, phoneHash: hash(8))
        _ = try reading.formerMembers(phoneHash: hash(8))
        _ = try (reading.device("a"), reading.devices(of: alice), reading.enrolment(hash: hash(1)))
        _ = try (
            reading.approval(try requestID(1)), reading.pendingApprovals(of: alice, at: 1),
            reading.pendingCount(of: alice, application: 1, at: 1)
        )
        _ = try (reading.approvals(of: alice, before: 1, limit: 1), reading.approvalsWithDueCallback(limit: 1))
        _ = try (
            reading.activities(of: alice, before: 1, limit: 1), reading.phoneCheck(application: 1, phoneHash: hash(1))
        )
        _ = try (reading.deliveries(user: nil, limit: 1), reading.deliveries(user: alice, limit: 1))
        _ = try (reading.statistics(of: 1), reading.value("a"))
        _ = try (
            reading.hostInvitation(hash: hash(1)), reading.hostInvitations(limit: 1), reading.openHostInvitations()
        )
    }

    private func remove(_ writing: any RecordWriting) throws {
        _ = try writing.purge(before: 1, limit: 1)
        try writing.removePhoneCheck(application: 1, phoneHash: hash(1))
        try writing.endLinksOfPhones(of: try id(7), at: 1)
        try writing.removeOpenEnrolments(of: try id(7))
        try writing.removeFormerMembers(phoneHash: hash(8))
        try writing.removeMember(application: 1, user: try id(7))
        try writing.removeUser(try id(7))
        try writing.setValue("a", to: nil)
    }

    private func plan(of sql: String, _ connection: Connection) throws -> [String] {
        // A plan does not depend on the values, but they must be there.
        let count = (1...25).last { sql.contains("?\($0)") } ?? 0
        return try connection.all("EXPLAIN QUERY PLAN " + sql, values: Array(repeating: nil, count: count)) {
            $0.text(3) ?? ""
        }
    }

    /// Listing by an index, newest or oldest first and with a limit, is not a search.
    private static func isSlow(_ step: String) -> Bool {
        let lists = [
            "SCAN deliveries USING INDEX deliveries_at", "SCAN approvals USING INDEX approvals_to_tell",
            "SCAN host_invitations", "SCAN host_invitations USING INDEX host_invitations_open",
        ]
        return (step.contains("SCAN") && !lists.contains(step)) || step.contains("TEMP B-TREE")
    }

    @Test func `No statement looks through a table or sorts more than it answers`() throws {
        let place = try Place()
        try place.open().close()
        let connection = try place.raw()
        let statements = try everything(connection).filter { sql in
            ["SELECT", "INSERT", "UPDATE", "DELETE"].contains { sql.hasPrefix($0) }
        }
        #expect(statements.count > 40)
        for sql in statements {
            let found = try plan(of: sql, connection).filter(Self.isSlow)
            #expect(found == [], "\(sql)")
        }
        #expect(try plan(of: "SELECT * FROM devices WHERE name = 'a'", connection) == ["SCAN devices"])
    }
}
