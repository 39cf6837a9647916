import Identifiers
import Testing

@testable import Records

struct ApprovalTests {
    let place: Place
    let store: SQLiteRecordStore

    init() async throws {
        place = try Place()
        store = try place.open()
        try await store.fill()
    }

    private func numbers(_ body: @Sendable (any RecordReading) throws -> [Approval]) async throws -> [String] {
        try await store.read(body).map { String($0.id.description.suffix(2)) }
    }

    @Test(arguments: Approval.Status.allCases) func `A request comes back as it was put`(_ status: Approval.Status)
        async throws
    {
        var approval = try request(1, ends: nil, check: nil)
        try await store.write { [approval] in try $0.put(approval) }
        #expect(try await store.read { try $0.approval(try requestID(1)) } == approval)
        approval.updated = start + 1
        approval.status = status
        approval.processed = start + 2
        approval.notified = true
        approval.callbackState = .failed
        approval.answer = .init(device: "a", signed: "{}", signature: [0, 1], reason: "wrong_number")
        approval.reported = true
        try await store.write { [approval] in try $0.put(approval) }
        #expect(try await store.read { try $0.approval(try requestID(1)) } == approval)
        approval.answer = .init(device: "a", signed: "", signature: [], reason: nil)
        try await store.write { [approval] in try $0.put(approval) }
        #expect(try await store.read { try $0.approval(try requestID(1)) } == approval)
    }

    @Test func `Pending are those that nobody decided and that have not ended, oldest first`() async throws {
        try await store.write { writing in
            try writing.put(try request(1, created: start + 2))
            try writing.put(try request(2, created: start + 1, ends: start + 10))
            try writing.put(try request(3, created: start + 2, ends: nil))
            try writing.put(try request(4, user: 8))
            var decided = try request(5)
            decided.status = .denied
            try writing.put(decided)
        }
        #expect(try await numbers { try $0.pendingApprovals(of: try id(7), at: start + 9) } == ["02", "01", "03"])
        #expect(try await numbers { try $0.pendingApprovals(of: try id(7), at: start + 10) } == ["01", "03"])
        #expect(try await numbers { try $0.pendingApprovals(of: try id(7), at: start + 60) } == ["03"])
    }

    @Test func `What ended without an answer is expired once, and pending is counted for one application`() async throws
    {
        try await store.write { writing in
            _ = try writing.addApplication(name: "other", callback: nil, at: start)
            try writing.put(try request(1, ends: start + 9))
            try writing.put(try request(2, ends: start + 10))
            try writing.put(try request(3, ends: start + 11))
            try writing.put(try request(4, ends: nil))
            try writing.put(try request(5, user: 8, ends: start + 9))
        }
        #expect(try await store.read { try $0.pendingCount(of: try id(7), application: 1, at: start + 10) } == 2)
        #expect(try await store.read { try $0.pendingCount(of: try id(7), application: 2, at: start + 10) } == 0)
        try await store.write { try $0.expireApprovals(of: try id(7), at: start + 10) }
        let pending = try place.raw().all("SELECT substr(id, -2) FROM approvals WHERE status = 'pending' ORDER BY id") {
            $0.text(0)
        }
        #expect(pending == ["03", "04", "05"])
        let expired = try await store.read { try $0.approval(try requestID(2)) }
        #expect(expired?.status == .expired && expired?.updated == start + 10)
        #expect(try await store.read { try $0.pendingCount(of: try id(7), application: 1, at: start) } == 2)
    }

    @Test func `The history of requests is newest first, before a moment, and so many`() async throws {
        try await store.write { writing in
            for (number, after) in [(1, 5), (2, 9), (3, 9), (4, 10)] as [(Int, Int64)] {
                try writing.put(try request(number, created: start + after))
            }
        }
        #expect(
            try await numbers { try $0.approvals(of: try id(7), before: start + 10, limit: 9) } == ["03", "02", "01"])
        #expect(try await numbers { try $0.approvals(of: try id(7), before: .max, limit: 2) } == ["04", "03"])
        #expect(try await numbers { try $0.approvals(of: try id(7), before: .max, limit: -1) } == [])
    }

    @Test func `To be told are those that are due, oldest first`() async throws {
        try await store.write { writing in
            for (number, telling) in [(1, .due), (2, .done), (3, .due), (4, .none), (5, .failed)]
                as [(Int, Approval.CallbackState)]
            {
                var approval = try request(number, created: start - Int64(number))
                approval.callbackState = telling
                try writing.put(approval)
            }
        }
        #expect(try await numbers { try $0.approvalsWithDueCallback(limit: 9) } == ["03", "01"])
        #expect(try await numbers { try $0.approvalsWithDueCallback(limit: 1) } == ["03"])
    }

    @Test func `Activities are newest first, before a moment, and have their ids from the store`() async throws {
        try await store.write { writing in
            try writing.add(try activity("a", at: start + 1))
            try writing.add(try activity("b", at: start + 1))
            try writing.add(try activity("c", at: start))
            try writing.add(Activity(user: try id(8), application: nil, at: start, kind: "device_added", detail: "d"))
        }
        let found = try await store.read { try $0.activities(of: try id(7), before: start + 2, limit: 9) }
        #expect(found.map(\.detail) == ["b", "a", "c"])
        #expect(Set(found.map(\.id)).count == 3 && !found.contains { $0.id <= 0 })
        #expect(
            try await store.read { try $0.activities(of: try id(7), before: start + 1, limit: 9) }.map(\.detail) == [
                "c"
            ])
        #expect(
            try await store.read { try $0.activities(of: try id(8), before: .max, limit: 9) }.first?.application == nil)
        await #expect(throws: RecordStoreError.self) {
            try await store.write { try $0.add(try activity("", user: 99)) }
        }
    }

    @Test func `Deliveries are newest first, of one user or of all`() async throws {
        try await store.write { writing in
            for (detail, user, at) in [("a", 7, 1), ("b", nil, 3), ("c", 8, 2), ("d", 7, 1)]
                as [(String, Int64?, Int64)]
            {
                try writing.add(delivery(detail, user: user, at: at))
            }
        }
        #expect(try await store.read { try $0.deliveries(user: nil, limit: 9) }.map(\.detail) == ["b", "c", "d", "a"])
        #expect(try await store.read { try $0.deliveries(user: try id(7), limit: 9) }.map(\.detail) == ["d", "a"])
        #expect(try await store.read { try $0.deliveries(user: nil, limit: 1) } == [delivery("b", user: nil, at: 3)])
    }

    @Test func `What was over goes, the rest stays, and never more than so many of each`() async throws {
        try await store.write { writing in
            try writing.put(try request(1, ends: start - 1))
            try writing.put(try request(2, ends: nil))
            try writing.put(try request(3, ends: start))
            var decided = try request(4, ends: nil)
            decided.status = .approved
            decided.updated = start - 1
            try writing.put(decided)
            for at in [start - 1, start - 2, start] {
                try writing.add(try activity("", at: at))
                try writing.add(delivery("", at: at))
                try writing.put(Enrolment(hash: hash(at), user: try id(7), created: 1, ends: at))
                try writing.put(PhoneCheck(application: 1, phoneHash: hash(at), id: "", sealed: [], ends: at))
            }
        }
        #expect(try await store.write { try $0.purge(before: start, limit: 0) } == 0)
        #expect(try await store.write { try $0.purge(before: start, limit: -1) } == 0)
        #expect(try await store.write { try $0.purge(before: start, limit: 1) } == 5)
        #expect(try await store.write { try $0.purge(before: start, limit: 9) } == 5)
        #expect(try await store.write { try $0.purge(before: start, limit: 9) } == 0)
        #expect(try await numbers { try $0.approvals(of: try id(7), before: .max, limit: 9) } == ["03", "02"])
        #expect(try await store.read { try $0.activities(of: try id(7), before: .max, limit: 9) }.map(\.at) == [start])
        #expect(try await store.read { try $0.deliveries(user: nil, limit: 9) }.map(\.at) == [start])
        #expect(try await store.read { try $0.enrolment(hash: hash(start)) } != nil)
        #expect(try await store.read { try $0.phoneCheck(application: 1, phoneHash: hash(start)) } != nil)
    }
}
