import AuthyService
import LoginFlow
import Testing

struct HubTests {
    private let hub = Hub()
    private var subject: Hub.Subject { .user(AuthyID(1)!) }

    @Test func `news that come before the wait are not lost`() async {
        let ticket = hub.ticket(for: subject, until: 100)
        hub.wake(subject)
        #expect(await hub.wait(for: ticket))
        #expect(hub.count == 0)
    }

    @Test func `a wait ends at its deadline`() async {
        let ticket = hub.ticket(for: subject, until: 100)
        hub.sweep(at: 99)
        #expect(hub.count == 1)
        hub.sweep(at: 100)
        #expect(await !hub.wait(for: ticket))
        #expect(hub.count == 0)
    }

    @Test func `a deadline that is over already ends with the next sweep`() async {
        hub.sweep(at: 100)
        let ticket = hub.ticket(for: subject, until: 50)
        hub.sweep(at: 101)
        await hub.wait(for: ticket)
        #expect(hub.count == 0)
    }

    @Test func `news for another wake nobody`() async {
        let ticket = hub.ticket(for: subject, until: 100)
        hub.wake(.user(AuthyID(2)!))
        #expect(hub.count == 1)
        hub.end(ticket)
        await hub.wait(for: ticket)
        #expect(hub.count == 0)
    }

    @Test func `a thousand who wait are all woken at once`() async {
        await withTaskGroup(of: Void.self) { group in
            let tickets = (0..<1_000).map { _ in hub.ticket(for: subject, until: 100) }
            for ticket in tickets { group.addTask { await hub.wait(for: ticket) } }
            hub.wake(subject)
        }
        #expect(hub.count == 0)
    }

    @Test func `after the end nobody waits`() async {
        let before = hub.ticket(for: subject, until: 100)
        hub.close()
        await hub.wait(for: before)
        await hub.wait(for: hub.ticket(for: subject, until: 100))
    }
}
