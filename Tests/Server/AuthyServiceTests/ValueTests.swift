import AuthyService
import Testing

struct MomentTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_795_478_400, "2026-11-24T00:00:00Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"),
        (-5, "1970-01-01T00:00:00Z"),
    ])
    func `moments are written in UTC`(_ time: Int64, _ text: String) { #expect(Moment.text(time) == text) }
}
