import Testing

@testable import Identifiers
@testable import LoginPolicy

struct PromptInputTests {
    private func answer(_ text: String) -> PromptInput { PromptInput(Array(text.utf8)) }

    @Test("No answer is nothing, which is not the same as an empty line")
    func nothing() {
        #expect(PromptInput(nil) == .nothing)
        #expect(PromptInput([]) == .enter)
    }

    @Test(
        "Blanks and line ends are an empty line",
        arguments: [" ", "\t", "\n", "\r\n", " \t \r\n", String(repeating: " ", count: 10_000)])
    func blank(text: String) { #expect(answer(text) == .enter) }

    @Test("Words are taken in capitals too, and with blanks around them", arguments: Word.allCases)
    func words(word: Word) {
        for text in [
            word.rawValue, word.rawValue.uppercased(), word.rawValue.prefix(1).uppercased() + word.rawValue.dropFirst(),
            " \t\(word.rawValue) \r\n",
        ] {
            #expect(answer(text) == .word(word), "\(text)")
        }
    }

    @Test(
        "What only looks like a word is none",
        arguments: [
            "smss", "sm", "s ms", "sms call", "sms 123456", "sms\0", "s\u{212A}ip", "\u{17F}ms", "s\u{FE0F}ms",
            "sms\u{301}", "\u{FEFF}sms",
            "\u{A0}sms",
        ])
    func noWords(text: String) { #expect(answer(text) == .other) }

    @Test(
        "Six to ten digits are a code, blanks and hyphens dropped and zeros kept",
        arguments: ["012345", "1234567", "0000000000", "999999", "1234567890"])
    func codes(digits: String) {
        let spaced = digits.map(String.init).joined(separator: " ")
        let separators = [
            " ", "-", "\t", " - ", "\u{A0}", "\u{202F}", "\u{2007}", "\u{2009}", "\u{3000}", "\u{200B}", "\u{2060}",
            "\u{FEFF}", "\u{AD}",
            "\u{2010}",
            "\u{2011}", "\u{2012}", "\u{2013}", "\u{2014}", "\u{2212}", "\u{FE63}", "\u{FF0D}", "\u{200E}", "\u{2066}",
            "\u{2069}",
        ]
        let grouped = separators.map { "\(digits.prefix(3))\($0)\(digits.dropFirst(3))" }
        let around = ["\u{A0}", "\u{200E}", "\u{FEFF}", "\u{202A}"].map { "\($0)\(digits)\($0)" }
        for text in [digits, " \(digits)\n", spaced] + grouped + around {
            guard case .code(let code) = answer(text) else {
                Issue.record("\(text) is no code")
                continue
            }
            #expect(code.digits == digits)
        }
    }

    @Test(
        "What is no code goes nowhere",
        arguments: [
            "12345", "12345678901", "../sms", "123456/../4711", "123456#", "12345a", "+123456", "-123456", "1.23456",
            "1e5000", "0x123456",
            "123456\0", "\0", "\0123456", "123\n456", "123456-", "\u{2011}123456", "\u{A0}-123456", "123_456",
            "123.456", "123/456",
            "------",
            "\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}", "\u{FF11}\u{FF12}\u{FF13}\u{FF14}\u{FF15}\u{FF16}",
            "123456\u{301}",
            "12345\u{B2}",
            "INCORRECT", "1" + String(repeating: " ", count: 31) + "23456", String(repeating: "1", count: 10_000),
            String(repeating: "x", count: 10_000),
        ])
    func noCodes(text: String) { #expect(answer(text) == .other) }

    @Test(
        "Separators of ISO 8859 and Windows-1252 are dropped too: nobody says how the terminal writes",
        arguments: [0xA0, 0xAD, 0x96, 0x97] as [UInt8])
    func otherEncodings(separator: UInt8) {
        #expect(PromptInput(Array("123".utf8) + [separator] + Array("456".utf8)) == .code(code("123456")))
    }

    @Test(
        "A recovery code is known where another code was asked for",
        arguments: [
            "abcd-efgh-jkmn", "ABCD EFGH JKMN", "abcdefghjkmn", "abcd\u{2011}efgh\u{A0}jkmn", " abcd-efgh-jkmn\r\n",
            "0123-4567-89ab",
            "123456789012",
        ])
    func recoveryCodes(text: String) {
        guard case .recovery(let code) = answer(text) else {
            Issue.record("\(text) is no recovery code")
            return
        }
        #expect(code.text == RecoveryCode(Array(text.utf8.filter { $0 > 0x2D && $0 < 0x7F }))?.text)
    }

    @Test(
        "What only looks like a recovery code is none",
        arguments: ["abcd-efgh-jkm", "abcd-efgh-jkmnp", "uuuu-uuuu-uuuu", "abcd_efgh_jkmn", "correct horses"])
    func noRecoveryCodes(text: String) { #expect(answer(text) == .other) }

    @Test(
        "Bytes that are no text go nowhere",
        arguments: [
            [0xFF], [0xC0, 0xAF], [0xF0, 0x9F], Array("sms".utf8) + [0xFF], Array("123456".utf8) + [0x80],
            [0xED, 0xA0, 0x80],
        ]
            as [[UInt8]])
    func noText(bytes: [UInt8]) { #expect(PromptInput(bytes) == .other) }

    // MARK: sshd's stand-in answer

    private static func sshdFakePassword(_ length: Int) -> [UInt8] {
        let pattern = Array("\u{8}\n\r\u{7F}INCORRECT".utf8)
        return (0..<length).map { pattern[$0 % pattern.count] }
    }

    @Test("The stand-in answer is known at every length", arguments: [1...40, 100...130, 10_000...10_000])
    func sshdFakePassword(lengths: ClosedRange<Int>) {
        for length in lengths { #expect(PromptInput(Self.sshdFakePassword(length)) == .sshdFakePassword, "\(length)") }
    }

    @Test("With one byte changed, or one before it, it is no stand-in answer")
    func noStandIn() {
        for length in 1...40 {
            for index in 0..<length {
                var bytes = Self.sshdFakePassword(length)
                bytes[index] ^= 0x20
                #expect(PromptInput(bytes) != .sshdFakePassword, "\(length), \(index)")
            }
            #expect(PromptInput([0x20] + Self.sshdFakePassword(length)) != .sshdFakePassword)
        }
    }

    @Test("Any bytes at all are one answer or another, and a code only where there are six to ten digits")
    func anyBytes() {
        var random = Seeded(seed: 7)
        let alphabet = Array("0123456789 \t\nsmcalpuhki\u{8}\r\u{7F}INCORET".utf8) + [0, 0x80, 0xC3, 0xFF]
        for _ in 1...20_000 {
            let bytes = (0..<Int.random(in: 0...16, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            guard case .code(let code) = PromptInput(bytes) else { continue }
            let blanks = Set("\t\n\r ".utf8)
            #expect((6...10).contains(code.digits.count) && code.digits.allSatisfy { $0.isASCII && $0.isNumber })
            #expect(bytes.filter { !blanks.contains($0) } == Array(code.digits.utf8))
        }
    }
}

struct OneTimeCodeTests {
    @Test("A code has 6 to 10 digits", arguments: 0...40)
    func length(count: Int) {
        let digits = String(repeating: "7", count: count)
        #expect(OneTimeCode(Array(digits.utf8))?.digits == ((6...10).contains(count) ? digits : nil))
    }

    @Test("A code is text: zeros in front count")
    func zeros() {
        #expect(code("012345") != code("0012345"))
        #expect(code("000000").digits == "000000")
    }

    @Test("At most 32 bytes are read as a code, blanks included")
    func longest() {
        let typed = "123" + String(repeating: " ", count: 26) + "456"
        #expect(OneTimeCode(Array(typed.utf8))?.digits == "123456")
        #expect(OneTimeCode(Array((typed + " ").utf8)) == nil)
    }
}

struct NumberTests {
    @Test("An AuthyID is a positive decimal integer", arguments: ["1", "4711", "999999999999999999"])
    func authyID(text: String) { #expect(AuthyID(text)?.description == text) }

    @Test(
        "Whatever else could stand in a URL is no AuthyID",
        arguments: [
            "", "0", "00", "01", "-1", "+1", " 1", "1 ", "1\n", "1\0", "1.0", "1e3", "0x1", "1/2", "1?a=b", "1#", "%31",
            "../sms", "1_000",
            "1000000000000000000", "9223372036854775808", "\u{661}", "\u{FF11}", "1\u{301}",
            String(repeating: "1", count: 10_000),
        ])
    func noAuthyID(text: String) { #expect(AuthyID(text) == nil) }

    @Test(
        "As a number an AuthyID is positive",
        arguments: [(1, true), (.max, true), (0, false), (-1, false), (.min, false)] as [(Int64, Bool)])
    func authyIDNumber(value: Int64, isOne: Bool) { #expect((AuthyID(value)?.value == value) == isOne) }

    @Test("A check number has two digits", arguments: [Int.min, -10, 0, 1, 9, 10, 42, 99, 100, Int.max])
    func checkNumber(value: Int) {
        let number = CheckNumber(value)
        #expect((number != nil) == (10...99).contains(value))
        if let number { #expect(number.description.utf8.count == 2 && number.value == value) }
    }

    @Test("A request's name is a UUID, in small letters whatever came")
    func requestID() throws {
        let id = try #require(ApprovalRequestID("6DE2AB72-0C2A-4DBE-B5E4-FEDCBA987654"))
        #expect(id.description == "6de2ab72-0c2a-4dbe-b5e4-fedcba987654")
        #expect(id == ApprovalRequestID("6de2ab72-0c2a-4dbe-b5e4-fedcba987654"))
        #expect(ApprovalRequestID("00000000-0000-0000-0000-000000000000") != nil)
    }

    @Test("A UUID with one character changed to what does not belong there is none")
    func noRequestID() {
        let id = Array("6de2ab72-0c2a-4dbe-b5e4-fedcba987654")
        for index in id.indices {
            for character in ["g", "/", ".", "?", "#", "%", " ", "\0", "\n", "-", "0", "\u{661}", "\u{E9}", "e\u{301}"]
                as [Character]
            {
                var other = id
                other[index] = character
                let belongs = id[index] == "-" ? character == "-" : character == "0"
                #expect((ApprovalRequestID(String(other)) != nil) == belongs, "\(index) \(character)")
            }
        }
    }

    @Test(
        "What is not as long as a UUID is none",
        arguments: [
            "", "6de2ab72", "6de2ab720c2a4dbeb5e4fedcba987654", "{6de2ab72-0c2a-4dbe-b5e4-fedcba987654}",
            "6de2ab72-0c2a-4dbe-b5e4-fedcba98765",
            "6de2ab72-0c2a-4dbe-b5e4-fedcba9876540", "6de2ab72-0c2a-4dbe-b5e4-fedcba987654\n",
            "../approval_requests/6de2ab72-0c2a-4d",
            "\u{E9}e2ab72-0c2a-4dbe-b5e4-fedcba987654", String(repeating: "a", count: 10_000),
        ])
    func noRequestIDLength(text: String) { #expect(ApprovalRequestID(text) == nil) }

    @Test(
        "A day is written with all its digits",
        arguments: [(2027, 3, 5, "2027-03-05"), (2027, 12, 31, "2027-12-31"), (5, 1, 1, "0005-01-01")])
    func day(year: Int, month: Int, day: Int, text: String) {
        #expect(CivilDay(year: year, month: month, day: day).description == text)
    }

    @Test("Approved and excused let in, and nothing else does")
    func outcomes() { #expect(Outcome.allCases.filter(\.letsIn) == [.approved, .excused]) }
}
