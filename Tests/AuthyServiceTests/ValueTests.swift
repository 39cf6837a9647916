import AuthyService
import Testing

struct PhoneNumberTests {
    @Test(arguments: ["5551230001", "555-123-0001", "555.123.0001", "(555) 123 0001"])
    func `dashes, dots, blanks and parentheses are dropped`(_ text: String) {
        #expect(PhoneNumber(countryCode: "1", national: text)?.e164 == "+15551230001")
    }

    @Test(arguments: [
        ("0", "5551230001"), ("", "5551230001"), ("1234", "5551230001"), ("1", "555"), ("1", ""), ("1", "555x"), ("1", "１２３４５６"),
        ("999", "1234567890123"),
        ("1", "-----"),
    ])
    func `what is no phone number is none`(_ code: String, _ national: String) {
        #expect(PhoneNumber(countryCode: code, national: national) == nil)
    }

    @Test(arguments: [("+15551230001", "1"), ("+4915155512345", "49"), ("+35312345678", "353"), ("+79161234567", "7")])
    func `the country code is told apart`(_ text: String, _ code: String) {
        let phone = PhoneNumber(e164: text)
        #expect(phone?.countryCode == code && phone?.e164 == text)
    }

    @Test func `four digits are shown`() { #expect(PhoneNumber(e164: "+15551230001")?.masked == "XXX-XXX-0001") }
}

struct MomentTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_795_478_400, "2026-11-24T00:00:00Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"),
        (-5, "1970-01-01T00:00:00Z"),
    ])
    func `moments are written in UTC`(_ time: Int64, _ text: String) { #expect(Moment.text(time) == text) }
}
