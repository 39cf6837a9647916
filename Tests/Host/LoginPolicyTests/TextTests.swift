import Testing

@testable import Identifiers
@testable import LoginPolicy

/// The texts that the user reads.
struct TextTests {
    static let fixed = [
        Texts.notEnrolled, Texts.notEnrolled, Texts.unavailable, Texts.again, Texts.deniedOnPhone, Texts.timeout,
        Texts.locked,
        Texts.lockedUsePhone, Texts.noFactor, Texts.wrongCode, Texts.wrongSentCode, Texts.noMoreTries, Texts.noCode,
        Texts.noSuchWord,
        Texts.notApprovedYet,
        Texts.requestExpired, Texts.serverSilent, Texts.serverRefuses, Texts.serverLimited, Texts.noDevice,
        Texts.pushPaused,
        Texts.tooManyPushes,
        Texts.tooManyOneCodes, Texts.oneCodeNotSent, Texts.graceUsedUp, Texts.oneCodeSent(.sms),
        Texts.oneCodeSent(.call),
        Texts.wrongRecoveryCode, Texts.noRecoveryCode, Texts.noNumber, Texts.numberRefused, Texts.enterAgain,
        Texts.optOut,
        Texts.notOptedOut,
    ]
    private static let number = CheckNumber(99)
    private static let day = CivilDay(year: 9999, month: 12, day: 31)

    static let prompts =
        [true, false].flatMap { approve in
            [true, false].flatMap { codes in
                [nil, number].flatMap { number in
                    [[], [.skip], Word.allCases].map {
                        Texts.prompt(approves: approve, number: number, codes: codes, words: $0)
                    }
                }
            }
        } + [
            Texts.recoveryPrompt, Texts.namePrompt, Texts.numberPrompt(mayOptOut: true),
            Texts.numberPrompt(mayOptOut: false),
        ]
    private static let phone = PhoneNumber(e164: "+881632960123456")
    static let composed =
        [nil, number].flatMap { number in [true, false].map { Texts.waiting(number: number, enter: $0) } }
        + [0, 1, 2, .max, .min].flatMap { left in
            [nil, day].flatMap {
                [
                    Texts.grace(left: left, until: $0), Texts.grace(left: left, until: $0, isOffered: true),
                    Texts.offer(left: left, until: $0),
                ]
            }
        }
        + [0, 1, 3, 4, .min].map(Texts.recovered)
        + (phone.map { [Texts.codeSent(.sms, to: $0), Texts.codeSent(.call, to: $0), Texts.enrolled($0)] } ?? [])

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
        "Whoever cannot get in is told whom to ask or what to do",
        arguments: [
            Texts.notEnrolled, Texts.notEnrolled, Texts.unavailable, Texts.locked, Texts.noFactor, Texts.noMoreTries,
            Texts.timeout,
        ])
    func whatNext(text: String) { #expect(text.contains("administrator") || text.contains("again")) }

    @Test("Grace tells the logins that are left, and the last day if there is one and logins are left")
    func grace() {
        let day = CivilDay(year: 2027, month: 3, day: 31)
        #expect(
            Texts.grace(left: 2, until: day).hasPrefix(
                "You can log in 2 more times without a second factor, until 2027-03-31."))
        #expect(
            Texts.grace(left: 1, until: day).hasPrefix(
                "You can log in 1 more time without a second factor, until 2027-03-31."))
        #expect(Texts.grace(left: 0, until: day).hasPrefix("This is your last login without a second factor."))
        #expect(
            Texts.grace(left: 1, until: nil, isOffered: true).hasSuffix(
                " To enroll, type your number at the next login."))
        #expect(
            Texts.grace(left: 0, until: nil, isOffered: true).hasSuffix(" Contact your administrator to set one up."))
    }
}
