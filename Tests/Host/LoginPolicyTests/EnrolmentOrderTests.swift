import Testing

@testable import Identifiers
@testable import LoginPolicy

/// Events, by the action that they answer.
private let events: [(kind: String, events: [OfferEvent])] = [
    ("begin", [.begin]),
    (
        "answered",
        [silent]
            + [
                "", "\u{8}", "skip", "never", "sms", "call", "push", "+4915112345618", "+15551230001", "1234567",
                "alice", "?",
            ].map(says)
    ),
    ("oneCodeCharged", [.oneCodeCharged(granted: true), .oneCodeCharged(granted: false)]),
    ("sent", [.sent]),
    ("sendFailed", [.invalid, .outage, .limited, .refused].map(OfferEvent.sendFailed)),
    ("tryCharged", [.tryCharged(granted: true), .tryCharged(granted: false)]),
    ("checked", [.checked(true), .checked(false)]),
    ("checkFailed", [.invalid, .outage, .limited, .refused].map(OfferEvent.checkFailed)),
    ("registered", [.registered(authyID(77)), .registered(authyID(78))]),
    ("registerFailed", [.invalid, .outage, .limited, .refused].map(OfferEvent.registerFailed)),
    ("graceSpent", [.graceSpent(left: nil), .graceSpent(left: 2)]),
]

struct EnrolmentOrderTests {
    struct Line: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let facts: Offer
        let script: OfferScript
        let answers: [String]

        init(_ name: String, _ script: OfferScript, _ answers: [String], _ facts: Offer = alice()) {
            (testDescription, self.script, self.answers, self.facts) = (name, script, answers, facts)
        }
    }

    /// The events that answer an action, at each stage.
    ///
    /// Any other event is refused.
    static let table = [
        Line("before the offer", [], ["begin"]),
        Line("at the prompt for a number", offered, ["answered"]),
        Line("while a number is charged", Array(sending.prefix(2)), ["oneCodeCharged"]),
        Line("while a code is sent", sending, ["sent", "sendFailed"]),
        Line("at the prompt for a code", codeSent, ["answered"]),
        Line("while another code is charged", codeSent + [(says("call"), [])], ["oneCodeCharged"]),
        Line("while a try is charged", Array(checking.dropLast()), ["tryCharged"]),
        Line("while a code is checked", checking, ["checked", "checkFailed"]),
        Line("while a number is registered", registering, ["registered", "registerFailed"]),
        Line("while grace is spent", offered + [(says("skip"), [])], ["graceSpent"]),
        Line(
            "at the prompt for the name", EnrolmentFlowTests.wants, ["answered"], alice { $0.rules.optOut = .yes }),
        Line(
            "while grace is spent for opting out", EnrolmentFlowTests.wants + [(says("alice"), [])], ["graceSpent"],
            alice { $0.rules.optOut = .grace }),
    ]

    @Test("An event that answers nothing is refused, and lets nobody in", arguments: table)
    func refused(line: Line) {
        for (kind, events) in events where !line.answers.contains(kind) {
            for event in events {
                var flow = flow(line.facts, after: line.script)
                #expect(
                    flow.handle(event) == [
                        .end(Decision(.unavailable, .protocolError, finalMessage: english[.unavailable]))
                    ],
                    "\(event)")
            }
        }
    }

    @Test("An event that answers what was asked is not refused, nor is what comes from outside", arguments: table)
    func taken(line: Line) {
        for event in events.filter({ line.answers.contains($0.kind) }).flatMap(\.events) + [.deadline, .interrupted] {
            var flow = flow(line.facts, after: line.script)
            #expect(flow.handle(event).decision?.reason != .protocolError, "\(event)")
        }
    }

    @Test("After the end nothing is done any more")
    func ended() {
        for script in [
            registering + [(.registered(authyID(77)), [])], offered + givesUp(at: says("skip")), [(.sent, [])],
        ] as [OfferScript] {
            for event in events.flatMap(\.events) + [.deadline, .interrupted] {
                var flow = flow(alice(), after: script)
                #expect(flow.handle(event) == [])
            }
        }
    }

    /// In this percentage of cases an event answers an action; otherwise it is any event.
    @Test(
        "Whatever happens in whatever order, nobody is enrolled, excused or opted out but by the rules",
        arguments: [0, 70, 90, 99])
    func anyOrder(discipline: Int) {
        var random = Seeded(seed: 0xE17 + UInt64(discipline))
        var ends: Set<String> = []
        for run in 1...20_000 {
            let facts = Offer.any(using: &random)
            var flow = EnrolmentFlow(facts)
            var witness = Witness(facts)
            for _ in 1...30 {
                let isPlausible = Int.random(in: 0..<100, using: &random) < discipline
                let event = (isPlausible ? witness.plausibleEvent(using: &random) : nil) ?? anyEvent(using: &random)
                witness.see(event, flow.handle(event))
                if let complaint = witness.complaint {
                    let trace = witness.trace.map { "\($0.event) -> \($0.actions)" }.joined(separator: "\n")
                    Issue.record("run \(run): \(complaint)\n\(facts)\n\(trace)")
                    return
                }
            }
            if let end = witness.end { ends.insert(end) }
        }
        if discipline >= 90 { #expect(ends.isSuperset(of: Self.reached), "\(Self.reached.subtracting(ends))") }
    }

    private static let reached: Set<String> = [
        "enrol approved enrolled sms", "enrol approved enrolled call", "end excused grace -",
        "opt out excused opted_out -",
        "end denied grace_over -", "end denied cancelled -", "end denied timeout -", "end denied hopeless -",
        "end unavailable protocol_error -",
    ]

    private func anyEvent(using random: inout Seeded) -> OfferEvent {
        let index = Int.random(in: 0...events.count, using: &random)
        return (index < events.count ? events[index].events : [.deadline, .interrupted]).randomElement(using: &random)
            ?? .begin
    }
}

extension EnrolmentFlow.Facts {
    fileprivate static func any(using random: inout Seeded) -> Offer {
        alice {
            $0.factors = [[.sms], [.call], [.sms, .call], [.oneTouch, .call]].randomElement(using: &random) ?? []
            $0.tries = Int.random(in: 1...3, using: &random)
            $0.rules.optOut = EnrolmentRules.OptOut.allCases.randomElement(using: &random) ?? .no
            $0.mayBeDeaf = Bool.random(using: &random)
        }
    }
}

/// Watches one offer from outside and knows the rules without knowing the states.
private struct Witness {
    private let facts: Offer
    private(set) var complaint: String?
    private(set) var end: String?
    private(set) var trace: [(event: OfferEvent, actions: [OfferAction])] = []
    /// What was asked last and not answered yet.
    private var open: OfferAction?
    private var mayCall = false
    /// The number that the last code was sent to.
    private var number: PhoneNumber?
    private var way: Factor?
    private var id: AuthyID?
    private var typed: OneTimeCode?
    private var isRight = false
    private var oneCodes = 0
    private var tries = 0
    private var isLate = false
    private var willSSHDRefuse = false
    private var saidNever = false
    private var saidName = false
    private var left: Int?

    init(_ facts: Offer) { self.facts = facts }

    private mutating func fail(_ complaint: String) { self.complaint = self.complaint ?? complaint }

    mutating func see(_ event: OfferEvent, _ actions: [OfferAction]) {
        trace.append((event, actions))
        if end != nil {
            if !actions.isEmpty { fail("something is done after the end") }
            return
        }
        let asked = take(event)
        if event == .deadline { isLate = true }
        if asked { learn(event) }
        for (index, action) in actions.enumerated() {
            judge(action, event, asked)
            if end != nil, index + 1 < actions.count { fail("the end is not the last") }
        }
        for text in actions.texts
        where !text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) || text.utf8.count >= 200 || text.isEmpty {
            fail("a text that cannot be shown: \(text)")
        }
        for text in actions.texts where text.contains("151") && text.contains("5618") {
            fail("a number that is not masked")
        }
    }

    /// Whether the event answers what was asked.
    private mutating func take(_ event: OfferEvent) -> Bool {
        guard let open else { return false }
        let fits =
            switch (open, event) {
            case (.ask, .answered), (.chargeOneCode, .oneCodeCharged), (.send, .sent), (.send, .sendFailed),
                (.chargeTry, .tryCharged),
                (.check, .checked), (.check, .checkFailed), (.register, .registered), (.register, .registerFailed),
                (.spendGrace, .graceSpent):
                true
            default: false
            }
        if fits {
            if case .send(let factor, _) = open, event == .sent { way = factor }
            self.open = nil
        }
        return fits
    }

    private mutating func learn(_ event: OfferEvent) {
        switch event {
        case .checked(let isRight): self.isRight = isRight
        case .answered(let text):
            let answer = PromptInput(text)
            if answer == .sshdFakePassword { willSSHDRefuse = true }
            saidName = saidNever && text.map { String(decoding: $0, as: UTF8.self) } == "alice"
            saidNever = answer == .word(.never)
            if case .code(let code) = answer { typed = code } else { typed = nil }
        case .registered(let id): self.id = id
        case .graceSpent(let left): self.left = left
        default: return
        }
    }

    private mutating func judge(_ action: OfferAction, _ event: OfferEvent, _ asked: Bool) {
        if isLate, action.isBegun { fail("something is begun after the deadline") }
        if willSSHDRefuse, action.isBegun {
            if case .ask = action {} else { fail("something is begun where sshd will refuse") }
        }
        switch action {
        case .show: return
        case .ask: if !asked && event != .begin { fail("a prompt in a prompt") }
        case .chargeOneCode: if !asked { fail("a code that nobody asked for") }
        case .send(let factor, let to):
            if !asked || event != .oneCodeCharged(granted: true) || !facts.ways.contains(factor) {
                fail("a code without a charge")
            }
            if to != number {
                if factor != facts.ways.first { fail("not the first way") }
                (number, way) = (to, nil)
            }
            isRight = false
            oneCodes += 1
        case .chargeTry: if typed == nil || way == nil { fail("a try at no code") }
        case .check(let code, let of):
            if !asked || event != .tryCharged(granted: true) || code != typed || of != number || way == nil {
                fail("a check without a charge")
            }
            isRight = false
            tries += 1
            if tries > facts.tries { fail("too many tries") }
        case .register(let number):
            if !asked || event != .checked(true) || number != self.number { fail("a number that was not proven") }
            id = nil
        case .spendGrace: if willSSHDRefuse { fail("grace where sshd will refuse") }
        case .enrol(let id, let number, let decision):
            end = "enrol \(decision.outcome.rawValue) \(decision.reason.rawValue) \(decision.factor?.rawValue ?? "-")"
            if !isRight || !asked || id != self.id || number != self.number || decision.factor != way {
                fail("enrolled without a right code")
            }
            if isLate || willSSHDRefuse { fail("in where nobody gets in") }
        case .optOut(let decision):
            end = "opt out \(decision.outcome.rawValue) \(decision.reason.rawValue) -"
            if decision.outcome != .excused || decision.reason != .optedOut { fail("not an opt-out") }
            if facts.rules.optOut == .no || !saidName || facts.rules.optOut == .grace && left == nil {
                fail("opted out without a word")
            }
            if isLate || willSSHDRefuse || !asked { fail("in where nobody gets in") }
        case .end(let decision):
            end = "end \(decision.outcome.rawValue) \(decision.reason.rawValue) -"
            guard decision.outcome.letsIn else { return }
            if decision.outcome != .excused || decision.reason != .grace || left == nil || !asked {
                fail("in without a reason")
            }
            if isLate || willSSHDRefuse { fail("in where nobody gets in") }
        }
        open = action
    }

    func plausibleEvent(using random: inout Seeded) -> OfferEvent? {
        if trace.isEmpty { return .begin }
        let kinds: [String]
        switch open {
        case .ask: kinds = ["answered"]
        case .chargeOneCode: kinds = ["oneCodeCharged"]
        case .send: kinds = ["sent", "sent", "sendFailed"]
        case .chargeTry: kinds = ["tryCharged"]
        case .check: kinds = ["checked", "checked", "checkFailed"]
        case .register: kinds = ["registered", "registered", "registerFailed"]
        case .spendGrace: kinds = ["graceSpent"]
        default: return nil
        }
        // The opt-out never happens by chance.
        if saidNever, case .ask = open, Bool.random(using: &random) { return says("alice") }
        return kinds.randomElement(using: &random).flatMap { kind in
            events.first { $0.kind == kind }?.events.randomElement(using: &random)
        }
    }
}

extension EnrolmentFlow.Action {
    /// Whether an action is open that takes time.
    fileprivate var isBegun: Bool {
        switch self {
        case .show, .end, .enrol, .optOut: false
        default: true
        }
    }
}
