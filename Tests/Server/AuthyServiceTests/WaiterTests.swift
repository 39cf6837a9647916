import AuthyService
import Glibc
import Identifiers
import Testing

struct WaiterTests {
    static let many = 100_000
    private let waiters = WaiterRegistry { 0 }
    // swift-format-ignore: NeverForceUnwrap
    private var subject: WaiterRegistry.Subject { .user(AuthyID(1)!) }

    private func ticket(until deadline: Int64 = 100, of holder: String = "a") throws -> WaiterRegistry.Waiter {
        try #require(waiters.register(for: subject, of: holder, until: deadline))
    }

    @Test func `news that come before the wait are not lost`() async throws {
        let ticket = try ticket()
        waiters.wake(subject)
        #expect(await waiters.wait(for: ticket))
        #expect(waiters.count == 0)
    }

    @Test func `a wait ends at its deadline`() async throws {
        let ticket = try ticket()
        waiters.sweep(at: 99)
        #expect(waiters.count == 1)
        waiters.sweep(at: 100)
        #expect(await !waiters.wait(for: ticket))
        #expect(waiters.count == 0)
    }

    @Test func `a deadline that is over already ends with the next sweep`() async throws {
        waiters.sweep(at: 100)
        let ticket = try ticket(until: 50)
        waiters.sweep(at: 101)
        await waiters.wait(for: ticket)
        #expect(waiters.count == 0)
    }

    @Test func `news for another wake nobody`() async throws {
        let ticket = try ticket()
        waiters.wake(.user(AuthyID(2)!))
        #expect(waiters.count == 1)
        waiters.end(ticket)
        await waiters.wait(for: ticket)
        #expect(waiters.count == 0)
    }

    @Test func `a thousand who wait are all woken at once`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let tickets = try (0..<1_000).map { try ticket(of: "\($0)") }
            for ticket in tickets { group.addTask { await waiters.wait(for: ticket) } }
            waiters.wake(subject)
        }
        #expect(waiters.count == 0)
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
        for ticket in tickets.reversed() { waiters.end(ticket) }
        #expect(waiters.count == 0)
        #expect(computed() - before < 20)
    }

    @Test func `one holder waits in so many places, and in one more as soon as one wait is over`() throws {
        let tickets = try (0..<WaiterRegistry.most).map { _ in try ticket() }
        #expect(waiters.register(for: subject, of: "a", until: 100) == nil)
        _ = try ticket(of: "b")
        waiters.end(tickets[3])
        waiters.end(tickets[3])
        _ = try ticket()
        #expect(waiters.register(for: subject, of: "a", until: 100) == nil)
    }

    @Test func `after the end nobody waits`() async throws {
        let before = try ticket()
        waiters.close()
        await waiters.wait(for: before)
        await waiters.wait(for: try ticket())
    }
}
