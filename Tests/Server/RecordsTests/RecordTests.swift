import Identifiers
import Testing

@testable import Records

struct RecordTests {
    let place: Place
    let store: SQLiteRecordStore

    init() async throws {
        place = try Place()
        store = try place.open()
        try await store.fill()
    }

    @Test func `Applications have numbers from 1 on, and are listed in the order of creation`() async throws {
        let callback = Application.Callback(url: "https://example.com/", method: .post)
        let second = try await store.write { try $0.addApplication(name: "naïve", callback: callback, at: start + 1) }
        #expect(second == Application(id: 2, name: "naïve", callback: callback, created: start + 1))
        #expect(try await store.read { try $0.applications() }.map(\.id) == [1, 2])
        var changed = second
        changed.name = "other"
        changed.callback = nil
        changed.revoked = start + 2
        try await store.write { [changed] in try $0.put(changed) }
        #expect(try await store.read { try $0.application(2) } == changed)
        #expect(try await store.read { try $0.application(3) } == nil)
    }

    @Test func `A key leads to its application, until it ends or the application is revoked`() async throws {
        try await store.write { try $0.put(key(2, of: 1, ends: start + 10)) }
        let found = try await store.read { try $0.application(keyHash: hash(2), at: start + 9) }
        #expect(found?.application.name == "hosts")
        #expect(found?.key == key(2, of: 1, ends: start + 10))
        #expect(try await store.read { try $0.application(keyHash: hash(2), at: start + 10) } == nil)
        #expect(try await store.read { try $0.application(keyHash: hash(3), at: start) } == nil)
        #expect(try await store.read { try $0.application(keyHash: [], at: start) } == nil)
        try await store.write { try $0.put(Application(id: 1, name: "hosts", created: start, revoked: start)) }
        #expect(try await store.read { try $0.application(keyHash: hash(1), at: start) } == nil)
    }

    @Test func `Keys are listed newest first, also those of one second; none goes over to another application`()
        async throws
    {
        try await store.write { writing in
            try writing.put(key(2, of: 1))
            try writing.put(key(3, of: 1, created: start - 5))
            try writing.put(key(1, of: 1, ends: start + 3))
        }
        #expect(try await store.read { try $0.keys(of: 1) }.map(\.hash) == [hash(2), hash(1), hash(3)])
        #expect(try await store.read { try $0.keys(of: 1) }[1].ends == start + 3)
        _ = try await store.write { try $0.addApplication(name: "b", callback: nil, at: start) }
        await #expect(throws: RecordStoreError.self) { try await store.write { try $0.put(key(1, of: 2)) } }
        await #expect(throws: RecordStoreError.self) { try await store.write { try $0.put(key(9, of: 3)) } }
    }

    @Test func `A user is found by id and by phone; a taken id or phone is false and changes nothing`() async throws {
        let alice = try person(7)
        #expect(try await store.read { try $0.user(alice.id) } == alice)
        #expect(try await store.read { try $0.user(phoneHash: hash(7)) } == alice)
        for (number, phone) in [(7, 9), (9, 7)] as [(Int64, Int64)] {
            let user = User(id: try id(number), phoneHash: hash(phone), contact: [], created: 1)
            #expect(try await !store.write { try $0.add(user) })
        }
        #expect(try await store.read { try $0.users(after: 0, limit: 9) }.map(\.id.value) == [7, 8])
        #expect(try await store.read { try $0.user(phoneHash: hash(9)) } == nil)
    }

    @Test func `A user may change the phone, but not to one that is taken`() async throws {
        var alice = try person(7)
        alice.phoneHash = hash(70)
        try await store.write { [alice] in try $0.put(alice) }
        #expect(try await store.read { try $0.user(phoneHash: hash(70))?.id } == alice.id)
        #expect(try await store.read { try $0.user(phoneHash: hash(7)) } == nil)
        alice.phoneHash = hash(8)
        let taken = alice
        await #expect(throws: RecordStoreError.self) { try await store.write { try $0.put(taken) } }
        #expect(try await store.read { try $0.memberCount(of: 1) } == 2)
    }

    @Test func `Users come in pages, ascending`() async throws {
        try await store.write { writing in
            for number in [3, 100] as [Int64] { _ = try writing.add(try person(number)) }
        }
        #expect(try await store.read { try $0.users(after: 0, limit: 2) }.map(\.id.value) == [3, 7])
        #expect(try await store.read { try $0.users(after: 7, limit: 2) }.map(\.id.value) == [8, 100])
        #expect(try await store.read { try $0.users(after: 0, limit: -1) }.isEmpty)
    }

    @Test func `A member comes back as it was put, full and empty`() async throws {
        var member = Member(application: 1, user: try id(7), added: start, secret: [])
        try await store.write { [member] in try $0.put(member) }
        #expect(try await store.read { try $0.member(application: 1, user: try id(7)) } == member)
        member.confirmed = 1
        member.secret = [0, 1]
        member.spent = 2
        member.genericSecret = []
        member.genericSpent = -3
        member.oneCode = .init(sealed: [4], action: "", ends: 5)
        member.oneCode?.isSpent = true
        member.wrongCodes = WindowCounter(since: 6, times: 7)
        member.wrongCodesOfDay = WindowCounter(since: 8, times: 9)
        member.sends = WindowCounter(since: 10, times: 11)
        member.requests = WindowCounter(since: 12, times: 13)
        member.notices = WindowCounter(since: 14, times: 15)
        member.consented = 16
        member.refused = 17
        member.oneCode?.isMailed = true
        try await store.write { [member] in try $0.put(member) }
        #expect(try await store.read { try $0.member(application: 1, user: try id(7)) } == member)
        #expect(try await store.read { try $0.members(of: try id(7)) } == [member])
    }

    @Test func `A former member is found by the phone, goes with it, and is kept as long as the user is there`()
        async throws
    {
        var member = Member(application: 1, user: try id(7), added: 1, secret: [])
        member.confirmed = 2
        member.wrongCodes = WindowCounter(since: 3, times: 4)
        member.wrongCodesOfDay = WindowCounter(since: 5, times: 6)
        member.sends = WindowCounter(since: 7, times: 8)
        member.requests = WindowCounter(since: 9, times: 10)
        member.notices = WindowCounter(since: 11, times: 12)
        member.consented = 13
        member.refused = 14
        let former = FormerMember(member, phoneHash: hash(7), removed: start)
        let moved = FormerMember(member, phoneHash: hash(70), removed: start)
        try await store.write { try $0.put(former) }
        #expect(try await store.read { try $0.formerMember(application: 1, phoneHash: hash(7)) } == former)
        #expect(try await store.read { try $0.formerMember(application: 2, phoneHash: hash(7)) } == nil)
        try await store.write { try $0.moveFormerMembers(from: hash(7), to: hash(70)) }
        #expect(try await store.read { try $0.formerMember(application: 1, phoneHash: hash(7)) } == nil)
        #expect(try await store.write { try $0.purge(before: start + 1, limit: 9) } == 0)
        #expect(try await store.read { try $0.formerMember(application: 1, phoneHash: hash(70)) } == moved)
        try await store.write { try $0.removeUser(try id(7)) }
        #expect(try await store.write { try $0.purge(before: start, limit: 9) } == 0)
        #expect(try await store.write { try $0.purge(before: start + 1, limit: 9) } == 1)
        try await store.write { try $0.put(former) }
        try await store.write { try $0.removeFormerMembers(phoneHash: hash(7)) }
        #expect(try await store.read { try $0.formerMember(application: 1, phoneHash: hash(7)) } == nil)
    }

    @Test func `Links are counted by number and application, and forgotten in time`() async throws {
        let store = store
        func sent(by application: Int64 = 1) async throws -> WindowCounter {
            try await store.read { try $0.linksSent(application: application, phoneHash: hash(70)) }
        }
        #expect(try await sent() == WindowCounter())
        for times in [1, 2] as [Int64] {
            try await store.write {
                try $0.putLinksSent(WindowCounter(since: start, times: times), application: 1, phoneHash: hash(70))
            }
            #expect(try await sent() == WindowCounter(since: start, times: times))
        }
        #expect(try await sent(by: 2) == WindowCounter())
        #expect(try await store.write { try $0.purge(before: start, limit: 9) } == 0)
        #expect(try await store.write { try $0.purge(before: start + 1, limit: 9) } == 1)
        #expect(try await sent() == WindowCounter())
    }

    @Test func `What an application has asked is taken back, and nothing that others have`() async throws {
        try await store.write { writing in
            _ = try writing.addApplication(name: "other", callback: nil, at: start)
            try writing.put(Member(application: 2, user: try id(7), added: start, secret: []))
            for number in 1...2 { try writing.put(try request(number)) }
            try writing.put(try request(3, user: 8))
            try writing.put(try request(4, ends: start + 5))
        }
        let taken = try await store.write { try $0.cancelApprovals(of: try id(7), application: 1, at: start + 10) }
        #expect(taken == [try requestID(1), try requestID(2)])
        #expect(try await store.write { try $0.cancelApprovals(of: try id(8), application: 2, at: start + 10) } == [])
        let after = try await store.read { reading in
            try (1...4).compactMap { try reading.approval(try requestID($0))?.status }
        }
        #expect(after == [.cancelled, .cancelled, .pending, .pending])
    }

    @Test func `Members are counted, whichever way they come and go`() async throws {
        #expect(try await store.read { try $0.memberCount(of: 1) } == 2)
        try await store.write { try $0.put(Member(application: 1, user: try id(7), added: start, secret: [6])) }
        #expect(try await store.read { try $0.memberCount(of: 1) } == 2)
        try await store.write { try $0.removeUser(try id(7)) }
        try await store.write { try $0.removeMember(application: 1, user: try id(8)) }
        try await store.write { try $0.removeMember(application: 1, user: try id(8)) }
        #expect(try await store.read { try $0.memberCount(of: 1) } == 0)
        #expect(try await store.read { try $0.memberCount(of: 5) } == 0)
    }

    @Test func `Wrong codes are counted for each application, in ten minutes and in a day`() async throws {
        #expect(try await store.read { try $0.wrongCodes(of: 1) } == (WindowCounter(), WindowCounter()))
        let (short, long) = (WindowCounter(since: 5, times: 6), WindowCounter(since: 7, times: 8))
        try await store.write { try $0.putWrongCodes(inTenMinutes: short, inDay: long, of: 1) }
        #expect(try await store.read { try $0.wrongCodes(of: 1) } == (short, long))
        #expect(try await store.read { try $0.wrongCodes(of: 99) } == (WindowCounter(), WindowCounter()))
        // Other writes to the application keep them.
        try await store.write { writing in
            let application = try #require(try writing.application(1))
            try writing.put(application)
        }
        #expect(try await store.read { try $0.wrongCodes(of: 1) } == (short, long))
    }

    @Test func `Nobody becomes a member of what is not there`() async throws {
        for (application, user) in [(1, 99), (99, 7)] as [(Int64, Int64)] {
            await #expect(throws: RecordStoreError.self) {
                try await store.write {
                    try $0.put(Member(application: application, user: try id(user), added: 1, secret: []))
                }
            }
        }
    }

    @Test func `With a user goes all that hangs on the user, and nothing else`() async throws {
        try await store.write { writing in
            for user in [7, 8] as [Int64] {
                try writing.put(try device("device-\(user)", user: user))
                try writing.put(Enrolment(hash: hash(user), user: try id(user), created: start, ends: start + 9))
                try writing.put(try request(Int(user), user: user))
                try writing.add(try activity("a", user: user))
                try writing.add(delivery("d", user: user))
            }
        }
        try await store.write { try $0.removeUser(try id(7)) }
        try await store.read { reading in
            let alice = try id(7)
            #expect(try reading.user(alice) == nil)
            #expect(try reading.members(of: alice) == [])
            #expect(try reading.devices(of: alice) == [])
            #expect(try reading.enrolment(hash: hash(7)) == nil)
            #expect(try reading.approval(try requestID(7)) == nil)
            #expect(try reading.activities(of: alice, before: .max, limit: 9) == [])
            #expect(try reading.deliveries(user: alice, limit: 9).count == 1)
            let bob = try id(8)
            #expect(try reading.members(of: bob).count == 1)
            #expect(try reading.devices(of: bob).count == 1)
            #expect(try reading.enrolment(hash: hash(8)) != nil)
            #expect(try reading.approval(try requestID(8)) != nil)
            #expect(try reading.activities(of: bob, before: .max, limit: 9).count == 1)
        }
    }

    @Test func `A member goes with its approvals; the user stays`() async throws {
        try await store.write { try $0.put(try request(1)) }
        try await store.write { try $0.removeMember(application: 1, user: try id(7)) }
        #expect(try await store.read { try $0.approval(try requestID(1)) } == nil)
        #expect(try await store.read { try $0.user(try id(7)) } != nil)
    }

    @Test func `Devices come back as they were put, oldest first, removed or not`() async throws {
        var second = try device("b", created: start - 1)
        second.lastSeen = 5
        second.confirmed = 6
        second.confirmation = [7]
        second.removed = 8
        second.application = 9
        second.push = .init(endpoint: "https://push.example.com/", publicKey: [4], authentication: [])
        try await store.write { [second] writing in
            try writing.put(try device("a"))
            try writing.put(try device("c"))
            try writing.put(try device("b", created: start - 1))
            try writing.put(second)
        }
        #expect(try await store.read { try $0.devices(of: try id(7)) } == [second, try device("a"), try device("c")])
        #expect(try await store.read { try $0.device("b") } == second)
        #expect(try await store.read { try $0.device("") } == nil)
    }

    @Test func `A device, an enrolment and a request stay with their user`() async throws {
        try await store.write { writing in
            try writing.put(try device("a"))
            try writing.put(Enrolment(hash: hash(1), user: try id(7), created: 1, ends: 2))
            try writing.put(try request(1))
        }
        await #expect(throws: RecordStoreError.self) { try await store.write { try $0.put(try device("a", user: 8)) } }
        await #expect(throws: RecordStoreError.self) {
            try await store.write { try $0.put(Enrolment(hash: hash(1), user: try id(8), created: 1, ends: 2)) }
        }
        await #expect(throws: RecordStoreError.self) { try await store.write { try $0.put(try request(1, user: 8)) } }
    }

    @Test func `An enrolment remembers the device that used it`() async throws {
        var enrolment = Enrolment(hash: hash(1), user: try id(7), application: 3, created: 1, ends: 2)
        try await store.write { [enrolment] in try $0.put(enrolment) }
        enrolment.device = "a"
        try await store.write { [enrolment] in try $0.put(enrolment) }
        #expect(try await store.read { try $0.enrolment(hash: hash(1)) } == enrolment)
    }

    @Test func `Links of a user's phones that are open end, and no others`() async throws {
        func link(_ number: Int64, of user: Int64 = 7, madeBy: String? = "a", device: String? = nil) throws -> Enrolment
        {
            var link = Enrolment(hash: hash(number), user: try id(user), madeBy: madeBy, created: 1, ends: 900)
            link.device = device
            return link
        }
        let links = [try link(1), try link(2, madeBy: nil), try link(3, device: "b"), try link(4, of: 8)]
        try await store.write { writing in
            for link in links { try writing.put(link) }
            try writing.endLinksOfPhones(of: try id(7), at: 5)
            try writing.endLinksOfPhones(of: try id(7), at: 6)
        }
        let kept = try await store.read { reading in try links.map { try reading.enrolment(hash: $0.hash) } }
        #expect(kept.map { $0?.ends } == [5, 900, 900, 900])
        #expect(kept.map { $0?.madeBy } == links.map(\.madeBy))
    }

    @Test func `A phone check is one for each number and application, and can go`() async throws {
        var check = PhoneCheck(application: 1, phoneHash: hash(1), id: "x", sealed: [1], ends: start, wrongCodes: 2)
        check.sends = WindowCounter(since: 3, times: 4)
        try await store.write { [check] in try $0.put(check) }
        #expect(try await store.read { try $0.phoneCheck(application: 1, phoneHash: hash(1)) } == check)
        let other = PhoneCheck(application: 1, phoneHash: hash(1), id: "y", sealed: [], ends: start + 1)
        try await store.write { try $0.put(other) }
        #expect(try await store.read { try $0.phoneCheck(application: 1, phoneHash: hash(1)) } == other)
        try await store.write { try $0.removePhoneCheck(application: 1, phoneHash: hash(1)) }
        #expect(try await store.read { try $0.phoneCheck(application: 1, phoneHash: hash(1)) } == nil)
    }

    @Test func `A value can be set, changed and taken away`() async throws {
        for value in [[1], [], [2, 0], nil, nil] as [[UInt8]?] {
            try await store.write { try $0.setValue("key", to: value) }
            #expect(try await store.read { try $0.value("key") } == value)
        }
    }
}
