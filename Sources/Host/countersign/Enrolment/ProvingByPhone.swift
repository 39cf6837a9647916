internal import Accounts
internal import CSyscalls
internal import CommandSupport
internal import Frames
internal import Glibc
internal import Identifiers
internal import LoginPolicy
internal import NetProtocol

/// Approval on the phone.
extension FactorProof {
    /// Time for an answer, in seconds.
    private static let approvalTime = 120

    mutating func askPhone() throws -> Next {
        guard let id else { return .choice }
        let charge = try context.accounts.chargePush(
            person, attempt: "countersign \(getpid()) \(system_now())", place: "", automatic: false, now: Timestamp.now)
        guard case .granted(let push) = charge else {
            return cannot("too many requests went to the phone, or one was denied: no more for now")
        }
        let number: CheckNumber? =
            if rules.numberMatching, rules.checkNumber {
                CheckNumber(Int.random(in: CheckNumber.range))
            } else {
                nil
            }
        let question = ApprovalQuestion(
            message: "Are you setting up this phone for \(person.name) on \(issuer)?",
            seconds: Int64(Self.approvalTime), number: number)
        let answer = dialogue.ask(.create(question, for: id))
        guard case .created = answer else {
            try context.accounts.endPush(push, as: .failed, now: Timestamp.now)
            return cannot(answer)
        }
        var phone = PhoneWait(until: system_now() + Int64(Self.approvalTime) * 1_000, number: number)
        while true {
            let (end, next) = try wait(&phone, id: id)
            if let end { try context.accounts.endPush(push, as: end, now: Timestamp.now) }
            if let next {
                dialogue.stopPolling()
                return next
            }
        }
    }

    /// Handles one event; returns how the request ended and what comes next, each nil while unknown.
    mutating func wait(_ phone: inout PhoneWait, id: AuthyID) throws -> (PushEnd?, Next?) {
        if dialogue.asks { phone.draw("(a code, \(words(without: .oneTouch))): ") }
        if phone.isDueToPoll { dialogue.send(phone.poll(id)) }
        switch try dialogue.hear(input: dialogue.asks, until: phone.nextEvent) {
        case .due where phone.isOver: return (.expired, cannot("nobody answered on the phone"))
        case .due: return (nil, nil)
        case .end: return (.cancelled, .ended(.later))
        case .line(let line): return try typed(line, phone: &phone)
        case .answer(let answer):
            phone.endPoll()
            switch answer {
            case .pending, .outage, .limited: return (nil, nil)
            case .approved:
                phone.leave()
                return (.approved, try confirm(.oneTouch(id), way: .oneTouch))
            case .denied:
                phone.leave()
                return (.denied, .ended(.refused("the request was denied on the phone")))
            case .expired:
                phone.leave()
                return (.expired, cannot("the request has expired"))
            default:
                phone.leave()
                return (.cancelled, cannot(answer))
            }
        }
    }

    mutating func typed(_ line: String, phone: inout PhoneWait) throws -> (PushEnd?, Next?) {
        phone.redraw()
        switch read(line) {
        case .code(let code):
            dialogue.stopPolling()
            phone.endPoll()
            let next = try verify(code, way: .oneTouch)
            return (next == nil ? nil : .cancelled, next)
        case .way(.oneTouch), .nothing: return (nil, nil)
        case .way(let way): return (.cancelled, .way(way))
        case .number(let number): return (.cancelled, .number(number))
        case .later: return (.cancelled, .ended(.later))
        case .noNumber(let why):
            say(Self.refused(why))
            return (nil, nil)
        case .resend, .other:
            say("That is neither a code nor one of the words.")
            return (nil, nil)
        }
    }
}
