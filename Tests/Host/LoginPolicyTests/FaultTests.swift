import Testing

@testable import Identifiers
@testable import LoginPolicy

/// Failures between host and server, and when an outage excuses the user.
struct FaultTests {
    static let allow: Change = { $0.outage = .allow }
    static let faults: [(LoginFlow.ServerError, String)] = [
        (.outage, "The 2FA server does not answer."), (.noDevice, "No request could be sent to your phone."),
        (.refused, "The 2FA server cannot be used at the moment."),
        (.limited, "Too many codes or requests lately: the 2FA server takes no more for now. Try again later."),
    ]
    private static let creating = Array(pushed.prefix(2))

    private static func facts(_ facts: Facts, _ changes: Change...) -> Facts {
        var facts = facts
        for change in changes { change(&facts) }
        return facts
    }

    // MARK: the request cannot be made

    @Test(
        "A request that cannot be made leads to the prompt, with a clear word where there is something to say",
        arguments: faults)
    func notMade(fault: LoginFlow.ServerError, notice: String) {
        play(
            phone(),
            Self.creating + [
                (.createFailed(fault), told(notice, fault) + [.ask(Prompts.codeAndWords)]), (nothing, [cancelled]),
            ])
    }

    /// A user without a device is not told of the phone.
    private func told(_ notice: String, _ fault: LoginFlow.ServerError) -> [Action] {
        fault == .noDevice ? [] : [.show(notice)]
    }

    @Test("Where OneTouch is all there is, a request that cannot be made is the end", arguments: faults)
    func notMadeAndNothingElse(fault: LoginFlow.ServerError, notice: String) {
        play(
            phone { $0.rules.factors = [.oneTouch] },
            Self.creating + [(.createFailed(fault), [unavailable(.server, notice)])])
    }

    @Test("An outage excuses where the settings allow it and nothing can be proven without the server")
    func outageAllowed() { play(phone(Self.allow), Self.creating + [(.createFailed(.outage), [excusedByOutage])]) }

    @Test("What is no outage excuses nobody", arguments: faults.dropFirst())
    func noOutage(fault: LoginFlow.ServerError, notice: String) {
        play(
            phone(Self.allow),
            Self.creating + [
                (.createFailed(fault), told(notice, fault) + [.ask(Prompts.codeAndWords)]), (nothing, [cancelled]),
            ])
    }

    @Test("An outage excuses nobody whose codes can be checked on this host")
    func outageWithToken() {
        play(
            both(Self.allow),
            Self.creating + [
                (.createFailed(.outage), [.show(english[.serverSilent]), .ask(Prompts.codeAndWords)]),
                (typed("123456"), [.chargeTry]),
                (.tryCharged(granted: true), [.match(code("123456"))]),
                (.matched(.wrong), [.verify(code("123456"))]),
                (.verifyFailed(.outage), [.show(english[.serverSilent]), .ask(Prompts.codeAndWords)]),
                (nothing, [cancelled]),
            ])
    }

    @Test("An outage excuses nobody whose codes are locked")
    func outageWhileLocked() {
        play(
            Self.facts(phone(), Self.allow, { $0.isLocked = true }),
            Self.creating + [(.createFailed(.outage), [denied(.locked, english[.locked])])])
    }

    @Test("An outage that shows when Enter waits for the request excuses as well, where it is allowed")
    func outageAtEnter() {
        let early = Self.creating + [(.promptIsDue, [.stopPolling, .ask(Prompts.both)]), (enter, [])]
        play(phone(Self.allow), early + [(.createFailed(.outage), [excusedByOutage])])
        for (fault, notice) in Self.faults {
            play(
                phone(),
                early + [(.createFailed(fault), [.show(notice), .ask(Prompts.codeAndWords)]), (nothing, [cancelled])])
        }
    }

    @Test("A request that fails while the prompt is open is told of at the next one", arguments: faults)
    func failsAtPrompt(fault: LoginFlow.ServerError, notice: String) {
        for facts in [phone(), both(Self.allow)] {
            play(
                facts,
                Self.creating + [
                    (.promptIsDue, [.stopPolling, .ask(Prompts.both)]),
                    (.createFailed(fault), []),
                    (enter, [.show(notice), .ask(Prompts.codeAndWords)]),
                    (nothing, [cancelled]),
                ])
        }
    }

    @Test(
        "An outage at an open prompt excuses at Enter, if allowed and nothing can be proven without the server"
    )
    func outageAtPrompt() {
        for factors in [[.oneTouch], [.oneTouch, .softToken], [.oneTouch, .sms]] as [[Factor]] {
            let facts = phone {
                Self.allow(&$0)
                $0.rules.factors = factors
            }
            var flow = flow(facts, after: Self.creating + [(.promptIsDue, []), (.createFailed(.outage), [])])
            #expect(flow.handle(enter) == [excusedByOutage])
        }
    }

    @Test(
        "An outage that showed at the prompt is what the login fails of, whatever is typed then",
        arguments: ["123456", "?", "push"])
    func outageAtPromptThenTyped(text: String) {
        var flow = flow(
            phone {
                $0.rules.factors = [.oneTouch]
                $0.rules.tries = 9
            }, after: Self.creating + [(.promptIsDue, []), (.createFailed(.outage), [])])
        #expect(flow.handle(typed(text)).decision?.reason == .server)
    }

    @Test("A request that fails while a code is checked changes nothing about the code")
    func failsBesideCode() {
        let early = Self.creating + [(.promptIsDue, [.stopPolling, .ask(Prompts.both)])]
        play(
            both(),
            early + triedHere + [
                (.createFailed(.refused), []), (.matched(.accepted(timeStep: 7)), [approved(.softToken, spending: 7)]),
            ])
        play(
            phone(),
            early + triedAtServer + [
                (.createFailed(.refused), []),
                (
                    .verified(.wrong),
                    [.show(english[.serverRefuses]), .show(english[.wrongCode]), .ask(Prompts.codeAndWords)]
                ),
                (nothing, [cancelled]),
            ])
    }

    // MARK: a look fails

    @Test("In the wait an outage is waited through, as short troubles pass")
    func outageInTheWait() {
        for facts in [phone(), phone(Self.allow)] {
            play(
                facts,
                pushed + [
                    (.pollFailed(.outage), [.poll(.untilPromptIsDue)]),
                    (.pollFailed(.outage), [.poll(.untilPromptIsDue)]),
                    (.polled(.approved), [approved(.oneTouch)]),
                ])
        }
    }

    @Test("In the wait any other fault leads to the prompt, and the approval stays open", arguments: faults.dropFirst())
    func faultInTheWait(fault: LoginFlow.ServerError, notice: String) {
        play(
            phone(Self.allow),
            pushed + [
                (.pollFailed(fault), [.show(notice), .ask(Prompts.both)]),
                (enter, [.poll(.brief)]),
                (.polled(.approved), [approved(.oneTouch)]),
            ])
    }

    // MARK: a code cannot be verified

    @Test("A code that cannot be verified is a try, and is said to be no fault of the person's", arguments: faults)
    func notVerified(fault: LoginFlow.ServerError, notice: String) {
        let again: Script = triedAtServer + [(.verifyFailed(fault), [.show(notice), .ask(Prompts.codeAndPush)])]
        play(
            phone { $0.withholdsPush = true },
            [(.begin, [.ask(Prompts.codeAndPush)])] + again + again + triedAtServer + [
                (.verifyFailed(fault), [unavailable(.server, notice)])
            ])
    }

    @Test("An outage at a code excuses where it is allowed and nothing else can be asked")
    func outageAtCode() {
        play(
            phone {
                Self.allow(&$0)
                $0.rules.factors = [.softToken]
            }, [(.begin, [.ask(Prompts.code)])] + triedAtServer + [(.verifyFailed(.outage), [excusedByOutage])])
    }

    @Test("What is no outage at a code excuses nobody", arguments: faults.dropFirst())
    func noOutageAtCode(fault: LoginFlow.ServerError, notice: String) {
        play(
            phone {
                Self.allow(&$0)
                $0.rules.factors = [.softToken]
                $0.rules.tries = 1
            },
            [(.begin, [.ask(Prompts.code)])] + triedAtServer + [(.verifyFailed(fault), [unavailable(.server, notice)])])
    }

    /// Otherwise a user who types any six digits while the phone is asked would get in as soon as `verify` fails.
    @Test("An outage at a code excuses nobody while the approval is still open on the phone")
    func outageAtCodeWithApprovalOpen() {
        play(
            phone(Self.allow),
            prompted() + triedAtServer + [
                (.verifyFailed(.outage), [.show(english[.serverSilent]), .ask(Prompts.both)]),
                (enter, [.poll(.brief)]),
                (.polled(.denied), [deniedOnPhone()]),
            ])
    }

    // MARK: a OneCode cannot be sent

    @Test("An outage at a OneCode excuses where it is allowed and a OneCode is all that could be asked for")
    func outageAtTheOnlyOneCode() {
        play(
            phone {
                $0.outage = .allow
                $0.rules.factors = [.sms]
            },
            [
                (.begin, [.ask("Type sms: ")]), (typed("sms"), [.chargeOneCode]),
                (.oneCodeCharged(granted: true), [.sendOneCode(.sms)]),
                (.oneCodeFailed(.outage), [excusedByOutage]),
            ])
    }

    @Test(
        "An outage at a OneCode excuses nobody whose phone could be asked, or was",
        arguments: [[.oneTouch, .sms], [.softToken, .sms]] as [[Factor]])
    func outageAtOneOfMany(factors: [Factor]) {
        let facts = phone {
            $0.outage = .allow
            $0.withholdsPush = true
            $0.rules.factors = factors
        }
        var flow = flow(facts, after: [(.begin, []), (typed("sms"), []), (.oneCodeCharged(granted: true), [])])
        #expect(flow.handle(.oneCodeFailed(.outage)).prompt != nil)
    }

    @Test("An outage at a OneCode excuses nobody who has other ways", arguments: [phone(allow), both(allow)])
    func outageAtOneCode(facts: Facts) {
        play(
            facts,
            prompted() + [
                (typed("sms"), [.chargeOneCode]), (.oneCodeCharged(granted: true), [.sendOneCode(.sms)]),
                (.oneCodeFailed(.outage), [.show(english[.serverSilent]), .ask(Prompts.both)]),
                (nothing, [.poll(.none)]),
                (.polled(.pending), [cancelled]),
            ])
    }
}

/// Nothing interrupts a conversation; after the deadline nothing lets the user in.
struct DeadlineTests {
    @Test(
        "Between two prompts, and before the first, the deadline ends the login",
        arguments: [Stage.idle, .creating, .waiting] + Stage.between)
    func ends(stage: Stage) { play(stage.facts, stage.script + [(.deadline, [tooLate])]) }

    @Test(
        "At the prompt the deadline is remembered until the answer comes",
        arguments: [Stage.asking, .askingForCode, .askingEarly])
    func remembered(stage: Stage) {
        play(stage.facts, stage.script + [(.deadline, []), (nothing, [denied(.timeout)])])
    }

    @Test(
        "What comes too late is denied, whatever it is",
        arguments: [
            typed(""), typed("push"), typed("sms"), typed("call"), typed("skip"), typed("yes"), typed("\u{8}\n"),
        ])
    func late(answer: Event) {
        for facts in [phone { $0.skip = .free }, both { $0.skip = .spending }] {
            var flow = flow(facts, after: prompted())
            #expect(flow.handle(.deadline) == [])
            #expect(flow.handle(answer) == [tooLate])
        }
    }

    @Test("A right code of this host that comes too late is denied and spent, and the phone is not looked at")
    func lateRightCode() {
        for facts in [app(), both()] {
            let stage: Script = facts.hasServer ? prompted() : [(.begin, [.ask(Prompts.code)])]
            play(
                facts,
                stage + [(.deadline, [])] + triedHere + [
                    (.matched(.accepted(timeStep: 7)), [denied(.timeout, spending: 7, english[.timeout])])
                ]
            )
        }
    }

    @Test(
        "A late code that is not right looks the same, and is not sent to the server",
        arguments: [.wrong, .spent] as [LoginFlow.CodeMatch])
    func lateWrongCode(match: LoginFlow.CodeMatch) {
        play(both(), prompted() + [(.deadline, [])] + triedHere + [(.matched(match), [tooLate])])
    }

    @Test("A late code that only the server could verify is not sent there")
    func lateServerCode() { play(phone(), prompted() + [(.deadline, []), (typed("123456"), [tooLate])]) }

    @Test("A late code whose try is not granted is denied, and no other prompt opens")
    func lateAndLocked() {
        play(
            both(),
            prompted() + [(.deadline, []), (typed("123456"), [.chargeTry]), (.tryCharged(granted: false), [tooLate])])
    }

    @Test("A right code that waits for a look when the time is up is denied and spent")
    func rightButTooSlow() {
        let (here, there) = (Stage.lookingAfterMatch, Stage.lookingAfterVerify)
        play(here.facts, here.script + [(.deadline, [denied(.timeout, spending: 7, english[.timeout])])])
        play(there.facts, there.script + [(.deadline, [tooLate])])
    }

    @Test("An approval that is seen after the deadline is none")
    func lateApproval() {
        var flow = flow(phone(), after: prompted() + [(.deadline, [])])
        #expect(flow.handle(.polled(.approved)) == [])
        #expect(flow.handle(enter) == [tooLate])
    }
}
