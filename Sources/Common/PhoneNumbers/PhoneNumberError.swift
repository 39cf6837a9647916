/// The reason to refuse a text as a phone number.
public struct PhoneNumberError: Error, Equatable, Sendable {
    /// The parts of a number that can be wrong.
    public enum Part: Equatable, Sendable { case countryCode, number }

    /// The part that is wrong: the country code beside the number, or the number itself.
    public let part: Part
    /// The rest of a sentence that begins with "phone: ", without the number.
    public let message: String

    init(_ part: Part = .number, _ message: String) {
        self.part = part
        self.message = message
    }
}
