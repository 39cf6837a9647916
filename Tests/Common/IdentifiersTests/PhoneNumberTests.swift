import Identifiers
import Testing

struct PhoneNumberTests {
    @Test(arguments: ["5551230001", "555-123-0001", "555.123.0001", "(555) 123 0001"])
    func `dashes, dots, blanks and parentheses are dropped`(_ text: String) {
        #expect(PhoneNumber(countryCode: "1", national: text)?.e164 == "+15551230001")
    }

    @Test(arguments: [
        ("0", "5551230001"), ("", "5551230001"), ("1234", "5551230001"), ("1", "555"), ("1", ""), ("1", "555x"),
        ("1", "１２３４５６"),
        ("999", "12345678901234"),
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

    @Test(arguments: [
        ("+49 151 1234-5678", "+4915112345678"), ("+1 (555) 010-0123", "+15550100123"),
        ("151 12345678", "+4915112345678"),
        ("+999 1234567", "+9991234567"), ("00 49 151 12345678", "+4915112345678"),
        ("0049151/12345678", "+4915112345678"),
        ("+49\u{A0}151\u{2011}12345678", "+4915112345678"), ("\u{202A}+49 151 12345678\u{202C}", "+4915112345678"),
        ("\u{FF0B}49 \u{661}\u{665}112345678", "+4915112345678"),
    ])
    func `A number is taken as people write it`(typed: String, e164: String) {
        #expect(PhoneNumber(typed: typed, countryCode: "49")?.e164 == e164)
    }

    @Test(arguments: [
        "", "+", "0", "+0151123456", "++49151123456", "+49", "+4915112345678901234", "12345abc", "+49 151 1234;5678",
        String(repeating: "1", count: 61), "tel:+4915112345678", "5550100123.0", "0151 12345678 ext 5",
    ])
    func `What is no number is none`(typed: String) {
        #expect(PhoneNumber(typed: typed, countryCode: "49") == nil)
    }

    @Test(arguments: [
        ("+49 (0)151 12345678", "49", "015112345678"), ("0151 12345678", "49", "015112345678"),
        ("+39 06 1234", "39", "061234"),
    ])
    func `What is only dialed is left to the server, which knows the numbering plans`(
        typed: String, code: String, national: String
    ) {
        let number = PhoneNumber(typed: typed, countryCode: "49")
        #expect(number?.countryCode == code && number?.national == national)
    }

    @Test func `Without a country code in the settings a number names its own`() {
        #expect(PhoneNumber(typed: "0151 12345678") == nil)
        #expect(PhoneNumber(typed: "+49 151 12345678")?.countryCode == "49")
    }

    @Test func `A number that is printed is masked`() throws {
        let number = try #require(PhoneNumber(typed: "+49 151 12345678"))
        #expect("\(number)" == "+49-XXX-XXX-XX78")
        #expect(!String(reflecting: number).contains("1234"))
        #expect(number.masked == "XXX-XXX-5678")
    }
}
