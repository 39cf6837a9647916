internal import CFrames
internal import Frames
internal import LoginFlow

/// The other end of fd 4: asks countersign-net and turns its results into events.
struct Net {
    let channel: Channel
    private var nextNumber: Int64 = 1
    /// What the answers to come are about, by number. An answer to anything else is no news.
    private var asked: [Int64: Kind] = [:]
    private(set) var isOpen = false

    private enum Kind { case create, look, verify, oneCode }

    init(channel: Channel) { self.channel = channel }

    /// Hands over the one server that countersign-net may reach.
    mutating func open(_ server: Frame) { isOpen = channel.send(server) }

    /// False where countersign-net is gone.
    private mutating func ask(_ kind: Kind, _ frame: Frame) -> Bool {
        var frame = frame
        frame.add(FIELD_NUMBER, number: nextNumber)
        let number = nextNumber
        nextNumber += 1
        guard isOpen, channel.send(frame) else { return false }
        asked[number] = kind
        return true
    }

    /// - Returns: the event, at once, where it cannot be asked.
    mutating func create(_ frame: Frame) -> LoginFlow.Event? { ask(.create, frame) ? nil : .createFailed(.refused) }

    mutating func look(milliseconds: Int64, of person: AuthyID) -> LoginFlow.Event? {
        var frame = Frame(KIND_LOOK)
        frame.add(FIELD_WAIT, number: max(0, milliseconds))
        frame.add(FIELD_AUTHY_ID, number: person.value)
        return ask(.look, frame) ? nil : .lookFailed(.refused)
    }

    mutating func stopLooking() {
        asked = asked.filter { $0.value != .look }
        _ = isOpen && channel.send(Frame(KIND_STOP))
    }

    mutating func verify(_ code: OneTimeCode, of person: AuthyID) -> LoginFlow.Event? {
        var frame = Frame(KIND_VERIFY)
        frame.add(FIELD_CODE, text: code.digits)
        frame.add(FIELD_AUTHY_ID, number: person.value)
        return ask(.verify, frame) ? nil : .verifyFailed(.refused)
    }

    mutating func sendOneCode(by factor: Factor, to person: AuthyID) -> LoginFlow.Event? {
        var frame = Frame(factor == .call ? KIND_CALL : KIND_SMS)
        frame.add(FIELD_AUTHY_ID, number: person.value)
        return ask(.oneCode, frame) ? nil : .oneCodeFailed(.refused)
    }

    /// What has come, without waiting: an event, its line for the log, and whether nothing was sent to the server at all.
    mutating func receive() -> [(event: LoginFlow.Event, detail: String?, unsent: Bool)] {
        guard isOpen else { return [] }
        switch channel.receive() {
        case .nothing: return []
        case .frame(let frame): return result(frame).map { [$0] } ?? []
        case .end:
            isOpen = false
            let kinds = asked.values
            asked = [:]
            return kinds.map { (Self.failure(of: $0, .refused), "countersign-net ended", false) }
        }
    }

    private mutating func result(_ frame: Frame) -> (LoginFlow.Event, String?, Bool)? {
        guard frame.kind == KIND_RESULT, let number = frame.number(FIELD_NUMBER), let kind = asked.removeValue(forKey: number) else {
            return nil
        }
        let result = CInt(clamping: frame.number(FIELD_RESULT) ?? 0)
        return (Self.event(kind, result), frame.text(FIELD_REASON), result == RESULT_UNREACHED)
    }

    private static func event(_ kind: Kind, _ result: CInt) -> LoginFlow.Event {
        switch (kind, result) {
        case (.create, RESULT_CREATED): .created
        case (.look, RESULT_PENDING): .looked(.pending)
        case (.look, RESULT_APPROVED): .looked(.approved)
        case (.look, RESULT_DENIED): .looked(.denied)
        case (.look, RESULT_EXPIRED): .looked(.expired)
        case (.verify, RESULT_VALID): .verified(.accepted(timeStep: 0))
        case (.verify, RESULT_WRONG): .verified(.wrong)
        case (.verify, RESULT_SPENT): .verified(.spent)
        case (.oneCode, RESULT_SENT): .oneCodeSent
        case (_, RESULT_OUTAGE), (_, RESULT_UNREACHED): failure(of: kind, .outage)
        case (_, RESULT_NO_DEVICE): failure(of: kind, .noDevice)
        default: failure(of: kind, .refused)
        }
    }

    private static func failure(of kind: Kind, _ fault: LoginFlow.Fault) -> LoginFlow.Event {
        switch kind {
        case .create: .createFailed(fault)
        case .look: .lookFailed(fault)
        case .verify: .verifyFailed(fault)
        case .oneCode: .oneCodeFailed(fault)
        }
    }
}
