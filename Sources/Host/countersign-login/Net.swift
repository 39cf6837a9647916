internal import CFrames
internal import Frames
internal import Identifiers
internal import LoginPolicy

/// The connection to countersign-net on fd 4: sends requests and receives their results (CFrames.h).
struct Net {
    enum Question { case create, poll, verify, oneCode, phoneCode, phoneCheck, register, show }

    /// The result of a request.
    struct Answer {
        let question: Question
        /// RESULT_*.
        let result: CInt
        /// The reason, for the log.
        let detail: String?
        /// The new AuthyID, after a registration.
        let authyID: AuthyID?
        /// The new approval request, after one was created.
        let request: ApprovalRequestID?

        var isUnsent: Bool { result == RESULT_UNREACHED }

        static func failed(_ question: Question, _ detail: String) -> Answer {
            Answer(question: question, result: RESULT_REFUSED, detail: detail, authyID: nil, request: nil)
        }
    }

    let channel: Channel
    private var nextNumber: Int64 = 1
    /// The open requests by number; results with any other number are ignored.
    private var asked: [Int64: Question] = [:]
    private(set) var isOpen = false

    init(channel: Channel) { self.channel = channel }

    /// Sends the frame `server`, which names the one server that countersign-net may reach.
    mutating func open(_ server: Frame) { isOpen = channel.send(server) }

    /// Sends a request with the next number; returns false if countersign-net is gone.
    mutating func ask(_ question: Question, _ frame: Frame) -> Bool {
        var frame = frame
        frame.add(FIELD_NUMBER, number: nextNumber)
        let number = nextNumber
        nextNumber += 1
        guard isOpen, channel.send(frame) else { return false }
        asked[number] = question
        return true
    }

    mutating func poll(milliseconds: Int64, of person: AuthyID) -> Bool {
        var frame = Frame(KIND_LOOK)
        frame.add(FIELD_WAIT, number: max(0, milliseconds))
        frame.add(FIELD_AUTHY_ID, number: person.value)
        return ask(.poll, frame)
    }

    mutating func stopPolling() {
        asked = asked.filter { $0.value != .poll }
        _ = isOpen && channel.send(Frame(KIND_STOP))
    }

    /// Asks the server to verify a code.
    ///
    /// - Parameters:
    ///   - code: the code that was typed.
    ///   - person: the user at the server.
    ///   - isProven: whether the account has proven a factor before; then a confirmation code is not accepted as a
    ///     code.
    ///   - confirmation: the confirmation code of a new phone, which the server confirms if `code` is right.
    /// - Returns: false if countersign-net is gone.
    mutating func verify(_ code: OneTimeCode, of person: AuthyID, isProven: Bool, confirmation: OneTimeCode?) -> Bool {
        var frame = Frame(KIND_VERIFY)
        frame.add(FIELD_CODE, text: code.digits)
        if isProven { frame.add(FIELD_PROVEN, number: 1) }
        if let confirmation { frame.add(FIELD_CONFIRMATION, text: confirmation.digits) }
        frame.add(FIELD_AUTHY_ID, number: person.value)
        return ask(.verify, frame)
    }

    mutating func sendOneCode(by factor: Factor, to person: AuthyID) -> Bool {
        var frame = Frame(factor == .call ? KIND_CALL : KIND_SMS)
        frame.add(FIELD_AUTHY_ID, number: person.value)
        return ask(.oneCode, frame)
    }

    mutating func sendCode(by factor: Factor, to phone: PhoneNumber) -> Bool {
        ask(.phoneCode, Self.frame(factor == .call ? KIND_PHONE_CALL : KIND_PHONE_SMS, phone))
    }

    mutating func check(_ code: OneTimeCode, of phone: PhoneNumber) -> Bool {
        var frame = Self.frame(KIND_PHONE_CHECK, phone)
        frame.add(FIELD_CODE, text: code.digits)
        return ask(.phoneCheck, frame)
    }

    mutating func register(_ phone: PhoneNumber, email: String) -> Bool {
        var frame = Self.frame(KIND_REGISTER, phone)
        frame.add(FIELD_EMAIL, text: email)
        return ask(.register, frame)
    }

    private static func frame(_ kind: CInt, _ phone: PhoneNumber) -> Frame {
        var frame = Frame(kind)
        frame.add(FIELD_COUNTRY_CODE, text: phone.countryCode)
        frame.add(FIELD_PHONE, text: phone.national)
        return frame
    }

    /// Receives at most one result without waiting; at end of file, all open requests fail.
    mutating func receive() -> [Answer] {
        guard isOpen else { return [] }
        switch channel.receive() {
        case .nothing: return []
        case .frame(let frame): return answer(frame).map { [$0] } ?? []
        case .end:
            isOpen = false
            let questions = asked.values
            asked = [:]
            return questions.map { .failed($0, "countersign-net ended") }
        }
    }

    private mutating func answer(_ frame: Frame) -> Answer? {
        guard frame.kind == KIND_RESULT, let number = frame.number(FIELD_NUMBER),
            let question = asked.removeValue(forKey: number)
        else {
            return nil
        }
        return Answer(
            question: question, result: CInt(clamping: frame.number(FIELD_RESULT) ?? 0),
            detail: frame.text(FIELD_REASON),
            authyID: frame.number(FIELD_AUTHY_ID).flatMap(AuthyID.init(_:)),
            request: frame.text(FIELD_REQUEST).flatMap(ApprovalRequestID.init(_:)))
    }
}
