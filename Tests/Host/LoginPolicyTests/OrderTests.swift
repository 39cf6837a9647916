import Testing

@testable import Identifiers
@testable import LoginPolicy

/// Events, by the action that they answer.
private let events: [(kind: String, events: [Event])] = [
    ("begin", [.begin]),
    ("pushCharged", [.granted, .paused, .tooMany, .alreadySent].map(Event.pushCharged)),
    ("created", [.created]),
    ("createFailed", [.outage, .noDevice, .limited, .refused].map(Event.createFailed)),
    ("looked", [.pending, .approved, .denied, .expired].map(Event.polled)),
    ("lookFailed", [.outage, .noDevice, .limited, .refused].map(Event.pollFailed)),
    (
        "answered",
        [
            nothing, enter, typed("\u{8}"), typed("123456"), typed("sms"), typed("call"), typed("push"), typed("skip"),
            typed("?"),
            typed("recovery"), typed("never"),
        ]
    ),
    (
        "recoveryTyped",
        [.recoveryTyped(.nothing)] + ["", "\u{8}", "abcd-efgh-jkmn", "12345678", "?"].map(recoveryTyped)
    ),
    ("recoveryMatched", [.recoveryMatched(true), .recoveryMatched(false)]),
    ("tryCharged", [.tryCharged(granted: true), .tryCharged(granted: false)]),
    ("matched", [.accepted(timeStep: 7), .spent, .wrong].map(Event.matched)),
    ("verified", [.accepted(timeStep: 0), .spent, .wrong].map(Event.verified)),
    ("confirmationTyped", [.confirmationTyped(taken: true), .confirmationTyped(taken: false)]),
    ("verifyFailed", [.outage, .noDevice, .limited, .refused].map(Event.verifyFailed)),
    ("oneCodeCharged", [.oneCodeCharged(granted: true), .oneCodeCharged(granted: false)]),
    ("oneCodeSent", [.oneCodeSent]),
    ("oneCodeFailed", [.outage, .noDevice, .limited, .refused].map(Event.oneCodeFailed)),
    ("graceSpent", [.graceSpent(left: nil), .graceSpent(left: 3)]),
]

private let fromOutside: [Event] = [.promptIsDue, .deadline, .interrupted, .enterPressed, .disconnected]

struct OrderTests {
    struct Line: Sendable, CustomTestStringConvertible {
        let stage: Stage
        let answers: [String]
        let news: [String]
        var testDescription: String { stage.testDescription }

        init(_ stage: Stage, _ answers: [String], _ news: [String] = []) {
            (self.stage, self.answers, self.news) = (stage, answers, news)
        }
    }

    /// The events that answer an action, or may still come late, at each stage.
    ///
    /// Any other event is refused.
    static let table = [
        Line(.idle, ["begin"]),
        Line(.chargingPush, ["pushCharged"]),
        Line(.creating, ["created", "createFailed"]),
        Line(.waiting, ["looked", "lookFailed"]),
        Line(.asking, ["answered"], ["looked", "lookFailed"]),
        Line(.askingForCode, ["answered"]),
        Line(.askingEarly, ["answered", "created", "createFailed"]),
        Line(.polling, ["looked", "lookFailed"]),
        Line(.lookingEarly, ["created", "createFailed"]),
        Line(.charging, ["tryCharged"]),
        Line(.matching, ["matched"]),
        Line(.verifying, ["verified", "confirmationTyped", "verifyFailed"]),
        Line(.lookingAfterMatch, ["looked", "lookFailed"]),
        Line(.lookingAfterVerify, ["looked", "lookFailed"]),
        Line(.chargingOneCode, ["oneCodeCharged"]),
        Line(.sendingOneCode, ["oneCodeSent", "oneCodeFailed"]),
        Line(.chargingTypedPush, ["pushCharged"]),
        Line(.spendingGrace, ["graceSpent"]),
        Line(.askingRecovery, ["recoveryTyped"], ["looked", "lookFailed"]),
        Line(.chargingRecovery, ["tryCharged"]),
        Line(.matchingRecovery, ["recoveryMatched"]),
        Line(.lookingAfterRecovery, ["looked", "lookFailed"]),
        Line(.chargingPreferred, ["oneCodeCharged"]),
        // Results of actions that were open when the login was refused may still arrive.
        Line(
            .lastPoll, ["looked", "lookFailed"],
            events.map(\.kind).filter { !["created", "createFailed", "looked", "lookFailed"].contains($0) }),
    ]

    @Test("Every stage is in the table")
    func wholeTable() { #expect(Set(Self.table.map(\.stage.testDescription)) == Set(Stage.all.map(\.testDescription))) }

    @Test("An event that answers nothing is refused, and lets nobody in", arguments: table)
    func refused(line: Line) {
        for (kind, events) in events where !line.answers.contains(kind) && !line.news.contains(kind) {
            for event in events {
                for outage in [OutageMode.deny, .allow] {
                    var facts = line.stage.facts
                    facts.outage = outage
                    var flow = flow(facts, after: line.stage.script)
                    let actions = flow.handle(event)
                    let decision = actions.count == 1 ? actions.decision : nil
                    #expect(
                        decision?.outcome == .unavailable && decision?.reason == .protocolError, "\(event): \(actions)")
                }
            }
        }
    }

    @Test("An event that answers what was asked is not refused", arguments: table)
    func taken(line: Line) {
        for (_, events) in events.filter({ line.answers.contains($0.kind) }) {
            for event in events {
                var flow = flow(line.stage.facts, after: line.stage.script)
                #expect(flow.handle(event).decision?.reason != .protocolError, "\(event)")
            }
        }
    }

    @Test("What has been overtaken is no news, and changes nothing", arguments: table)
    func noNews(line: Line) {
        for (_, events) in events.filter({ line.news.contains($0.kind) }) {
            for event in events {
                var (flow, other) = (
                    flow(line.stage.facts, after: line.stage.script), flow(line.stage.facts, after: line.stage.script)
                )
                #expect(flow.handle(event) == [])
                #expect(flow.handle(enter) == other.handle(enter))
            }
        }
    }

    @Test("What comes from outside is never out of order", arguments: Stage.all)
    func outside(stage: Stage) {
        for event in fromOutside {
            var flow = flow(stage.facts, after: stage.script)
            #expect(flow.handle(event).decision?.reason != .protocolError, "\(event)")
        }
    }

    @Test("The prompt's time says nothing where there is nothing to wait for", arguments: Stage.all)
    func promptIsDue(stage: Stage) {
        guard ![Stage.creating, .waiting].map(\.testDescription).contains(stage.testDescription) else { return }
        var flow = flow(stage.facts, after: stage.script)
        #expect(flow.handle(.promptIsDue) == [])
    }

    @Test("A request is made or not, once")
    func twice() {
        var flow = flow(phone(), after: Array(pushed.prefix(2)) + [(.createFailed(.refused), [])])
        #expect(flow.handle(.createFailed(.outage)) == [])
        #expect(flow.handle(.created) == [outOfOrder])
    }

    @Test("After the end nothing is done any more, whatever happens")
    func ended() {
        let endings: [(Facts, Script)] = [
            (phone(), pushed + [(.polled(.approved), [])]), (phone(), pushed + [(.polled(.denied), [])]),
            (app(), [(.deadline, [])]),
            (phone { $0.outage = .allow }, pushed.prefix(2) + [(.createFailed(.outage), [])]),
            (Facts(), [(.begin, [])]),
            (app(), [(.oneCodeSent, [])]),
        ]
        for (facts, script) in endings {
            for event in events.flatMap(\.events) + fromOutside {
                var flow = flow(facts, after: script)
                #expect(flow.handle(event) == [])
                #expect(flow.handle(.begin) == [])
            }
        }
    }
}

// MARK: - Whatever happens

struct AnyOrderTests {
    static let runs = 20_000
    static let length = 30

    /// In this percentage of cases an event answers an action; otherwise it is any event.
    @Test("Whatever happens in whatever order, nothing lets in but a proof or a rule", arguments: [0, 70, 90, 98])
    func anyOrder(discipline: Int) {
        var random = Seeded(seed: 0xC0DE + UInt64(discipline))
        var ends: Set<String> = []
        for run in 1...Self.runs {
            let facts = Facts.any(using: &random)
            var flow = LoginFlow(facts)
            var witness = Witness(facts)
            for _ in 1...Self.length {
                let isPlausible = Int.random(in: 0..<100, using: &random) < discipline
                let event = (isPlausible ? witness.plausibleEvent(using: &random) : nil) ?? anyEvent(using: &random)
                witness.see(event, flow.handle(event))
                if let complaint = witness.complaint {
                    Issue.record(
                        """
                        run \(run): \(complaint)\n\(facts)\n\
                        \(witness.trace.map { "\($0.event) -> \($0.actions)" }.joined(separator: "\n"))
                        """
                    )
                    return
                }
            }
            if let decision = witness.decision {
                ends.insert(
                    "\(decision.outcome.rawValue) \(decision.reason.rawValue) \(decision.factor?.rawValue ?? "-")")
            }
        }
        // A run without a result proves nothing.
        if discipline >= 90 { #expect(ends.isSuperset(of: Self.reached), "\(Self.reached.subtracting(ends))") }
    }

    private static let reached: Set<String> = [
        "approved proven onetouch", "approved proven softtoken", "approved proven sms", "approved proven call",
        "approved proven recovery", "excused grace -",
        "excused skipped -", "excused outage -", "denied denied_on_phone onetouch", "denied wrong_code -",
        "denied spent_code -",
        "denied locked -", "denied no_answer -", "denied cancelled -", "denied timeout -", "denied hopeless -",
        "denied too_many_requests -",
        "unavailable server -", "unavailable no_factor -", "unavailable protocol_error -",
    ]

    private func anyEvent(using random: inout Seeded) -> Event {
        let index = Int.random(in: 0...events.count, using: &random)
        return (index < events.count ? events[index].events : fromOutside).randomElement(using: &random) ?? .begin
    }
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension LoginFlow.Facts {
    fileprivate static func any(using random: inout Seeded) -> Facts {
        func often(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
        var facts = Facts()
        facts.rules.factors = Factor.allCases.filter { _ in often(70) }
        facts.rules.tries = Int.random(in: 1...3, using: &random)
        facts.rules.prompt = often(50) ? .now : .wait
        facts.rules.numberMatching = often(30)
        facts.rules.prefer = often(30) ? Factor.allCases.randomElement(using: &random) : nil
        facts.recoveryLeft = often(50) ? Int.random(in: 1...10, using: &random) : 0
        facts.skip = [.none, .free, .spending].randomElement(using: &random) ?? .none
        facts.hasServer = often(85)
        facts.hasAuthyID = often(85)
        facts.hasSoftToken = often(50)
        facts.isConfirmed = often(50)
        facts.isLocked = often(15)
        facts.textIsLive = often(50)
        facts.hearsEnter = often(50)
        facts.withholdsPush = often(20)
        facts.outage = often(50) ? .allow : .deny
        facts.number = often(80) ? CheckNumber(42) : nil
        return facts
    }
}

/// Watches one login from outside and knows the rules without knowing the states.
private struct Witness {
    private enum Request { case none, creating, pending, over }
    private enum Proof: Equatable {
        case matched(Int64)
        case verified
        case recovered
    }

    private let facts: Facts
    private(set) var complaint: String?
    private(set) var decision: Decision?
    private(set) var trace: [(event: Event, actions: [Action])] = []
    /// What was asked and not answered yet.
    private var open: [Action] = []
    private var request = Request.none
    private var sentNumber: CheckNumber?
    private var typed: OneTimeCode?
    /// The charge for a try at `typed` was granted, and these have not used it yet.
    private var mayMatch = false
    private var mayVerify = false
    private var verifies = 0
    private var recovery: RecoveryCode?
    /// The charge for a try at `recovery` was granted, and not used yet.
    private var mayRecover = false
    private var oneCode: Factor?
    private var isLocked: Bool
    private var isLate = false
    private var willSSHDRefuse = false
    /// The flow looks once more, and does nothing else.
    private var isRefused = false
    /// The last request could not be sent because of an outage.
    private var missesServer = false
    private var proof: Proof?
    private var rightStep: Int64?

    init(_ facts: Facts) {
        self.facts = facts
        isLocked = facts.isLocked
    }

    private var matchesHere: Bool { facts.rules.factors.contains(.softToken) && facts.hasSoftToken }
    /// The first action if there is no request on the phone.
    private var prefers: Factor? {
        guard !facts.withholdsPush, let factor = facts.rules.prefer, facts.rules.factors.contains(factor) else {
            return nil
        }
        switch factor {
        case .sms, .call: return reachesServer && !facts.isLocked ? factor : nil
        case .softToken: return (facts.hasSoftToken || reachesServer) && !facts.isLocked ? factor : nil
        default: return nil
        }
    }
    private var reachesServer: Bool { facts.hasServer && facts.hasAuthyID }

    mutating func see(_ event: Event, _ actions: [Action]) {
        trace.append((event, actions))
        let wasOver = decision != nil
        if wasOver, !actions.isEmpty { return fail("something is done after the end") }
        guard !wasOver else { return }
        let asked = take(event)
        learn(event, asked)
        for (index, action) in actions.enumerated() {
            judge(action, event, asked)
            if case .end = action, index + 1 < actions.count { fail("the end is not the last") }
        }
        if actions == [.poll(.none)], !isProof(event) { isRefused = true }
        if event != .promptIsDue, !isProof(event) { proof = nil }
        for text in actions.texts
        where !text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) || text.utf8.count >= 200 || text.isEmpty {
            fail("a text that cannot be shown: \(text)")
        }
    }

    private func isProof(_ event: Event) -> Bool {
        switch event {
        case .matched(.accepted), .verified(.accepted), .confirmationTyped(taken: true), .recoveryMatched(true):
            proof != nil
        default: false
        }
    }

    private mutating func fail(_ complaint: String) { self.complaint = self.complaint ?? complaint }

    /// Whether the event answers an open action, which is then closed.
    private mutating func take(_ event: Event) -> Bool {
        let index = open.firstIndex { action in
            switch (action, event) {
            case (.chargePush, .pushCharged), (.createPush, .created), (.createPush, .createFailed), (.poll, .polled),
                (.poll, .pollFailed),
                (.ask, .answered), (.chargeTry, .tryCharged), (.match, .matched), (.verify, .verified),
                (.verify, .verifyFailed),
                (.verify, .confirmationTyped),
                (.chargeOneCode, .oneCodeCharged), (.sendOneCode, .oneCodeSent), (.sendOneCode, .oneCodeFailed),
                (.spendGrace, .graceSpent), (.askRecovery, .recoveryTyped), (.matchRecovery, .recoveryMatched):
                true
            default: false
            }
        }
        guard let index else { return false }
        let action = open.remove(at: index)
        if case .sendOneCode(let factor) = action, event == .oneCodeSent { oneCode = factor }
        return true
    }

    private mutating func learn(_ event: Event, _ asked: Bool) {
        if event == .deadline { isLate = true }
        guard asked else { return }
        switch event {
        case .created: request = .pending
        case .createFailed(.outage): (request, missesServer) = (.over, true)
        case .answered(.sshdFakePassword): willSSHDRefuse = true
        case .createFailed, .polled(.expired), .polled(.denied), .polled(.approved): request = .over
        case .recoveryTyped(.sshdFakePassword): willSSHDRefuse = true
        case .answered(.code(let code)): (typed, recovery) = (code, nil)
        case .recoveryTyped(.code(let code)): (typed, recovery) = (nil, code)
        case .tryCharged(let granted):
            (mayMatch, mayVerify, mayRecover) = (
                granted && typed != nil, granted && typed != nil, granted && recovery != nil
            )
            if !granted { isLocked = true }
        case .matched(.accepted(let step)): (proof, rightStep) = (.matched(step), step)
        case .matched(.spent): mayVerify = false
        case .verified(.accepted): proof = .verified
        case .confirmationTyped(taken: true) where !facts.isConfirmed: proof = .verified
        case .recoveryMatched(true): proof = .recovered
        default: return
        }
    }

    private mutating func judge(_ action: Action, _ event: Event, _ asked: Bool) {
        switch action {
        case .chargePush(let automatic):
            if automatic != (event == .begin) { fail("a request that nobody asked for") }
            if automatic, prefers != nil { fail("a request where something else is preferred") }
            if !automatic, event != .answered(.word(.push)) || !asked { fail("a request without the word") }
        case .createPush(let number):
            if event != .pushCharged(.granted) || !asked { fail("a request without a charge") }
            (request, sentNumber, missesServer) = (.creating, number, false)
        case .poll: if request != .pending { fail("a look at nothing") }
        case .stopPolling: open.removeAll { if case .poll = $0 { true } else { false } }
        case .show: break
        case .listen:
            if !facts.hearsEnter || !facts.textIsLive || event != .created {
                fail("listening where no text invites it")
            }
        case .askRecovery:
            if event != .answered(.word(.recovery)) || !asked { fail("a recovery code is asked for without the word") }
            if !facts.rules.factors.contains(.recovery) || facts.recoveryLeft == 0 || isLocked {
                fail("a recovery code that is no factor")
            }
        case .ask(let prompt):
            if open.contains(where: {
                if case .ask = $0 { true } else if case .askRecovery = $0 { true } else { false }
            }) {
                fail("a prompt in a prompt")
            }
            if prompt.contains("then press Enter"), prompt.hasPrefix("Enter 42") != (sentNumber != nil) {
                fail("what is sent is not what is seen")
            }
            if prompt.contains("then press Enter") != (request == .creating || request == .pending) {
                fail("the prompt is wrong about the request")
            }
        case .chargeTry:
            let isForCode = typed.map { event == .answered(.code($0)) } ?? false
            let isForRecovery = recovery.map { event == .recoveryTyped(.code($0)) } ?? false
            if !isForCode && !isForRecovery || !asked { fail("a charge for no code") }
        case .matchRecovery(let code):
            if !mayRecover || code != recovery || isLate { fail("a recovery code without a charge") }
            mayRecover = false
        case .match(let code):
            if !mayMatch || code != typed || !matchesHere { fail("a match without a charge") }
            mayMatch = false
        case .verify(let code):
            if !mayVerify || code != typed { fail("a verify without a charge") }
            if !reachesServer || !facts.rules.factors.contains(.softToken) && oneCode == nil {
                fail("a verify where it may not be")
            }
            mayVerify = false
            verifies += 1
            if verifies > facts.rules.tries { fail("too many verifies") }
        case .chargeOneCode:
            let isPreferred = event == .begin && (prefers == .sms || prefers == .call)
            if !asked && !isPreferred || isLocked { fail("a OneCode that nobody asked for") }
        case .sendOneCode(let factor):
            if event != .oneCodeCharged(granted: true) || !asked { fail("a OneCode without a charge") }
            if !facts.rules.factors.contains(factor) || !reachesServer { fail("a OneCode that is no factor") }
        case .spendGrace:
            if event != .answered(.word(.skip)) || !asked || facts.skip != .spending { fail("a grace login unasked") }
        case .end(let decision): judge(decision, event, asked)
        }
        switch action {
        case .end, .show, .chargeTry, .match: break
        default:
            if isLate { fail("something is begun after the deadline") }
            if isRefused { fail("something is begun after the login was refused") }
        }
        open.append(action)
    }

    private mutating func judge(_ decision: Decision, _ event: Event, _ asked: Bool) {
        self.decision = decision
        if decision.spentTimeStep != rightStep { fail("a right code is not spent, or a wrong one is") }
        guard decision.outcome.letsIn else { return }
        if isLate { fail("in after the deadline") }
        if willSSHDRefuse { fail("in where sshd refuses") }
        if isRefused { fail("in after it was refused") }
        if !asked || !isProper(decision, event) { fail("in without a reason") }
    }

    private func isProper(_ decision: Decision, _ event: Event) -> Bool {
        switch (decision.outcome, decision.reason, decision.factor) {
        case (.approved, .proven, .oneTouch): event == .polled(.approved) && proof == nil
        case (.approved, .proven, .recovery):
            event != .polled(.denied) && proof == .recovered && decision.spentTimeStep == nil
        case (.approved, .proven, let factor?):
            event != .polled(.denied)
                && (decision.spentTimeStep.map { proof == .matched($0) && factor == .softToken }
                    ?? (proof == .verified && factor == oneCode ?? .softToken))
        case (.excused, .grace, nil): if case .graceSpent(_?) = event { true } else { false }
        case (.excused, .skipped, nil): event == .answered(.word(.skip)) && facts.skip == .free
        case (.excused, .outage, nil):
            (event == .createFailed(.outage) || event == .verifyFailed(.outage) || event == .oneCodeFailed(.outage)
                || event == .answered(.enter) && missesServer) && facts.outage == .allow && !matchesHere && !isLocked
                && request != .pending && request != .creating
        default: false
        }
    }

    /// An event that answers an open action, if there is one.
    func plausibleEvent(using random: inout Seeded) -> Event? {
        if trace.isEmpty { return .begin }
        return open.reversed().lazy.compactMap { Self.kind(of: $0) }.first.flatMap { kinds in
            kinds.randomElement(using: &random).flatMap { kind in
                events.first { $0.kind == kind }?.events.randomElement(using: &random)
            }
        }
    }

    private static func kind(of action: Action) -> [String]? {
        switch action {
        case .chargePush: ["pushCharged"]
        case .createPush: ["created", "created", "createFailed"]
        case .poll: ["looked", "looked", "lookFailed"]
        case .ask: ["answered"]
        case .chargeTry: ["tryCharged"]
        case .match: ["matched"]
        case .verify: ["verified", "verified", "confirmationTyped", "verifyFailed"]
        case .chargeOneCode: ["oneCodeCharged"]
        case .sendOneCode: ["oneCodeSent", "oneCodeFailed"]
        case .spendGrace: ["graceSpent"]
        case .askRecovery: ["recoveryTyped"]
        case .matchRecovery: ["recoveryMatched"]
        case .show, .listen, .stopPolling, .end: nil
        }
    }
}
