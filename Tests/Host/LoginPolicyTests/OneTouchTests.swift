import Testing

@testable import Identifiers
@testable import LoginPolicy

struct OneTouchTests {
    @Test("The phone is asked first, and an approval there is enough")
    func approval() { play(phone(), pushed + [(.polled(.approved), [approved(.oneTouch)])]) }

    @Test("While nothing is decided, the next look follows, until there is a decision")
    func keepsLooking() {
        let pending: Script = [(.polled(.pending), [.poll(.untilPromptIsDue)])]
        play(phone(), pushed + pending + pending + pending + [(.polled(.approved), [approved(.oneTouch)])])
    }

    @Test("A denial on the phone ends the login at once")
    func denial() { play(phone(), pushed + [(.polled(.denied), [deniedOnPhone()])]) }

    @Test("A request that expires leads to the prompt, which offers a new one")
    func expiry() { play(phone(), expired() + [(nothing, [cancelled])]) }

    @Test("When the wait is over the looking stops, and the prompt appears while the approval stays open")
    func waitIsOver() {
        play(
            phone(),
            prompted() + [
                (enter, [.poll(.brief)]),
                (.polled(.approved), [approved(.oneTouch)]),
            ])
    }

    @Test(
        "A user who cannot be asked on the phone is prompted at once",
        arguments: [{ $0.hasServer = false }, { $0.hasAuthyID = false }] as [Change])
    func noPhone(change: Change) { play(both(change), [(.begin, [.ask(Prompts.code)]), (nothing, [cancelled])]) }

    @Test("Where OneTouch is not among the factors no request is sent")
    func notAFactor() {
        play(
            phone { $0.rules.factors = [.softToken, .sms, .call] },
            [(.begin, [.ask(Prompts.codeAndWords)]), (nothing, [cancelled])])
    }

    @Test(
        "A request that may not be sent is not sent, and the prompt says why",
        arguments: [
            (.paused, "A login was denied on your phone a short while ago, so it was not asked again."),
            (.tooMany, "No request was sent to your phone: there were too many lately."),
        ] as [(LoginFlow.PushCharge, String)])
    func chargeRefused(charge: LoginFlow.PushCharge, notice: String) {
        play(
            phone(),
            [
                (.begin, [.chargePush(automatic: true)]),
                (.pushCharged(charge), [.show(notice), .ask(Prompts.codeAndWords)]),
                (nothing, [cancelled]),
            ])
    }

    @Test("One attempt has one automatic request: a second round goes to the prompt without a word")
    func alreadySent() {
        play(
            phone(),
            [
                (.begin, [.chargePush(automatic: true)]), (.pushCharged(.alreadySent), [.ask(Prompts.codeAndWords)]),
                (nothing, [cancelled]),
            ])
    }

    @Test(
        "Where OneTouch is all there is, a request that may not be sent is the end",
        arguments: [.paused, .tooMany] as [LoginFlow.PushCharge])
    func nothingElse(charge: LoginFlow.PushCharge) {
        let notice = charge == .paused ? english[.pushPaused] : english[.tooManyPushes]
        play(
            phone { $0.rules.factors = [.oneTouch] },
            [(.begin, [.chargePush(automatic: true)]), (.pushCharged(charge), [denied(.tooManyRequests, notice)])])
    }

    @Test("Locked codes do not keep an approval out")
    func lockedButApproved() {
        play(phone { $0.isLocked = true }, pushed + [(.polled(.approved), [approved(.oneTouch)])])
        play(
            phone { $0.isLocked = true },
            prompted(
                Prompts.approve,
                saying: ["Too many wrong codes. Codes are blocked for now; approve on your phone instead."]) + [
                    (enter, [.poll(.brief)]), (.polled(.approved), [approved(.oneTouch)]),
                ])
    }

    @Test("Where the login may be refused whatever we say, no request goes out unless it is asked for by word")
    func withheld() {
        play(
            phone { $0.withholdsPush = true },
            [
                (.begin, [.ask(Prompts.codeAndPush)]),
                (typed("push"), [.chargePush(automatic: false)]),
                (.pushCharged(.granted), [.createPush(CheckNumber(42)), .ask(Prompts.numbered)]),
                (.created, []),
                (enter, [.poll(.brief)]),
                (.polled(.approved), [approved(.oneTouch)]),
            ])
    }
}

/// When the prompt appears, and where the check number is shown.
struct PromptTimeTests {
    static let now: Change = { $0.rules.prompt = .now }
    static let matching: Change = { $0.rules.numberMatching = true }
    static let live: Change = { $0.textIsLive = true }
    static let hearing: Change = { $0.hearsEnter = true }

    private func facts(_ changes: [Change]) -> Facts { phone { facts in for change in changes { change(&facts) } } }

    @Test(
        "The prompt is due after the wait, or in the first second where it comes now or a number must be seen",
        arguments: [
            ([], 20), ([live], 20), ([now], 1), ([now, live], 1), ([matching], 1), ([matching, live], 20),
            ([matching, live, now], 1),
        ] as [([Change], Int)])
    func due(changes: [Change], seconds: Int) {
        #expect(LoginFlow(facts(changes + [{ $0.rules.onetouchWait = 20 }])).promptIsDueAfter == seconds)
    }

    @Test("With now, the prompt follows the request at once, and nothing is looked at until Enter")
    func promptNow() {
        play(
            facts([Self.now]),
            [
                (.begin, [.chargePush(automatic: true)]),
                (.pushCharged(.granted), [.createPush(CheckNumber(42))]),
                (.created, [.ask(Prompts.numbered)]),
                (.promptIsDue, []),
                (enter, [.poll(.brief)]),
                (.polled(.approved), [approved(.oneTouch)]),
            ])
    }

    @Test("With now, a slow server does not hold the prompt up, and Enter waits for the request to be there")
    func slowServer() {
        play(
            facts([Self.now]),
            [
                (.begin, [.chargePush(automatic: true)]),
                (.pushCharged(.granted), [.createPush(CheckNumber(42))]),
                (.promptIsDue, [.stopPolling, .ask(Prompts.numbered)]),
                (enter, []),
                (.created, [.poll(.brief)]),
                (.polled(.approved), [approved(.oneTouch)]),
            ])
    }

    @Test("With now, a request that is there by the time of Enter is looked at then")
    func slowRequest() {
        play(
            facts([Self.now]),
            [
                (.begin, [.chargePush(automatic: true)]),
                (.pushCharged(.granted), [.createPush(CheckNumber(42))]),
                (.promptIsDue, [.stopPolling, .ask(Prompts.numbered)]),
                (.created, []),
                (enter, [.poll(.brief)]),
                (.polled(.denied), [deniedOnPhone()]),
            ])
    }

    @Test("Where no text is seen during the wait no number is sent, and none is shown")
    func noNumberUnseen() { play(facts([]), prompted(Prompts.both) + leaves) }

    @Test("Number matching makes the prompt come now where no text is seen without one")
    func matchingOverSSH() {
        play(
            facts([Self.matching]),
            [
                (.begin, [.chargePush(automatic: true)]),
                (.pushCharged(.granted), [.createPush(CheckNumber(42))]),
                (.created, [.ask(Prompts.numbered)]),
                (nothing, [.poll(.none)]), (.polled(.pending), [cancelled]),
            ])
    }

    @Test(
        "Where text is live the waiting is told once there is a request, with the number that it carries",
        arguments: [false, true])
    func toldLive(isMatching: Bool) {
        play(
            facts([Self.live, { $0.rules.numberMatching = isMatching }]),
            [
                (.begin, [.chargePush(automatic: true)]),
                (.pushCharged(.granted), [.createPush(CheckNumber(42))]),
                (.created, [.show("Check your phone and enter 42 there to approve."), .poll(.untilPromptIsDue)]),
                (.promptIsDue, [.stopPolling, .ask(Prompts.numbered)]),
                (nothing, [.poll(.none)]), (.polled(.pending), [cancelled]),
            ])
    }

    @Test("Where there is to be no number, none is shown and none is sent, also by word")
    func noNumber() {
        let off: Change = { $0.rules.checkNumber = false }
        let told = "Check your phone to approve."
        play(
            facts([Self.live, off]),
            [
                (.begin, [.chargePush(automatic: true)]), (.pushCharged(.granted), [.createPush(nil)]),
                (.created, [.show(told), .poll(.untilPromptIsDue)]), (.polled(.approved), [approved(.oneTouch)]),
            ])
        #expect(LoginFlow(facts([Self.matching, off, { $0.rules.onetouchWait = 20 }])).promptIsDueAfter == 20)
        play(
            facts([Self.now, off]),
            [
                (.begin, [.chargePush(automatic: true)]), (.pushCharged(.granted), [.createPush(nil)]),
                (.created, [.ask(Prompts.both)]), (enter, [.poll(.brief)]), (.polled(.approved), [approved(.oneTouch)]),
            ])
        play(
            facts([off]),
            expired() + [
                (typed("push"), [.chargePush(automatic: false)]),
                (.pushCharged(.granted), [.createPush(nil), .ask(Prompts.both)]),
                (.created, []),
                (enter, [.poll(.brief)]), (.polled(.approved), [approved(.oneTouch)]),
            ])
    }

    @Test("Where Enter is heard it is listened to before the waiting is told, and opens the prompt")
    func toldWithEnter() {
        let told = "Check your phone and enter 42 there to approve. Press Enter here to type a code instead."
        play(
            facts([Self.live, Self.hearing]),
            [
                (.begin, [.chargePush(automatic: true)]),
                (.pushCharged(.granted), [.createPush(CheckNumber(42))]),
                (.created, [.listen, .show(told), .poll(.untilPromptIsDue)]),
                (.enterPressed, [.stopPolling, .ask(Prompts.numbered)]),
                (.enterPressed, []), (.promptIsDue, []),
                (enter, [.poll(.brief)]), (.polled(.approved), [approved(.oneTouch)]),
            ])
    }

    @Test("A code that has to be sent first is one to press Enter for")
    func toldWithWords() {
        let created = (
            facts([Self.live, Self.hearing, { $0.rules.factors = [.oneTouch, .sms] }]), Array(pushed.prefix(2))
        )
        var copy = flow(created.0, after: created.1)
        #expect(copy.handle(.created).contains(.listen))
    }

    @Test("Where there are no codes, the waiting does not promise any, and no key is listened to")
    func toldWithoutCodes() {
        let told = "Check your phone and enter 42 there to approve."
        for changes in [{ $0.rules.factors = [.oneTouch] }, { $0.isLocked = true }] as [Change] {
            let flow = flow(
                facts([Self.live, Self.hearing, changes]), after: [(.begin, []), (.pushCharged(.granted), [])])
            var copy = flow
            #expect(copy.handle(.created) == [.show(told), .poll(.untilPromptIsDue)])
        }
    }

    @Test("Where no text is seen, no key is listened to")
    func notLive() { play(facts([Self.hearing]), prompted(Prompts.both) + leaves) }

    @Test("Where text is live and the prompt comes now, the number is in the prompt and nothing is told")
    func nowLive() {
        play(
            facts([Self.live, Self.now]),
            [
                (.begin, [.chargePush(automatic: true)]),
                (.pushCharged(.granted), [.createPush(CheckNumber(42))]),
                (.created, [.ask(Prompts.numbered)]),
                (nothing, [.poll(.none)]), (.polled(.pending), [cancelled]),
            ])
    }

    @Test("Without a number none is sent or shown")
    func withoutNumber() {
        play(
            facts([Self.now, { $0.number = nil }]),
            [
                (.begin, [.chargePush(automatic: true)]),
                (.pushCharged(.granted), [.createPush(nil)]),
                (.created, [.ask(Prompts.both)]),
                (nothing, [.poll(.none)]), (.polled(.pending), [cancelled]),
            ])
    }

    @Test("When the request is over its number is shown no more")
    func numberOfThePast() {
        play(
            facts([Self.now]),
            [
                (.begin, [.chargePush(automatic: true)]),
                (.pushCharged(.granted), [.createPush(CheckNumber(42))]),
                (.created, [.ask(Prompts.numbered)]),
                (enter, [.poll(.brief)]),
                (.polled(.expired), [.show(english[.requestExpired]), .ask(Prompts.codeAndPush)]),
                (nothing, [cancelled]),
            ])
    }
}

/// Enter, and Ctrl-C.
struct EnterTests {
    @Test("Enter looks at the approval, and if nothing is decided the prompt comes again, as often as it is pressed")
    func looksAgain() {
        let again: Script = [
            (enter, [.poll(.brief)]), (.polled(.pending), [.show("Not approved yet."), .ask(Prompts.both)]),
        ]
        play(phone(), prompted() + Array(repeating: again, count: 20).joined() + leaves)
    }

    @Test("Enter finds out that the request was denied")
    func findsDenial() {
        play(phone(), prompted() + [(enter, [.poll(.brief)]), (.polled(.denied), [deniedOnPhone()])])
    }

    @Test("Enter finds out that the request has expired")
    func findsExpiry() {
        play(
            phone(),
            prompted() + [
                (enter, [.poll(.brief)]),
                (.polled(.expired), [.show("The request on your phone has expired."), .ask(Prompts.codeAndPush)]),
                (nothing, [cancelled]),
            ])
    }

    @Test("A look that fails leads back to the prompt, and the request stays open")
    func failedLook() {
        let faults: [(LoginFlow.ServerError, String)] = [
            (.outage, english[.serverSilent]), (.refused, english[.serverRefuses]), (.noDevice, english[.noDevice]),
        ]
        for (fault, notice) in faults {
            play(
                phone { $0.outage = .allow },
                prompted() + [
                    (enter, [.poll(.brief)]),
                    (.pollFailed(fault), [.show(notice), .ask(Prompts.both)]),
                    (enter, [.poll(.brief)]),
                    (.polled(.approved), [approved(.oneTouch)]),
                ])
        }
    }

    @Test("Enter sends nothing: neither a code nor a request nor a charge")
    func sendsNothing() {
        for facts in [phone(), app(), both(), phone { $0.skip = .spending }] {
            var flow = flow(facts, after: facts == app() ? [(.begin, [])] : prompted())
            #expect(flow.handle(enter).allSatisfy { $0 == .poll(.brief) || $0 == .ask(Prompts.code) })
        }
    }

    @Test("Enter in the wait goes to the prompt, and the approval stays open")
    func pressedInTheWait() {
        play(
            phone(),
            pushed + [
                (.enterPressed, [.stopPolling, .ask(Prompts.both)]), (.promptIsDue, []), (enter, [.poll(.brief)]),
                (.polled(.approved), [approved(.oneTouch)]),
            ])
    }

    @Test("Enter that was pressed when the prompt was on its way is no answer to it", arguments: Stage.all)
    func pressedLate(stage: Stage) {
        guard stage.testDescription != Stage.waiting.testDescription,
            stage.testDescription != Stage.creating.testDescription
        else {
            return
        }
        var flow = flow(stage.facts, after: stage.script)
        #expect(flow.handle(.enterPressed) == [])
    }

    @Test("Ctrl-C in the wait ends the login")
    func interruptedWait() { play(phone(), pushed + refused(at: .interrupted, cancelled)) }

    @Test("Ctrl-C before the request is there ends it too")
    func interruptedCreation() { play(phone(), Array(pushed.prefix(2)) + [(.interrupted, [cancelled])]) }

    @Test("Ctrl-C at the prompt, like the end of the conversation, ends the login")
    func interruptedPrompt() {
        play(phone(), prompted() + leaves)
        play(app(), [(.begin, [.ask(Prompts.code)]), (nothing, [cancelled])])
    }

    @Test("A Ctrl-C that arrives while a prompt is open is the conversation's")
    func interruptArrivesLate() {
        play(
            phone(),
            prompted() + [(.interrupted, []), (enter, [.poll(.brief)]), (.polled(.approved), [approved(.oneTouch)])])
    }

    @Test("Ctrl-C between two prompts ends the login", arguments: Stage.between)
    func interruptedBetween(stage: Stage) {
        play(
            stage.facts,
            stage.script + (stage.hasOpenRequest ? refused(at: .interrupted, cancelled) : [(.interrupted, [cancelled])])
        )
    }
}

/// The client or the terminal has gone.
struct DisconnectedTests {
    @Test("It ends the login wherever that is, with a word for the log", arguments: Stage.all)
    func anywhere(stage: Stage) {
        var flow = flow(stage.facts, after: stage.script)
        var actions = flow.handle(.disconnected)
        if stage.testDescription == Stage.lastPoll.testDescription {
            #expect(actions == [])
            return
        }
        if actions == [.poll(.none)] { actions = flow.handle(.polled(.pending)) }
        #expect(
            actions.decision?.outcome == .denied && actions.decision?.reason == .disconnected
                && actions.decision?.finalMessage == nil)
    }

    @Test("A denial on the phone counts all the same")
    func denial() { play(phone(), pushed + [(.disconnected, [.poll(.none)]), (.polled(.denied), [deniedOnPhone()])]) }

    @Test("An approval that came too late lets nobody in")
    func approval() {
        play(phone(), pushed + [(.disconnected, [.poll(.none)]), (.polled(.approved), [denied(.disconnected)])])
    }
}

/// A login that is refused while a request is open.
struct LastLookTests {
    @Test("It looks at the phone once more, so that a denial there counts, whatever the login failed of")
    func denialCounts() {
        let refusals: [(Facts, Script, Event)] = [
            (phone(), prompted(), nothing),
            (phone { $0.rules.tries = 1 }, prompted() + triedAtServer, .verified(.wrong)),
            (phone { $0.rules.tries = 1 }, prompted(), typed("\u{8}")),
            (both(), Stage.matching.script, .interrupted),
        ]
        for (facts, script, event) in refusals {
            play(facts, script + [(event, [.poll(.none)]), (.polled(.denied), [deniedOnPhone()])])
        }
    }

    @Test(
        "Nothing else on the phone changes the end",
        arguments: [
            .polled(.pending), .polled(.approved), .polled(.expired), .pollFailed(.outage), .pollFailed(.refused),
            .pollFailed(.noDevice),
        ] as [Event])
    func nothingElse(poll: Event) {
        let stage = Stage.lastPoll
        play(stage.facts, stage.script + [(poll, [cancelled])])
    }

    @Test(
        "Neither the deadline nor an impatient Ctrl-C waits for that look",
        arguments: [.deadline, .interrupted] as [Event])
    func notWaitedFor(event: Event) {
        let stage = Stage.lastPoll
        play(stage.facts, stage.script + [(event, [cancelled])])
    }

    @Test("What was asked before comes too late, even a code that the server finds right")
    func answersComeLate() {
        play(
            phone(),
            Stage.verifying.script + [
                (.interrupted, [.poll(.none)]), (.verified(.accepted(timeStep: 0)), []),
                (.polled(.pending), [cancelled]),
            ])
    }

    @Test("Where no request is open, or it was too late, there is nothing to look at")
    func nothingToSee() {
        play(phone(), expired() + [(nothing, [cancelled])])
        play(phone(), prompted() + [(.deadline, []), (nothing, [denied(.timeout)])])
    }
}

/// Ways to reach each state of the flow.
struct Stage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let facts: Facts
    let script: Script

    init(_ name: String, _ facts: Facts, _ script: Script) {
        testDescription = name
        self.facts = facts
        self.script = script
    }

    static let idle = Stage("before the beginning", both(), [])
    static let chargingPush = Stage("while a request is charged", both(), [(.begin, [.chargePush(automatic: true)])])
    static let creating = Stage("while the request is on its way", both(), Array(pushed.prefix(2)))
    static let waiting = Stage("while the phone is waited for", both(), pushed)
    static let asking = Stage("at the prompt, while the approval is open", both(), prompted())
    static let askingForCode = Stage("at the prompt, with no request", app(), [(.begin, [.ask(Prompts.code)])])
    static let askingEarly = Stage(
        "at the prompt, while the request is on its way", both(),
        Array(pushed.prefix(2)) + [(.promptIsDue, [.stopPolling, .ask(Prompts.both)])])
    static let polling = Stage("while Enter looks", both(), prompted() + [(enter, [.poll(.brief)])])
    static let lookingEarly = Stage("while Enter waits for the request", both(), askingEarly.script + [(enter, [])])
    static let charging = Stage("while a try is charged", both(), prompted() + [(typed("123456"), [.chargeTry])])
    static let matching = Stage("while a code is checked on this host", both(), prompted() + triedHere)
    static let verifying = Stage("while a code is verified", phone(), prompted() + triedAtServer)
    static let lookingAfterMatch = Stage(
        "while a right code of this host waits for a look", both(),
        prompted() + triedHere + [(.matched(.accepted(timeStep: 7)), [.poll(.none)])])
    static let lookingAfterVerify = Stage(
        "while a code that the server found right waits for a look", phone(),
        prompted() + triedAtServer + [(.verified(.accepted(timeStep: 0)), [.poll(.none)])])
    static let chargingOneCode = Stage(
        "while a OneCode is charged", both(), prompted() + [(typed("sms"), [.chargeOneCode])])
    static let sendingOneCode = Stage(
        "while a OneCode is sent", both(),
        chargingOneCode.script + [(.oneCodeCharged(granted: true), [.sendOneCode(.sms)])])
    static let chargingTypedPush = Stage(
        "while a second request is charged", both(), expired() + [(typed("push"), [.chargePush(automatic: false)])])
    static let spendingGrace = Stage(
        "while a grace login is spent", app { $0.skip = .spending },
        [(.begin, [.ask("Verification code (or skip): ")]), (typed("skip"), [.spendGrace])])

    static let askingRecovery = Stage(
        "at the prompt for a recovery code", both { $0.recoveryLeft = 2 },
        prompted(Prompts.bothAndRecovery) + recoveryAsked)
    static let chargingRecovery = Stage(
        "while a try at a recovery code is charged", both { $0.recoveryLeft = 2 },
        askingRecovery.script + [(recoveryTyped("abcd efgh jkmn"), [.chargeTry])])
    static let matchingRecovery = Stage(
        "while a recovery code is checked", both { $0.recoveryLeft = 2 },
        chargingRecovery.script + [(.tryCharged(granted: true), [.matchRecovery(recoveryCode("abcdefghjkmn"))])])
    static let lookingAfterRecovery = Stage(
        "while a right recovery code waits for a look", both { $0.recoveryLeft = 2 },
        matchingRecovery.script + [(.recoveryMatched(true), [.poll(.none)])])
    static let chargingPreferred = Stage(
        "while a OneCode that is preferred is charged", both { $0.rules.prefer = .sms }, [(.begin, [.chargeOneCode])])

    static let lastPoll = Stage(
        "while a refused login looks once more", phone(), prompted() + [(nothing, [.poll(.none)])])

    var hasOpenRequest: Bool {
        script.contains { $0.event == .created } && !script.contains { $0.event == .polled(.expired) }
    }

    /// All states except at a prompt, in the wait, at the start and at the end.
    static let between = [
        chargingPush, polling, lookingEarly, charging, matching, verifying, lookingAfterVerify, chargingOneCode,
        sendingOneCode,
        chargingTypedPush, spendingGrace, chargingRecovery, matchingRecovery, lookingAfterRecovery, chargingPreferred,
    ]

    static let all =
        [idle, creating, waiting, asking, askingForCode, askingEarly, askingRecovery, lookingAfterMatch, lastPoll]
        + between
}
