import Foundation
import Identifiers
import PhoneNumbers
import Testing

/// One way of writing a number, from Tests/phone-numbers.json, which the tests of all commands and calls share.
struct Form: Decodable, CustomTestStringConvertible, Sendable {
    /// The country code given beside the number or usual there; nil if the number must contain its own.
    let given: String?
    let usually: String?
    let text: String
    /// The number in E.164.
    let `is`: String?
    /// A part of the error message.
    let refused: String?

    var country: NumberCountry { given.map { .given($0) } ?? usually.map { .usually($0) } ?? .unknown }
    var testDescription: String { "\(country) \(text.debugDescription)" }

    static let all: [Form] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "phone-numbers.json")
        guard let data = try? Data(contentsOf: file), let forms = try? JSONDecoder().decode([Form].self, from: data)
        else { return [] }
        return forms
    }()
    static let taken = all.filter { $0.is != nil }
    static let refused = all.filter { $0.refused != nil }
}

struct WrittenFormTests {
    @Test("The table is there, and each of its forms is taken or refused")
    func table() {
        #expect(Form.all.count > 120 && Form.taken.count + Form.refused.count == Form.all.count)
    }

    @Test("A number is the same however it is written", arguments: Form.taken)
    func same(form: Form) throws {
        #expect(try PhoneNumber(written: form.text, in: form.country).e164 == form.is)
    }

    @Test("What is no number, or could be two, is refused with the reason", arguments: Form.refused)
    func refuses(form: Form) throws {
        let reason = try #require(form.refused)
        #expect {
            _ = try PhoneNumber(written: form.text, in: form.country)
        } throws: { error in
            (error as? PhoneNumberError)?.message.contains(reason) == true
        }
    }

    @Test("A number that was read reads as itself", arguments: Form.taken)
    func again(form: Form) throws {
        let number = try PhoneNumber(written: form.text, in: form.country)
        #expect(try PhoneNumber(written: number.e164, in: .unknown) == number)
        #expect(try PhoneNumber(written: number.national, in: .given(number.countryCode)) == number)
    }

    @Test("A reason holds nothing of the number", arguments: Form.refused)
    func silent(form: Form) {
        do throws(PhoneNumberError) { _ = try PhoneNumber(written: form.text, in: form.country) } catch {
            #expect(
                !error.message.contains("15123456789") && !error.message.contains("5550100123")
                    && error.message.utf8.count < 160)
        }
    }

    @Test(
        "The fault is the country code's where it is none",
        arguments: [("999", PhoneNumberError.Part.countryCode), ("1", .number)])
    func part(code: String, part: PhoneNumberError.Part) {
        #expect { _ = try PhoneNumber(written: "12", in: .given(code)) } throws: {
            ($0 as? PhoneNumberError)?.part == part
        }
    }

    @Test("Any text is a number or refused", arguments: 0..<400)
    func anything(seed: Int) {
        var generator = Steps(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        let alphabet = Array("0123456789+-() .00\u{A0}\u{202A}\u{661}x49391".unicodeScalars)
        let text = String(
            String.UnicodeScalarView(
                (0..<Int(generator.next() % 24)).map { _ in alphabet[Int(generator.next() % UInt64(alphabet.count))] })
        )
        let codes = ["1", "49", "39", "225", "229", "352", "800", "7"]
        guard let number = try? PhoneNumber(written: text, in: .usually(codes[Int(generator.next() % 8)])) else {
            return
        }
        #expect((try? PhoneNumber(written: number.e164, in: .unknown)) == number)
    }
}

/// Pseudorandom numbers, the same in each run (splitmix64).
private struct Steps {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
