import Testing

@testable import Identifiers
@testable import LoginPolicy

typealias Facts = LoginFlow.Facts
typealias Event = LoginFlow.Event
typealias Action = LoginFlow.Action
typealias Change = @Sendable (inout Facts) -> Void

/// The texts as they are without `texts.toml`.
let english = Texts()

/// Each event of a login, with the actions that the flow asks for.
typealias Script = [(event: Event, actions: [Action])]

/// Plays a login from its first event to its end.
///
/// The test also fails if the script does not end, or continues after the end.
func play(_ facts: Facts, _ script: Script, sourceLocation: SourceLocation = #_sourceLocation) {
    var flow = LoginFlow(facts)
    for (index, line) in script.enumerated() {
        let actions = flow.handle(line.event)
        guard actions == line.actions else {
            Issue.record(
                "line \(index + 1), \(line.event): \(actions), not \(line.actions)", sourceLocation: sourceLocation)
            return
        }
        if actions.decision != nil, index + 1 < script.count {
            Issue.record("the login has ended in line \(index + 1) of \(script.count)", sourceLocation: sourceLocation)
            return
        }
    }
    if script.last?.actions.decision == nil {
        Issue.record("the script is used up before the login ends", sourceLocation: sourceLocation)
    }
}

/// A flow after these events.
func flow(_ facts: Facts, after script: Script) -> LoginFlow {
    var flow = LoginFlow(facts)
    for line in script { _ = flow.handle(line.event) }
    return flow
}

extension [Action] {
    var decision: Decision? {
        for case .end(let decision) in self { return decision }
        return nil
    }

    var prompt: String? {
        for case .ask(let prompt) in self { return prompt }
        return nil
    }

    /// All texts that the user reads.
    var texts: [String] {
        compactMap {
            switch $0 {
            case .show(let text), .ask(let text), .askRecovery(let text): text
            case .end(let decision): decision.finalMessage
            default: nil
            }
        }
    }
}

// MARK: - Who logs in

/// A user with an AuthyID over ssh, where no text shows before the first prompt.
func phone(_ change: (inout Facts) -> Void = { _ in }) -> Facts {
    var facts = Facts()
    facts.hasServer = true
    facts.hasAuthyID = true
    facts.number = CheckNumber(42)
    change(&facts)
    return facts
}

/// A user with a SoftToken of this host, without a server.
func app(_ change: (inout Facts) -> Void = { _ in }) -> Facts {
    var facts = Facts()
    facts.hasSoftToken = true
    change(&facts)
    return facts
}

/// A user with both.
func both(_ change: (inout Facts) -> Void = { _ in }) -> Facts {
    phone {
        $0.hasSoftToken = true
        change(&$0)
    }
}

// MARK: - What happens

let enter = typed("")
let nothing = Event.answered(.nothing)

func typed(_ text: String) -> Event { .answered(PromptInput(Array(text.utf8))) }

func code(_ digits: String) -> OneTimeCode {
    guard let code = OneTimeCode(Array(digits.utf8)) else { preconditionFailure("\(digits) is no code") }
    return code
}

/// The user types 123456, the try is charged, and the code is checked on this host.
let triedHere: Script = [(typed("123456"), [.chargeTry]), (.tryCharged(granted: true), [.match(code("123456"))])]

/// The same without a secret on this host to check it with.
let triedAtServer: Script = [(typed("123456"), [.chargeTry]), (.tryCharged(granted: true), [.verify(code("123456"))])]

/// The word `recovery` is typed at the prompt.
let recoveryAsked: Script = [(typed("recovery"), [.askRecovery("Recovery code: ")])]

func recoveryTyped(_ text: String) -> Event { .recoveryTyped(RecoveryInput(Array(text.utf8))) }

func recoveryCode(_ text: String) -> RecoveryCode {
    guard let code = RecoveryCode(Array(text.utf8)) else { preconditionFailure("\(text) is no recovery code") }
    return code
}

/// The request was sent, and the first look at it is under way.
let pushed: Script = [
    (.begin, [.chargePush(automatic: true)]), (.pushCharged(.granted), [.createPush(nil)]),
    (.created, [.poll(.untilPromptIsDue)]),
]

/// The same, up to the prompt that comes after the wait.
func prompted(_ prompt: String = Prompts.both, saying notices: [String] = []) -> Script {
    pushed + [(.promptIsDue, [.stopPolling] + notices.map(Action.show) + [.ask(prompt)])]
}

/// The request has expired during the wait.
func expired(_ prompt: String = Prompts.codeAndPush) -> Script {
    pushed + [(.polled(.expired), [.show(english[.requestExpired]), .ask(prompt)])]
}

enum Prompts {
    static let both = "Approve on your phone, then press Enter. Or type a code (sms, call): "
    static let bothAndRecovery = "Approve on your phone, then press Enter. Or type a code (sms, call, recovery): "
    static let approve = "Approve on your phone, then press Enter: "
    static let code = "Verification code: "
    static let codeAndWords = "Verification code (or sms, call): "
    static let words = "Type sms or call: "
    static let codeAndPush = "Verification code (or sms, call, push): "
    static let numbered = "Enter 42 on your phone to approve, then press Enter here. Or type a code (sms, call): "
}

// MARK: - How it ends

/// A refusal while a request is open on the phone: one more look brings nothing new.
func refused(at event: Event, _ ending: Action) -> Script { [(event, [.poll(.none)]), (.polled(.pending), [ending])] }

/// The user gives up at a prompt while a request is open.
let leaves = refused(at: nothing, cancelled)

func approved(_ factor: Factor, spending timeStep: Int64? = nil) -> Action {
    .end(Decision(.approved, .proven, factor: factor, spentTimeStep: timeStep))
}

func denied(_ reason: Reason, spending timeStep: Int64? = nil, _ finalMessage: String? = nil) -> Action {
    .end(Decision(.denied, reason, spentTimeStep: timeStep, finalMessage: finalMessage))
}

func deniedOnPhone(spending timeStep: Int64? = nil) -> Action {
    .end(
        Decision(
            .denied, .deniedOnPhone, factor: .oneTouch, spentTimeStep: timeStep,
            finalMessage: "Denied on your phone. If that was not you, tell your administrator."))
}

func unavailable(_ reason: Reason, _ finalMessage: String) -> Action {
    .end(Decision(.unavailable, reason, finalMessage: finalMessage))
}

let tooLate = denied(.timeout, english[.timeout])
let cancelled = denied(.cancelled)
let outOfOrder = unavailable(.protocolError, english[.unavailable])
let excusedByOutage = Action.end(Decision(.excused, .outage))
