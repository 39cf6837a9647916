import Foundation
import Identifiers
import Testing

@testable import Records

struct TransactionTests {
    let place: Place
    let store: SQLiteRecordStore

    init() async throws {
        place = try Place()
        store = try place.open()
        try await store.fill()
    }

    @Test func `A thousand at once that add one to the same number lose none`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { [store] group in
            for _ in 0..<1000 {
                group.addTask {
                    try await store.write { writing in
                        let alice = try id(7)
                        guard var member = try writing.member(application: 1, user: alice) else { throw Stop() }
                        member.requests.times += 1
                        try writing.put(member)
                        try writing.count(month(1))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.read { try $0.member(application: 1, user: try id(7))?.requests.times } == 1000)
        #expect(try await store.read { try $0.statistics(of: 1) } == [month(1, calls: 1000)])
    }

    @Test func `A body that throws undoes itself alone, among others that share the commit`() async throws {
        let outcomes = await withTaskGroup(of: Bool.self) { [store] group in
            for number in 0..<200 {
                group.addTask {
                    let done: Void? = try? await store.write { writing in
                        try writing.setValue("\(number)", to: [1])
                        try writing.count(month(2))
                        if number % 2 == 0 { throw Stop() }
                    }
                    return done != nil
                }
            }
            return await group.reduce(into: [true: 0, false: 0]) { $0[$1, default: 0] += 1 }
        }
        #expect(outcomes == [true: 100, false: 100])
        for number in 0..<200 {
            #expect(try await store.read { try $0.value("\(number)") } == (number % 2 == 0 ? nil : [1]))
        }
        #expect(try await store.read { try $0.statistics(of: 1) } == [month(2, calls: 100)])
    }

    @Test func `A body gets its own error, and the database's in words`() async throws {
        await #expect(throws: Stop.self) { try await store.write { _ in throw Stop() } }
        let error = await #expect(throws: RecordStoreError.self) {
            try await store.write { try $0.put(Member(application: 1, user: try id(99), added: 1, secret: [])) }
        }
        #expect(error == .conflict("FOREIGN KEY constraint failed"))
    }

    @Test func `A body that goes on after an error keeps the rest`() async throws {
        try await store.write { writing in
            try? writing.put(Member(application: 1, user: try id(99), added: 1, secret: []))
            try writing.setValue("after", to: [1])
        }
        #expect(try await store.read { try $0.value("after") } == [1])
    }

    @Test func `A body sees what it wrote, and counted, before others do`() async throws {
        try await store.write { try $0.count(month(3, calls: 5)) }
        try await store.write { writing in
            try writing.setValue("own", to: [1])
            #expect(try writing.value("own") == [1])
            try writing.count(month(3))
            try writing.count(month(4))
            #expect(try writing.statistics(of: 1) == [month(4), month(3, calls: 6)])
            #expect(try writing.statistics(of: 2) == [])
        }
        #expect(try await store.read { try $0.statistics(of: 1) } == [month(4), month(3, calls: 6)])
    }

    @Test func `Months are newest first, across years`() async throws {
        try await store.write { writing in
            for (number, year) in [(12, 2026), (1, 2027), (11, 2026)] as [(Int64, Int64)] {
                try writing.count(month(number, year: year))
            }
        }
        #expect(try await store.read { try $0.statistics(of: 1) }.map(\.month) == [1, 12, 11])
    }

    @Test(arguments: [month(0), month(13), month(1, calls: -1), month(1, calls: .max), month(1, of: 99)])
    func `A count that makes no sense is refused and harms no other`(_ count: MonthOfStatistics) async throws {
        async let good: Void = store.write { try $0.count(month(1)) }
        await #expect(throws: RecordStoreError.self) { try await store.write { try $0.count(count) } }
        try await good
        #expect(try await store.read { try $0.statistics(of: 1) } == [month(1)])
    }

    @Test func `Counts stop at the most that there is`() async throws {
        for _ in 1...3 { try await store.write { try $0.count(month(1, calls: MonthlyCounters.most)) } }
        #expect(try await store.read { try $0.statistics(of: 1) } == [month(1, calls: MonthlyCounters.most)])
    }

    @Test func `A reading sees one moment, whatever is written meanwhile`() async throws {
        let other = try place.raw()
        try await store.read { [place] reading in
            #expect(try reading.value("late") == nil)
            try place.raw().run("INSERT INTO server_values (name, value) VALUES ('late', x'01')")
            #expect(try reading.value("late") == nil)
        }
        #expect(try await store.read { try $0.value("late") } == [1])
        #expect(try other.first("SELECT 1 FROM server_values WHERE name = 'late'") { _ in true } == true)
    }

    @Test func `A reader cannot write, whatever it is taken for`() async throws {
        try await store.read { #expect(!($0 is any RecordWriting)) }
    }

    @Test func `Two stores on one file, as of the server and the command line, both write`() async throws {
        let other = try place.open()
        try await withThrowingTaskGroup(of: Void.self) { [store] group in
            for number in 0..<100 {
                group.addTask { try await (number % 2 == 0 ? store : other).write { try $0.count(month(1)) } }
            }
            try await group.waitForAll()
        }
        #expect(try await store.read { try $0.statistics(of: 1) } == [month(1, calls: 100)])
    }

    @Test func `A lost transaction fails its bodies, and the next one is as if nothing had been`() async throws {
        // A trigger that rolls back has the effect of a full disk on a transaction.
        try place.raw().execute(
            """
            CREATE TRIGGER full BEFORE INSERT ON server_values WHEN new.name = 'full'
            BEGIN SELECT RAISE(ROLLBACK, 'undone'); END
            """)
        await #expect(throws: RecordStoreError.self) {
            try await store.write { writing in
                try writing.setValue("before", to: [1])
                try? writing.setValue("full", to: [1])
                try writing.setValue("after", to: [1])
            }
        }
        for name in ["before", "full", "after"] { #expect(try await store.read { try $0.value(name) } == nil) }
        try await store.write { try $0.setValue("next", to: [1]) }
        #expect(try await store.read { try $0.value("next") } == [1])
    }

    @Test func `The last reference may be let go of by a body`() async throws {
        let place = try Place()
        var store: SQLiteRecordStore? = try place.open()
        try await store?.write { [held = store] in
            try $0.setValue("kept", to: [1])
            withExtendedLifetime(held) {}
        }
        store = nil
        #expect(try await place.open().read { try $0.value("kept") } == [1])
    }
}
