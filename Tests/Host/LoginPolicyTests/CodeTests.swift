import Testing

@testable import Identifiers
@testable import LoginPolicy

struct CodeTests {
    private static let asked: Script = [(.begin, [.ask(Prompts.code)])]
    private static let wrong = "That code was not accepted. Wait for a new one and try again."

    @Test("A right code of this host's SoftToken is enough, and its time step is spent")
    func softToken() {
        play(app(), Self.asked + triedHere + [(.matched(.accepted(timeStep: 7)), [approved(.softToken, spending: 7)])])
    }

    @Test("A code is charged before it is looked at, on this host or by the server")
    func chargedFirst() {
        for facts in [app(), phone { $0.withholdsPush = true }] {
            var flow = flow(facts, after: [(.begin, [])])
            #expect(flow.handle(typed("123456")) == [.chargeTry])
        }
    }

    @Test("What is not known on this host is verified by the server, and only there is it wrong")
    func hostThenServer() {
        play(
            both(),
            prompted() + triedHere + [
                (.matched(.wrong), [.verify(code("123456"))]),
                (.verified(.wrong), [.show(Self.wrong), .ask(Prompts.both)]),
                (nothing, [.poll(.none)]), (.polled(.pending), [cancelled]),
            ])
    }

    @Test("A code that the server finds right is enough")
    func serverToken() {
        play(
            phone { $0.withholdsPush = true },
            [(.begin, [.ask(Prompts.codeAndPush)])] + triedAtServer + [
                (.verified(.accepted(timeStep: 0)), [approved(.softToken)])
            ])
    }

    private static let confirms =
        "That code confirms a new phone and is not a login. "
        + "Log in with another code, or ask your administrator to confirm the phone."

    @Test("The code of a first phone lets in who has never proven anything")
    func firstPhone() {
        play(
            phone { $0.withholdsPush = true },
            [(.begin, [.ask(Prompts.codeAndPush)])] + triedAtServer + [
                (.confirmationTyped(taken: true), [approved(.softToken)])
            ])
    }

    @Test(
        "The code of a new phone is a wrong one where the server does not take it, and the prompt says why",
        arguments: [true, false])
    func newPhone(isConfirmed: Bool) {
        play(
            phone {
                $0.withholdsPush = true
                $0.isConfirmed = isConfirmed
            },
            [(.begin, [.ask(Prompts.codeAndPush)])] + triedAtServer + [
                (.confirmationTyped(taken: false), [.show(Self.confirms), .ask(Prompts.codeAndPush)])
            ] + triedAtServer + [
                (.confirmationTyped(taken: false), [.show(Self.confirms), .ask(Prompts.codeAndPush)])
            ] + triedAtServer + [
                (
                    .confirmationTyped(taken: false),
                    [
                        .end(
                            Decision(
                                .denied, .confirmationCode,
                                finalMessage: "That code was not accepted. Please log in again later."))
                    ]
                )
            ])
    }

    @Test("The code of a new phone is no login of somebody who has proven a factor, whatever the server says")
    func provenBefore() {
        play(
            phone {
                $0.withholdsPush = true
                $0.isConfirmed = true
            },
            [(.begin, [.ask(Prompts.codeAndPush)])] + triedAtServer + [
                (
                    .confirmationTyped(taken: true),
                    [.end(Decision(.denied, .confirmationCode, finalMessage: english[.phoneConfirmed]))]
                )
            ])
    }

    @Test("A code that is spent on this host is final: the server is not asked")
    func spentIsFinal() {
        play(
            both(),
            prompted() + triedHere + [
                (.matched(.spent), [.show(Self.wrong), .ask(Prompts.both)]), (nothing, [.poll(.none)]),
                (.polled(.pending), [cancelled]),
            ])
    }

    @Test("Without a server a wrong code is wrong")
    func noServer() {
        for facts in [app(), app { $0.hasServer = true }, app { $0.hasAuthyID = true }] {
            play(
                facts,
                Self.asked + triedHere + [
                    (.matched(.wrong), [.show(Self.wrong), .ask(Prompts.code)]), (nothing, [cancelled]),
                ])
        }
    }

    @Test(
        "Where SoftToken is no factor, codes are not matched on this host, and not verified before a OneCode was sent")
    func softTokenIsNoFactor() {
        let words = Prompts.words
        play(
            both { $0.rules.factors = [.sms, .call] },
            [
                (.begin, [.ask(words)]),
                (typed("123456"), [.show(english[.noSuchWord]), .ask(words)]),
                (typed("sms"), [.chargeOneCode]),
                (.oneCodeCharged(granted: true), [.sendOneCode(.sms)]),
                (.oneCodeSent, [.show(english.oneCodeSent(.sms)), .ask(Prompts.codeAndWords)]),
            ] + triedAtServer + [(.verified(.accepted(timeStep: 0)), [approved(.sms)])])
    }

    @Test("With OneTouch as the only factor a code is not taken")
    func onlyOneTouch() {
        play(
            both { $0.rules.factors = [.oneTouch] },
            prompted(Prompts.approve) + [
                (
                    typed("123456"),
                    [.show("Not recognized. Type a code or one of the words shown."), .ask(Prompts.approve)]
                ),
                (nothing, [.poll(.none)]),
                (.polled(.pending), [cancelled]),
            ])
    }

    // MARK: tries

    private static func attempt(_ match: LoginFlow.CodeMatch, _ actions: [Action]) -> Script {
        triedHere + [(.matched(match), actions)]
    }

    @Test("The third wrong code is the last")
    func threeTries() {
        let again: [Action] = [.show(Self.wrong), .ask(Prompts.code)]
        play(
            app(),
            Self.asked + Self.attempt(.wrong, again) + Self.attempt(.wrong, again)
                + Self.attempt(.wrong, [denied(.wrongCode, "That code was not accepted. Please log in again later.")]))
    }

    @Test("A right code on the last try is right")
    func lastTry() {
        let again: [Action] = [.show(Self.wrong), .ask(Prompts.code)]
        play(
            app(),
            Self.asked + Self.attempt(.wrong, again) + Self.attempt(.spent, again)
                + Self.attempt(.accepted(timeStep: 9), [approved(.softToken, spending: 9)]))
    }

    @Test("There are as many tries as the settings say", arguments: [1, 2, 7])
    func tryCount(count: Int) {
        let again = Self.attempt(.wrong, [.show(Self.wrong), .ask(Prompts.code)])
        play(
            app { $0.rules.tries = count },
            Self.asked + Array(repeating: again, count: count - 1).joined()
                + Self.attempt(.wrong, [denied(.wrongCode, english[.noMoreTries])]))
    }

    @Test("Words and Enter are no tries")
    func noTries() {
        let looks: Script = [
            (enter, [.poll(.brief)]), (.polled(.pending), [.show(english[.notApprovedYet]), .ask(Prompts.both)]),
        ]
        let sms: Script = [
            (typed("sms"), [.chargeOneCode]), (.oneCodeCharged(granted: true), [.sendOneCode(.sms)]),
            (.oneCodeSent, [.show(english.oneCodeSent(.sms)), .ask(Prompts.both)]),
        ]
        play(
            phone { $0.rules.tries = 1 },
            prompted() + looks + sms + looks + triedAtServer
                + refused(at: .verified(.wrong), denied(.wrongCode, english[.noMoreTries])))
    }

    @Test("What is neither code nor word goes nowhere and is no try, but the fifth is the end")
    func otherAnswers() {
        let again: [Action] = [.show("That does not look like a code. Codes have 6 to 10 digits."), .ask(Prompts.code)]
        play(
            app(),
            Self.asked + [
                (typed("../sms"), again), (typed(String(repeating: "1", count: 10_000)), again),
                (typed("\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}"), again), (typed("12345"), again),
                (typed("x"), [denied(.noAnswer, english[.timeout])]),
            ])
        play(
            app { $0.rules.tries = 1 },
            Self.asked + [
                (typed("12345"), again), (typed("123-4567"), [.chargeTry]),
                (.tryCharged(granted: true), [.match(code("1234567"))]),
            ]
                + [(.matched(.accepted(timeStep: 9)), [approved(.softToken, spending: 9)])])
    }

    @Test(
        "After a code was sent nobody is told to wait for a new one", arguments: [Factor.sms, .call],
        [LoginFlow.CodeMatch.wrong, .spent])
    func wrongSentCode(factor: Factor, match: LoginFlow.CodeMatch) {
        let said = "That code was not accepted. Compare it with the one that was sent to you, and type it again."
        let sent: Script = [
            (typed(factor == .sms ? "sms" : "call"), [.chargeOneCode]),
            (.oneCodeCharged(granted: true), [.sendOneCode(factor)]),
            (.oneCodeSent, [.show(english.oneCodeSent(factor)), .ask(Prompts.both)]),
        ]
        play(
            phone(),
            prompted() + sent + triedAtServer + [(.verified(match), [.show(said), .ask(Prompts.both)])] + triedAtServer
                + refused(at: .interrupted, cancelled))
    }

    @Test("A wrong code and a spent one look the same, here and at the server, to the last try")
    func saysNoMore() {
        func texts(_ facts: Facts, _ events: [Event]) -> [[String]] {
            var flow = flow(facts, after: facts.hasServer ? prompted() : Self.asked)
            return (1...3).flatMap { _ in
                ([typed("123456"), .tryCharged(granted: true)] + events).map { flow.handle($0).texts }
            }
        }
        #expect(texts(app(), [.matched(.wrong)]) == texts(app(), [.matched(.spent)]))
        #expect(texts(phone(), [.verified(.wrong)]) == texts(phone(), [.verified(.spent)]))
        let onHost = texts(both(), [.matched(.spent)]).filter { !$0.isEmpty }
        let atServer = texts(both(), [.matched(.wrong), .verified(.wrong)]).filter { !$0.isEmpty }
        #expect(onHost == atServer)
    }

    @Test("The log tells a spent code from a wrong one")
    func reasons() {
        let one: Change = { $0.rules.tries = 1 }
        play(app(one), Self.asked + Self.attempt(.spent, [denied(.spentCode, english[.noMoreTries])]))
        play(app(one), Self.asked + Self.attempt(.wrong, [denied(.wrongCode, english[.noMoreTries])]))
        play(
            phone(one),
            prompted() + triedAtServer + refused(at: .verified(.spent), denied(.spentCode, english[.noMoreTries])))
    }

    // MARK: lockout

    @Test("A try that is not granted is not looked at; codes are locked from then on, and the approval stays open")
    func lockedByTry() {
        let said = Action.show("Too many wrong codes. Codes are blocked for now; approve on your phone instead.")
        play(
            both(),
            prompted() + [
                (typed("123456"), [.chargeTry]),
                (.tryCharged(granted: false), [said, .ask(Prompts.approve)]),
                (typed("123456"), [said, .ask(Prompts.approve)]),
                (enter, [.poll(.brief)]),
                (.polled(.approved), [approved(.oneTouch)]),
            ])
    }

    @Test("Where codes are all there is, a lock is the end")
    func lockedOut() {
        let locked = denied(
            .locked,
            "Too many wrong codes. Codes are blocked for now: try again later, or contact your administrator."
        )
        play(app { $0.isLocked = true }, [(.begin, [locked])])
        play(app(), Self.asked + [(typed("123456"), [.chargeTry]), (.tryCharged(granted: false), [locked])])
    }

    @Test("With codes locked, typing them leads to nothing and ends")
    func lockedTyping() {
        let again: [Action] = [.show(english[.lockedUsePhone]), .ask(Prompts.approve)]
        play(
            both { $0.isLocked = true },
            prompted(Prompts.approve, saying: [english[.lockedUsePhone]])
                + Array(repeating: [(typed("123456"), again)] as Script, count: 4).joined()
                + refused(at: typed("123456"), denied(.noAnswer, english[.timeout])))
    }

    // MARK: a denial beside a right code

    @Test("A denial on the phone overrules a right code, whose time step is spent all the same")
    func denialOverrules() {
        play(
            both(),
            prompted() + triedHere + [
                (.matched(.accepted(timeStep: 7)), [.poll(.none)]), (.polled(.denied), [deniedOnPhone(spending: 7)]),
            ])
        play(
            phone(),
            prompted() + triedAtServer + [
                (.verified(.accepted(timeStep: 0)), [.poll(.none)]), (.polled(.denied), [deniedOnPhone()]),
            ])
    }

    @Test(
        "Nothing else on the phone overrules a right code",
        arguments: [
            .polled(.pending), .polled(.approved), .polled(.expired), .pollFailed(.outage), .pollFailed(.refused),
            .pollFailed(.noDevice),
        ] as [Event])
    func nothingElseOverrules(poll: Event) {
        play(
            both(),
            prompted() + triedHere + [
                (.matched(.accepted(timeStep: 7)), [.poll(.none)]), (poll, [approved(.softToken, spending: 7)]),
            ])
        play(
            phone(),
            prompted() + triedAtServer + [
                (.verified(.accepted(timeStep: 0)), [.poll(.none)]), (poll, [approved(.softToken)]),
            ])
    }

    @Test("With no request open, a right code does not look for one")
    func noLook() {
        play(both(), expired() + triedHere + [(.matched(.accepted(timeStep: 7)), [approved(.softToken, spending: 7)])])
    }

    @Test(
        "Ctrl-C, or an event out of order, while a right code waits for the look lets nobody in, and the code is spent")
    func spentInAnyCase() {
        let stage = Stage.lookingAfterMatch
        play(stage.facts, stage.script + refused(at: .interrupted, denied(.cancelled, spending: 7)))
        var flow = flow(stage.facts, after: stage.script)
        #expect(
            flow.handle(.oneCodeSent).decision
                == Decision(.unavailable, .protocolError, spentTimeStep: 7, finalMessage: english[.unavailable]))
    }

    // MARK: answers that are none

    @Test("sshd's stand-in answer looks like a wrong code, but is charged nowhere and checked nowhere")
    func sshdFakePassword() {
        let sshdFakePassword = typed("\u{8}\n\r\u{7F}INCORRECT\u{8}")
        for facts in [app(), both()] {
            let start = facts.hasServer ? prompted() : Self.asked
            let again: [Action] = [.show(Self.wrong), .ask(facts.hasServer ? Prompts.both : Prompts.code)]
            let end = denied(.sshdRefuses, english[.noMoreTries])
            play(
                facts,
                start + [(sshdFakePassword, again), (sshdFakePassword, again)]
                    + (facts.hasServer ? refused(at: sshdFakePassword, end) : [(sshdFakePassword, [end])]))
        }
    }

    /// sshd would end with "PAM auth succeeded when it should have failed" (field guide, 4a).
    @Test("Where sshd has shown that it will refuse, nothing lets in any more")
    func nothingAfterStandIn() {
        let sshdFakePassword = typed("\u{8}\n\r")
        var approval = flow(phone(), after: prompted() + [(sshdFakePassword, [])])
        #expect(approval.handle(enter) == [.show(english[.notApprovedYet]), .ask(Prompts.both)])
        var outage = flow(
            phone { $0.outage = .allow },
            after: Array(pushed.prefix(2)) + [(.promptIsDue, []), (.createFailed(.outage), []), (sshdFakePassword, [])])
        #expect(outage.handle(enter).decision?.outcome.letsIn != true)
        var skip = flow(app { $0.skip = .free }, after: Self.asked + [(sshdFakePassword, [])])
        #expect(skip.handle(typed("skip")).decision?.outcome.letsIn != true)
    }

    @Test("Answers with which nothing can be done are no failures, but the fifth is the end")
    func fruitless() {
        let empty: Script = [(enter, [.ask(Prompts.code)])]
        let word: Script = [(typed("push"), [.show(english[.noSuchWord]), .ask(Prompts.code)])]
        play(app(), Self.asked + empty + word + empty + word + [(enter, [denied(.noAnswer, english[.timeout])])])
        play(
            app(), Self.asked + empty + word + empty + word + [(typed("skip"), [denied(.noAnswer, english[.timeout])])])
    }

    @Test("OneCodes that are not granted end too")
    func fruitlessOneCodes() {
        let again: Script = [
            (typed("sms"), [.chargeOneCode]),
            (.oneCodeCharged(granted: false), [.show(english[.tooManyOneCodes]), .ask(Prompts.both)]),
        ]
        play(
            phone(),
            prompted() + Array(repeating: again, count: 4).joined() + [(typed("sms"), [.chargeOneCode])]
                + refused(at: .oneCodeCharged(granted: false), denied(.noAnswer, english[.timeout])))
    }
}
