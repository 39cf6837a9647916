import AuthyService
import Glibc
import Identifiers
import Testing

struct HubTests {
    static let many = 100_000
    private let hub = Hub { 0 }
    // swift-format-ignore: NeverForceUnwrap
    private var subject: Hub.Subject { .user(AuthyID(1)!) }

    private func ticket(until deadline: Int64 = 100, of holder: String = "a") throws -> Hub.Ticket {
        try #require(hub.ticket(for: subject, of: holder, until: deadline))
    }

    @Test func `news that come before the wait are not lost`() async throws {
        let ticket = try ticket()
        hub.wake(subject)
        #expect(await hub.wait(for: ticket))
        #expect(hub.count == 0)
    }

    @Test func `a wait ends at its deadline`() async throws {
        let ticket = try ticket()
        hub.sweep(at: 99)
        #expect(hub.count == 1)
        hub.sweep(at: 100)
        #expect(await !hub.wait(for: ticket))
        #expect(hub.count == 0)
    }

    @Test func `a deadline that is over already ends with the next sweep`() async throws {
        hub.sweep(at: 100)
        let ticket = try ticket(until: 50)
        hub.sweep(at: 101)
        await hub.wait(for: ticket)
        #expect(hub.count == 0)
    }

    @Test func `news for another wake nobody`() async throws {
        let ticket = try ticket()
        hub.wake(.user(AuthyID(2)!))
        #expect(hub.count == 1)
        hub.end(ticket)
        await hub.wait(for: ticket)
        #expect(hub.count == 0)
    }

    @Test func `a thousand who wait are all woken at once`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let tickets = try (0..<1_000).map { try ticket(of: "\($0)") }
            for ticket in tickets { group.addTask { await hub.wait(for: ticket) } }
            hub.wake(subject)
        }
        #expect(hub.count == 0)
    }

    /// The CPU seconds of this thread, whatever else the machine does.
    private func computed() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test func `that many wait for the same makes nobody's going slow`() throws {
        let before = computed()
        let tickets = try (0..<Self.many).map { try ticket(of: "\($0)") }
        for ticket in tickets.reversed() { hub.end(ticket) }
        #expect(hub.count == 0)
        #expect(computed() - before < 20)
    }

    @Test func `one holder waits in so many places, and in one more as soon as one wait is over`() throws {
        let tickets = try (0..<Hub.most).map { _ in try ticket() }
        #expect(hub.ticket(for: subject, of: "a", until: 100) == nil)
        _ = try ticket(of: "b")
        hub.end(tickets[3])
        hub.end(tickets[3])
        _ = try ticket()
        #expect(hub.ticket(for: subject, of: "a", until: 100) == nil)
    }

    @Test func `after the end nobody waits`() async throws {
        let before = try ticket()
        hub.close()
        await hub.wait(for: before)
        await hub.wait(for: try ticket())
    }
}
