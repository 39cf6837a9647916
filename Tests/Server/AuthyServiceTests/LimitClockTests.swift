import AuthyService
import Synchronization
import Testing

struct LimitClockTests {
    private final class Uptime: Sendable {
        let seconds = Mutex<Int64>(1_000)
        func pass(_ more: Int64) { seconds.withLock { $0 += more } }
    }

    @Test func `it goes with the time since the system's start, from the moment that it is given`() {
        let uptime = Uptime()
        let clock = LimitClock(start: 1_800_000_000) { uptime.seconds.withLock { $0 } }
        #expect(clock.now() == 1_800_000_000)
        uptime.pass(600)
        #expect(clock.now() == 1_800_000_600)
    }

    @Test func `it never goes back`() {
        let uptime = Uptime()
        let clock = LimitClock(start: 1_800_000_000) { uptime.seconds.withLock { $0 } }
        uptime.pass(600)
        #expect(clock.now() == 1_800_000_600)
        uptime.pass(-3_600)
        #expect(clock.now() == 1_800_000_600)
    }
}
