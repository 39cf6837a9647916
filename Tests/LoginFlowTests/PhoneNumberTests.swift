import LoginFlow
import Testing

@Test(arguments: [
    ("+49 151 1234-5678", "+4915112345678"), ("+1 (555) 010-0123", "+15550100123"), ("0151 12345678", "+4915112345678"),
    ("151 12345678", "+4915112345678"), ("+999 1234567", "+9991234567"),
])
func `A number is taken as people write it`(typed: String, e164: String) {
    #expect(PhoneNumber(typed: typed, countryCode: "49")?.e164 == e164)
}

@Test(arguments: [
    "", "+", "0", "+0151123456", "++49151123456", "004915112345678", "+49", "+4915112345678901234", "12345abc", "+49 151 1234;5678", "\u{0661}\u{0662}\u{0663}4567",
    String(repeating: "1", count: 41), "tel:+4915112345678",
])
func `What is no number is none`(typed: String) {
    #expect(PhoneNumber(typed: typed, countryCode: "49") == nil)
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
