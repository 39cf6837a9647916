import Testing

@testable import Identifiers
@testable import LoginPolicy

/// Codes for users who have lost their phone.
struct RecoveryTests {
    private static func left(_ count: Int) -> Facts { app { $0.recoveryLeft = count } }
    private static let asked: Script = [(.begin, [.ask("Verification code (or recovery): ")])] + recoveryAsked
    private static let tried: Script = [
        (recoveryTyped("ABCD-efgh jkmn"), [.chargeTry]),
        (.tryCharged(granted: true), [.matchRecovery(recoveryCode("abcdefghjkmn"))]),
    ]

    @Test(
        "A right recovery code is enough, and the person is told how many are left and to ask for new ones in time",
        arguments: [
            (10, "You have 9 recovery codes left."), (5, "You have 4 recovery codes left."),
            (4, "You have 3 recovery codes left. Ask your administrator for new ones."),
            (2, "You have 1 recovery code left. Ask your administrator for new ones."),
            (1, "You have no recovery codes left. Ask your administrator for new ones."),
        ])
    func right(count: Int, finalMessage: String) {
        play(
            Self.left(count),
            Self.asked + Self.tried + [
                (
                    .recoveryMatched(true),
                    [.end(Decision(.approved, .proven, factor: .recovery, finalMessage: finalMessage))]
                )
            ])
    }

    @Test("A wrong recovery code leads back to the prompt, and is one of the tries")
    func wrong() {
        play(
            app { ($0.recoveryLeft, $0.rules.tries) = (3, 2) },
            Self.asked + Self.tried + [
                (
                    .recoveryMatched(false),
                    [
                        .show("That recovery code was not accepted. Each is good once."),
                        .ask("Verification code (or recovery): "),
                    ]
                )
            ] + recoveryAsked + Self.tried + [(.recoveryMatched(false), [denied(.wrongCode, english[.noMoreTries])])])
    }

    @Test("A recovery code is charged before it is looked at, and where codes are locked it is not looked at")
    func charged() {
        play(
            Self.left(3),
            Self.asked + [
                (recoveryTyped("abcdefgh"), [.chargeTry]),
                (.tryCharged(granted: false), [denied(.locked, english[.locked])]),
            ])
    }

    @Test("Enter leads back to the prompt")
    func enter() {
        play(
            Self.left(3),
            Self.asked + [(recoveryTyped(" "), [.ask("Verification code (or recovery): ")]), (nothing, [cancelled])])
    }

    @Test(
        "What cannot be a recovery code is not looked at",
        arguments: ["abc", "abcdefg", "abcd_efgh", "\u{E4}bcdefghi", String(repeating: "a", count: 33)])
    func noCode(text: String) {
        play(
            Self.left(3),
            Self.asked + [
                (
                    recoveryTyped(text),
                    [
                        .show("That does not look like a recovery code. It has 8 to 32 letters and digits."),
                        .ask("Verification code (or recovery): "),
                    ]
                ),
                (nothing, [cancelled]),
            ])
    }

    @Test("A denial on the phone overrules a right recovery code")
    func denial() {
        play(
            Stage.lookingAfterRecovery.facts,
            Stage.lookingAfterRecovery.script + [(.polled(.denied), [deniedOnPhone()])])
    }

    @Test("A phone that was not approved does not keep out a user with a recovery code")
    func phoneIsLost() {
        play(
            Stage.lookingAfterRecovery.facts,
            Stage.lookingAfterRecovery.script + [
                (
                    .polled(.pending),
                    [.end(Decision(.approved, .proven, factor: .recovery, finalMessage: english.recovered(left: 1)))]
                )
            ])
    }

    @Test("After the deadline a recovery code is not looked at, and stays good")
    func late() {
        play(Self.left(3), Self.asked + [(.deadline, []), (recoveryTyped("abcdefgh"), [tooLate])])
        play(Self.left(3), Self.asked + [(.deadline, []), (.recoveryTyped(.nothing), [denied(.timeout)])])
    }

    @Test("A user who gives up at the prompt for a recovery code is refused")
    func gaveUp() {
        play(Self.left(3), Self.asked + [(.interrupted, []), (.recoveryTyped(.nothing), [cancelled])])
    }

    @Test("In a login that sshd will refuse it looks like a wrong code, and is not looked at")
    func sshdRefuses() {
        play(
            app { ($0.recoveryLeft, $0.rules.tries) = (3, 1) },
            Self.asked + [(recoveryTyped("\u{8}\n\r"), [denied(.sshdRefuses, english[.noMoreTries])])])
    }

    @Test("An outage is excused where it is allowed, though recovery codes are left: they are for a lost phone")
    func outage() {
        play(
            phone { ($0.recoveryLeft, $0.outage) = (10, .allow) },
            Array(pushed.prefix(2)) + [(.createFailed(.outage), [excusedByOutage])])
    }
}

/// Recovery codes typed at a prompt for another code.
struct UnaskedRecoveryTests {
    private static let ours: Script = [
        (typed("abcd-efgh-jkmn"), [.chargeTry]),
        (.tryCharged(granted: true), [.matchRecovery(recoveryCode("abcdefghjkmn"))]),
    ]

    @Test("A recovery code is taken for what it is")
    func taken() {
        play(
            app { $0.recoveryLeft = 10 },
            [(.begin, [.ask("Verification code (or recovery): ")])] + Self.ours + [
                (
                    .recoveryMatched(true),
                    [.end(Decision(.approved, .proven, factor: .recovery, finalMessage: english.recovered(left: 9)))]
                )
            ])
    }

    @Test("A wrong one is one of the tries")
    func wrong() {
        play(
            app { ($0.recoveryLeft, $0.rules.tries) = (10, 2) },
            [(.begin, [.ask("Verification code (or recovery): ")])] + Self.ours
                + [
                    (
                        .recoveryMatched(false),
                        [.show(english[.wrongRecoveryCode]), .ask("Verification code (or recovery): ")]
                    )
                ] + Self.ours
                + [(.recoveryMatched(false), [denied(.wrongCode, english[.noMoreTries])])])
    }

    @Test("Where recovery codes are no way in, it is something that cannot be read, and is not looked at")
    func notApplicable() {
        for facts in [app(), app { ($0.recoveryLeft, $0.rules.factors) = (10, [.softToken]) }] {
            play(
                facts,
                [
                    (.begin, [.ask("Verification code: ")]),
                    (typed("abcd-efgh-jkmn"), [.show(english[.noCode]), .ask("Verification code: ")]),
                    (nothing, [cancelled]),
                ])
        }
    }

    @Test("After the deadline it is not looked at, and stays good")
    func late() {
        play(
            app { $0.recoveryLeft = 3 },
            [
                (.begin, [.ask("Verification code (or recovery): ")]), (.deadline, []),
                (typed("abcd-efgh-jkmn"), [tooLate]),
            ])
    }

    @Test("Eight digits may be an imported one: compared here, after the app's codes and before the server is asked")
    func imported() {
        let tried: Script = [
            (typed("1234-5678"), [.chargeTry]), (.tryCharged(granted: true), [.match(code("12345678"))]),
            (.matched(.wrong), [.matchRecovery(recoveryCode("12345678"))]),
        ]
        let facts = both { $0.recoveryLeft = 2 }
        let start = prompted(Prompts.bothAndRecovery)
        play(
            facts,
            start + tried + [
                (.recoveryMatched(true), [.poll(.none)]),
                (
                    .polled(.pending),
                    [.end(Decision(.approved, .proven, factor: .recovery, finalMessage: english.recovered(left: 1)))]
                ),
            ])
        play(
            facts,
            start + tried + [
                (.recoveryMatched(false), [.verify(code("12345678"))]),
                (.verified(.accepted(timeStep: 0)), [.poll(.none)]),
                (.polled(.pending), [approved(.softToken)]),
            ])
        play(
            app { ($0.recoveryLeft, $0.rules.tries) = (2, 1) },
            [(.begin, [.ask("Verification code (or recovery): ")])] + tried + [
                (.recoveryMatched(false), [denied(.wrongCode, english[.noMoreTries])])
            ])
    }
}

/// What is tried first.
struct PreferenceTests {
    @Test(
        "A user who prefers a OneCode is sent one at once, charged as ever, and can ask for a request by word",
        arguments: [
            (.sms, "A code was sent to your phone by text message."), (.call, "You are being called with a code."),
        ]
            as [(Factor, String)])
    func oneCode(factor: Factor, notice: String) {
        play(
            phone { $0.rules.prefer = factor },
            [
                (.begin, [.chargeOneCode]), (.oneCodeCharged(granted: true), [.sendOneCode(factor)]),
                (.oneCodeSent, [.show(notice), .ask("Verification code (or sms, call, push): ")]),
            ] + triedAtServer + [(.verified(.accepted(timeStep: 0)), [approved(factor)])])
    }

    @Test("A user who prefers codes of an app is asked for one at once, and can ask for a request by word")
    func softToken() {
        play(
            both { $0.rules.prefer = .softToken },
            [
                (.begin, [.ask("Verification code (or sms, call, push): ")]),
                (typed("push"), [.chargePush(automatic: false)]),
                (.pushCharged(.granted), [.createPush(CheckNumber(42)), .ask(Prompts.numbered)]), (.created, []),
                (enter, [.poll(.brief)]), (.polled(.approved), [approved(.oneTouch)]),
            ])
    }

    @Test("A OneCode that may not or cannot be sent leads to the prompt, with the request as a word")
    func notSent() {
        play(
            phone { $0.rules.prefer = .sms },
            [
                (.begin, [.chargeOneCode]),
                (
                    .oneCodeCharged(granted: false),
                    [.show(english[.tooManyOneCodes]), .ask("Verification code (or sms, call, push): ")]
                ),
            ]
                + [(nothing, [cancelled])])
        play(
            phone { $0.rules.prefer = .sms },
            [
                (.begin, [.chargeOneCode]), (.oneCodeCharged(granted: true), [.sendOneCode(.sms)]),
                (
                    .oneCodeFailed(.refused),
                    [.show(english[.oneCodeNotSent]), .ask("Verification code (or sms, call, push): ")]
                ),
                (nothing, [cancelled]),
            ])
    }

    @Test("To root over ssh nothing is sent unasked, whatever is preferred", arguments: Factor.allCases)
    func root(factor: Factor) {
        play(
            phone { ($0.rules.prefer, $0.withholdsPush) = (factor, true) },
            [(.begin, [.ask("Verification code (or sms, call, push): ")]), (nothing, [cancelled])])
    }

    @Test(
        "A preference that cannot be had, or is no factor here, changes nothing",
        arguments: [
            phone { $0.rules.prefer = .oneTouch }, phone { $0.rules.prefer = .recovery },
            phone { ($0.rules.prefer, $0.rules.factors) = (.sms, [.oneTouch, .call]) },
            phone { ($0.rules.prefer, $0.isLocked) = (.call, true) },
            phone { ($0.rules.prefer, $0.isLocked) = (.softToken, true) },
        ])
    func cannotBeHad(facts: Facts) {
        var flow = LoginFlow(facts)
        #expect(flow.handle(.begin) == [.chargePush(automatic: true)])
    }

    @Test("Without a server a OneCode that is preferred changes nothing")
    func noServer() { play(app { $0.rules.prefer = .sms }, [(.begin, [.ask(Prompts.code)]), (nothing, [cancelled])]) }
}
