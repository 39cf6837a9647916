import Testing

@testable import Identifiers
@testable import LoginPolicy

/// The texts that the user reads.
struct TextTests {
    static let fixed =
        TextID.allCases.filter { $0.kind == .sentence && $0.places.isEmpty && !$0.isPlural }.map { english[$0] }
        + [english.oneCodeSent(.sms), english.oneCodeSent(.call)]
    private static let number = CheckNumber(99)
    private static let day = CivilDay(year: 9999, month: 12, day: 31)

    static let prompts =
        [true, false].flatMap { approve in
            [true, false].flatMap { codes in
                [nil, number].flatMap { number in
                    [[], [.skip], Word.allCases].map {
                        english.prompt(approves: approve, number: number, codes: codes, words: $0)
                    }
                }
            }
        } + [
            english[.recoveryPrompt], english[.namePrompt], english.numberPrompt(mayOptOut: true),
            english.numberPrompt(mayOptOut: false),
        ]
    private static let phone = PhoneNumber(e164: "+881632960123456")
    static let composed =
        [nil, number].flatMap { number in [true, false].map { english.waiting(number: number, enter: $0) } }
        + [0, 1, 2, .max, .min].flatMap { left in
            [nil, day].flatMap {
                [
                    english.grace(left: left, until: $0), english.grace(left: left, until: $0, isOffered: true),
                    english.offer(left: left, until: $0),
                ]
            }
        }
        + [0, 1, 3, 4, .min].map({ english.recovered(left: $0) })
        + (phone.map { [english.codeSent(.sms, to: $0), english.codeSent(.call, to: $0), english.enrolled($0)] } ?? [])

    private func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && text.utf8.count < 200
    }

    @Test("Every text is one short line of printable ASCII", arguments: fixed + composed + prompts)
    func plain(text: String) { #expect(isPlain(text) && !text.isEmpty) }

    @Test("What is told is whole sentences", arguments: fixed + composed)
    func sentences(text: String) {
        #expect(text.hasSuffix(".") && text.first?.isUppercase == true && !text.contains("!"))
    }

    @Test("A prompt ends with a colon and a blank", arguments: prompts)
    func prompt(text: String) { #expect(text.hasSuffix(": ") && !text.contains("  ")) }

    @Test(
        "A user who cannot get in is told who can help or what to do",
        arguments: [
            english[.notEnrolled], english[.notEnrolled], english[.unavailable], english[.locked], english[.noFactor],
            english[.noMoreTries],
            english[.timeout],
        ])
    func whatNext(text: String) { #expect(text.contains("administrator") || text.contains("again")) }

    @Test("Grace tells the logins that are left, and the last day if there is one and logins are left")
    func grace() {
        let day = CivilDay(year: 2027, month: 3, day: 31)
        #expect(
            english.grace(left: 2, until: day).hasPrefix(
                "You can log in 2 more times without a second factor, until 2027-03-31."))
        #expect(
            english.grace(left: 1, until: day).hasPrefix(
                "You can log in 1 more time without a second factor, until 2027-03-31."))
        #expect(english.grace(left: 0, until: day).hasPrefix("This is your last login without a second factor."))
        #expect(
            english.grace(left: 1, until: nil, isOffered: true).hasSuffix(
                " To enroll, type your number at the next login."))
        #expect(
            english.grace(left: 0, until: nil, isOffered: true).hasSuffix(" Contact your administrator to set one up."))
    }
}
