import Testing

@testable import Identifiers
@testable import LoginPolicy

/// The words at the prompt: each only where it applies.
struct WordTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let facts: Facts
        let script: Script
        let words: [Word]

        init(_ name: String, _ facts: Facts, _ script: Script, _ words: [Word]) {
            testDescription = name
            self.facts = facts
            self.script = script
            self.words = words
        }
    }

    static let begun: Script = [(.begin, [])]
    static let paused: Script = begun + [(.pushCharged(.paused), [])]

    static let cases = [
        Case("with a request pending", phone(), prompted(), [.sms, .call]),
        Case("with a request on its way", phone(), Stage.askingEarly.script, [.sms, .call]),
        Case("after a request has expired", phone(), expired(), [.sms, .call, .push]),
        Case(
            "after a request has expired at Enter", phone(), prompted() + [(enter, []), (.polled(.expired), [])],
            [.sms, .call, .push]),
        Case("after a denial a short while ago", phone(), paused, [.sms, .call]),
        Case("after too many requests", phone(), begun + [(.pushCharged(.tooMany), [])], [.sms, .call]),
        Case(
            "after a request that could not be made", phone(), pushed.prefix(2) + [(.createFailed(.outage), [])],
            [.sms, .call]),
        Case("where requests are withheld", phone { $0.withholdsPush = true }, begun, [.sms, .call, .push]),
        Case(
            "where requests are withheld and one was asked for", phone { $0.withholdsPush = true },
            begun + [(typed("push"), []), (.pushCharged(.granted), [])], [.sms, .call]),
        Case(
            "where requests are withheld and there were too many", phone { $0.withholdsPush = true },
            begun + [(typed("push"), []), (.pushCharged(.tooMany), [])], [.sms, .call]),
        Case(
            "where requests are withheld and OneTouch is no factor",
            phone {
                $0.withholdsPush = true
                $0.rules.factors = [.softToken, .call]
            }, begun, [.call]),
        Case("without sms", phone { $0.rules.factors = [.oneTouch, .softToken, .call] }, prompted(), [.call]),
        Case("without call", phone { $0.rules.factors = [.oneTouch, .softToken, .sms] }, prompted(), [.sms]),
        Case("without a server", both { $0.hasServer = false }, begun, []),
        Case("without an AuthyID", both { $0.hasAuthyID = false }, begun, []),
        Case("with codes locked", phone { $0.isLocked = true }, prompted(), []),
        Case("with codes locked and the request expired", phone { $0.isLocked = true }, expired(), [.push]),
        Case(
            "with codes locked in this login", phone(),
            prompted() + [(typed("123456"), []), (.tryCharged(granted: false), [])], []),
        Case("where enrolment is free to skip", app { $0.skip = .free }, begun, [.skip]),
        Case("where a grace login can be spent", phone { $0.skip = .spending }, prompted(), [.sms, .call, .skip]),
        Case("with codes locked and grace", phone { ($0.isLocked, $0.skip) = (true, .spending) }, prompted(), [.skip]),
        Case("with recovery codes left", phone { $0.recoveryLeft = 1 }, prompted(), [.sms, .call, .recovery]),
        Case(
            "with recovery codes left and codes locked", phone { ($0.recoveryLeft, $0.isLocked) = (1, true) },
            prompted(), []),
        Case(
            "with recovery codes left, which are no factor",
            phone { ($0.recoveryLeft, $0.rules.factors) = (1, [.oneTouch, .sms]) }, prompted(), [.sms]),
        Case(
            "where a code of the app is asked for first", phone { $0.rules.prefer = .softToken }, begun,
            [.sms, .call, .push]),
        Case(
            "with everything", phone { ($0.skip, $0.recoveryLeft) = (.free, 10) }, expired(),
            [.sms, .call, .push, .recovery, .skip]),
    ]

    @Test("The prompt names the words that apply and no others", arguments: cases)
    func named(it: Case) throws {
        let prompt = try #require(lastPrompt(of: it))
        let names = it.words.map(\.rawValue)
        let listed = prompt.split(separator: "(").dropFirst().first.map { $0.prefix { $0 != ")" } } ?? ""
        let named = listed.hasPrefix("or ") ? listed.dropFirst(3) : listed
        if prompt.hasPrefix("Type ") {
            #expect(prompt == "Type \(names.joined(separator: " or ")): ")
        } else {
            #expect(named == names.joined(separator: ", "))
        }
    }

    @Test("A word that is not named does nothing", arguments: cases)
    func refused(it: Case) throws {
        let prompt = try #require(lastPrompt(of: it))
        for word in Word.allCases where !it.words.contains(word) {
            var flow = flow(it.facts, after: it.script)
            let actions = flow.handle(.answered(.word(word)))
            #expect(
                actions == [.show("Not recognized. Type a code or one of the words shown."), .ask(prompt)], "\(word)")
        }
    }

    @Test("A word that is named does what it says, and nothing that is not charged first", arguments: cases)
    func taken(it: Case) {
        for word in it.words {
            var flow = flow(it.facts, after: it.script)
            let actions = flow.handle(.answered(.word(word)))
            switch word {
            case .sms, .call: #expect(actions == [.chargeOneCode])
            case .push: #expect(actions == [.chargePush(automatic: false)])
            case .recovery: #expect(actions == [.askRecovery("Recovery code: ")])
            case .never: Issue.record("never is offered")
            case .skip:
                #expect(actions == (it.facts.skip == .free ? [.end(Decision(.excused, .skipped))] : [.spendGrace]))
            }
        }
    }

    private func lastPrompt(of it: Case) -> String? {
        var flow = LoginFlow(it.facts)
        return it.script.reduce(nil as String?) { flow.handle($1.event).prompt ?? $0 }
    }

    // MARK: push

    @Test(
        "A new request after one has expired is charged as one that the person asked for, and shows its number at once")
    func secondPush() {
        play(
            phone(),
            expired() + [
                (typed("push"), [.chargePush(automatic: false)]),
                (.pushCharged(.granted), [.createPush(CheckNumber(42)), .ask(Prompts.numbered)]),
                (.created, []),
                (enter, [.poll(.brief)]),
                (.polled(.approved), [approved(.oneTouch)]),
            ])
    }

    @Test(
        "A new request that may not be sent is not sent, and is not offered again",
        arguments: [(.paused, english[.pushPaused]), (.tooMany, english[.tooManyPushes])]
            as [(LoginFlow.PushCharge, String)])
    func secondPushRefused(charge: LoginFlow.PushCharge, notice: String) {
        play(
            phone(),
            expired() + [
                (typed("push"), [.chargePush(automatic: false)]),
                (.pushCharged(charge), [.show(notice), .ask(Prompts.codeAndWords)]),
                (typed("push"), [.show(english[.noSuchWord]), .ask(Prompts.codeAndWords)]),
                (nothing, [cancelled]),
            ])
    }

    @Test("A new request that cannot be made is told of at the next prompt")
    func secondPushFails() {
        play(
            phone(),
            expired() + [
                (typed("push"), [.chargePush(automatic: false)]),
                (.pushCharged(.granted), [.createPush(CheckNumber(42)), .ask(Prompts.numbered)]),
                (.createFailed(.refused), []),
                (enter, [.show(english[.serverRefuses]), .ask(Prompts.codeAndWords)]),
                (nothing, [cancelled]),
            ])
    }

    // MARK: skip

    @Test("Where skipping is free it excuses at once and spends nothing")
    func skipsFree() {
        play(
            app { $0.skip = .free },
            [(.begin, [.ask("Verification code (or skip): ")]), (typed("skip"), [.end(Decision(.excused, .skipped))])])
    }

    @Test(
        "A skip spends a grace login and tells how many are left",
        arguments: [
            (3, "You can log in 3 more times without a second factor."),
            (1, "You can log in 1 more time without a second factor."),
            (0, "This is your last login without a second factor."),
        ])
    func skipsSpending(left: Int, sentence: String) {
        let finalMessage = sentence + " Contact your administrator to set one up."
        play(
            app { $0.skip = .spending },
            [
                (.begin, [.ask("Verification code (or skip): ")]),
                (typed("skip"), [.spendGrace]),
                (.graceSpent(left: left), [.end(Decision(.excused, .grace, finalMessage: finalMessage))]),
            ])
    }

    @Test("A skip for which no grace login is left leads back to the prompt, which does not offer it again")
    func skipRefused() {
        play(
            app { $0.skip = .spending },
            [
                (.begin, [.ask("Verification code (or skip): ")]),
                (typed("skip"), [.spendGrace]),
                (.graceSpent(left: nil), [.show("No logins without a second factor are left."), .ask(Prompts.code)]),
                (typed("skip"), [.show(english[.noSuchWord]), .ask(Prompts.code)]),
                (nothing, [cancelled]),
            ])
    }

    @Test("Users who can only skip may skip, and users who may not skip and have nothing are told who can help")
    func skipOnly() {
        let nobody = Facts()
        var skipper = Facts()
        skipper.skip = .free
        play(skipper, [(.begin, [.ask("Type skip: ")]), (typed("skip"), [.end(Decision(.excused, .skipped))])])
        play(
            nobody,
            [
                (
                    .begin,
                    [unavailable(.noFactor, "No second factor can be asked for here. Contact your administrator.")]
                )
            ])
    }

    // MARK: sms, call

    @Test(
        "A OneCode is charged, sent, told of, and verified by the server",
        arguments: [
            ("sms", .sms, "A code was sent to your phone by text message."),
            ("call", .call, "You are being called with a code."),
        ] as [(String, Factor, String)])
    func oneCode(word: String, factor: Factor, notice: String) {
        play(
            phone { $0.rules.factors = [.sms, .call] },
            [
                (.begin, [.ask(Prompts.words)]),
                (typed(word), [.chargeOneCode]),
                (.oneCodeCharged(granted: true), [.sendOneCode(factor)]),
                (.oneCodeSent, [.show(notice), .ask(Prompts.codeAndWords)]),
            ] + triedAtServer + [(.verified(.accepted(timeStep: 0)), [approved(factor)])])
    }

    @Test("A OneCode that may not be sent is not sent")
    func oneCodeRefused() {
        play(
            phone(),
            prompted() + [
                (typed("sms"), [.chargeOneCode]),
                (
                    .oneCodeCharged(granted: false),
                    [.show("No code was sent: there were too many lately."), .ask(Prompts.both)]
                ),
                (nothing, [.poll(.none)]), (.polled(.pending), [cancelled]),
            ])
    }

    @Test(
        "A OneCode that could not be sent leads back to the prompt, and no code is taken for it",
        arguments: [
            (.outage, english[.serverSilent]), (.noDevice, english[.oneCodeNotSent]),
            (.refused, english[.oneCodeNotSent]),
            (.limited, english[.tooManyOneCodes]),
        ]
            as [(LoginFlow.ServerError, String)])
    func oneCodeFails(fault: LoginFlow.ServerError, notice: String) {
        let words = Prompts.words
        play(
            phone { $0.rules.factors = [.sms, .call] },
            [
                (.begin, [.ask(words)]),
                (typed("call"), [.chargeOneCode]),
                (.oneCodeCharged(granted: true), [.sendOneCode(.call)]),
                (.oneCodeFailed(fault), [.show(notice), .ask(words)]),
                (typed("123456"), [.show(english[.noSuchWord]), .ask(words)]),
                (nothing, [cancelled]),
            ])
    }
}
