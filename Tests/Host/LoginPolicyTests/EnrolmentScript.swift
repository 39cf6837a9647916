import Testing

@testable import Identifiers
@testable import LoginPolicy

typealias Offer = EnrolmentFlow.Facts
typealias OfferEvent = EnrolmentFlow.Event
typealias OfferAction = EnrolmentFlow.Action
typealias OfferScript = [(event: OfferEvent, actions: [OfferAction])]

/// Plays an offer from its first event to its end.
func play(_ facts: Offer, _ script: OfferScript, sourceLocation: SourceLocation = #_sourceLocation) {
    var flow = EnrolmentFlow(facts)
    for (index, line) in script.enumerated() {
        let actions = flow.handle(line.event)
        guard actions == line.actions else {
            Issue.record(
                "line \(index + 1), \(line.event): \(actions), not \(line.actions)", sourceLocation: sourceLocation)
            return
        }
        #expect(
            (actions.decision != nil) == (index + 1 == script.count), "line \(index + 1)",
            sourceLocation: sourceLocation)
    }
}

func flow(_ facts: Offer, after script: OfferScript) -> EnrolmentFlow {
    var flow = EnrolmentFlow(facts)
    for line in script { _ = flow.handle(line.event) }
    return flow
}

extension [EnrolmentFlow.Action] {
    var decision: Decision? {
        for action in self {
            switch action {
            case .end(let decision), .enrol(_, _, let decision), .optOut(let decision): return decision
            default: continue
            }
        }
        return nil
    }

    var texts: [String] {
        compactMap {
            switch $0 {
            case .show(let text), .ask(let text): text
            case .end(let decision), .enrol(_, _, let decision), .optOut(let decision): decision.finalMessage
            default: nil
            }
        }
    }
}

/// alice, with three grace logins left, at a terminal.
func alice(_ change: (inout Offer) -> Void = { _ in }) -> Offer {
    var facts = Offer()
    facts.name = "alice"
    facts.factors = [.oneTouch, .softToken, .sms, .call]
    facts.left = 3
    facts.rules.countryCode = "49"
    change(&facts)
    return facts
}

func phoneNumber(_ text: String) -> PhoneNumber {
    guard let number = PhoneNumber(e164: text) else { preconditionFailure("\(text) is no number") }
    return number
}

func authyID(_ number: Int64) -> AuthyID {
    guard let id = AuthyID(number) else { preconditionFailure("\(number) is no AuthyID") }
    return id
}

func says(_ text: String) -> OfferEvent { .answered(Array(text.utf8)) }

let silent = OfferEvent.answered(nil)
let number = phoneNumber("+4915112345618")
let offered: OfferScript = [
    (
        .begin,
        [
            .show(
                "You can log in 3 more times without a second factor. "
                    + "Enter your mobile number to enroll now, or type skip."
            ),
            .ask(NumberPrompts.plain),
        ]
    )
]
let sending: OfferScript =
    offered + [(says("151 123456-18"), [.chargeOneCode]), (.oneCodeCharged(granted: true), [.send(.sms, to: number)])]
let codeSent: OfferScript = sending + [(.sent, [.show(sentText), .ask(NumberPrompts.code)])]
let checking: OfferScript =
    codeSent + [(says("1234567"), [.chargeTry]), (.tryCharged(granted: true), [.check(code("1234567"), of: number)])]
let registering: OfferScript = checking + [(.checked(true), [.register(number)])]
let sentText = "A code was sent to +49-XXX-XXX-XX18. Type it, or another number beginning with +."

enum NumberPrompts {
    static let plain = "Mobile number (or skip): "
    static let never = "Mobile number (or skip, never): "
    static let code = "Verification code (or sms, call, skip): "
    static let noCode = "Type sms or call or skip: "
    static let name = "To do without, type your user name; Enter goes back: "
}

func grace(_ left: Int) -> Decision {
    Decision(.excused, .grace, finalMessage: english.grace(left: left, until: nil, isOffered: true))
}

func enrolled(_ id: Int64 = 77, _ number: PhoneNumber = number, by way: Factor = .sms) -> OfferAction {
    .enrol(authyID(id), number, Decision(.approved, .enrolled, factor: way, finalMessage: english.enrolled(number)))
}

/// The grace login that would have been spent without the offer.
func givesUp(at event: OfferEvent, saying notice: String? = nil) -> OfferScript {
    [(event, (notice.map { [.show($0)] } ?? []) + [.spendGrace]), (.graceSpent(left: 2), [.end(grace(2))])]
}
