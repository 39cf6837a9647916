/// Why a text is refused as a phone number.
public struct PhoneNumberError: Error, Equatable, Sendable {
    public enum Part: Equatable, Sendable { case countryCode, number }

    /// What is wrong: the country code beside the number, or the number itself.
    public let part: Part
    /// Goes on behind "phone: ", without the number.
    public let message: String

    init(_ part: Part = .number, _ message: String) {
        self.part = part
        self.message = message
    }
}
