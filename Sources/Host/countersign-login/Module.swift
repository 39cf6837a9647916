internal import CFrames
internal import Frames
internal import Identifiers

/// The connection to the module on fd 3: what countersign-login can ask it to do (CFrames.h).
struct Module {
    let channel: Channel
    private var isReady = false

    init(channel: Channel) { self.channel = channel }

    /// Tells the module the deadline of the whole login, in seconds, the first time it is called.
    mutating func ready(deadline: Int) {
        guard !isReady else { return }
        isReady = true
        var frame = Frame(KIND_READY)
        frame.add(FIELD_SECONDS, number: Int64(deadline))
        send(frame)
    }

    func show(_ text: String) { send(KIND_TELL, text: text) }
    func ask(_ prompt: String) { send(KIND_ASK, text: prompt) }
    func listen() { send(Frame(KIND_LISTEN)) }
    func startNet() { send(Frame(KIND_START_NET)) }

    /// What the module reports.
    enum Report {
        case nothing
        /// Ctrl-C was pressed while no prompt was open.
        case interrupted
        /// Enter was pressed after `listen`.
        case enterPressed
        /// The client or the terminal is gone.
        case disconnected
        /// What was typed at a prompt, or nil for no answer.
        case answered([UInt8]?)
        /// The login program is gone, or sent an unexpected frame.
        case gone
    }

    /// Receives one report without waiting.
    func receive() -> Report {
        switch channel.receive() {
        case .nothing: .nothing
        case .frame(let frame) where frame.kind == KIND_INTERRUPT: .interrupted
        case .frame(let frame) where frame.kind == KIND_ENTER: .enterPressed
        case .frame(let frame) where frame.kind == KIND_DISCONNECTED: .disconnected
        case .frame(let frame) where frame.kind == KIND_ANSWER: .answered(frame.value(FIELD_TEXT).map(Array.init))
        case .frame, .end: .gone
        }
    }

    /// Writes a line to the system log; `priority` is as in syslog(3).
    func log(_ line: String, priority: Int64) {
        var frame = Frame(KIND_LOG)
        frame.add(FIELD_PRIORITY, number: priority)
        frame.add(FIELD_TEXT, text: line)
        send(frame)
    }

    /// Asks which of these groups the user, or the caller, is a member of.
    ///
    /// - Parameters:
    ///   - names: the names of the groups.
    ///   - ofCaller: whether the question is about the caller.
    /// - Returns: the names for which the frame had no room.
    func matchGroups(_ names: [String], ofCaller: Bool) -> [String] {
        var frame = Frame(KIND_MATCH_GROUPS)
        if ofCaller { frame.add(FIELD_CALLER, text: "1") }
        let unasked = frame.add(FIELD_NAME, texts: names)
        send(frame)
        return unasked
    }

    func verdict(_ outcome: Outcome) {
        var frame = Frame(KIND_VERDICT)
        let number =
            switch outcome {
            case .approved: OUTCOME_APPROVED
            case .excused: OUTCOME_EXCUSED
            case .denied: OUTCOME_DENIED
            case .unavailable: OUTCOME_UNAVAILABLE
            }
        frame.add(FIELD_OUTCOME, number: Int64(number))
        send(frame)
    }

    private func send(_ kind: CInt, text: String) {
        var frame = Frame(kind)
        frame.add(FIELD_TEXT, text: text)
        send(frame)
    }

    /// Sends a frame; if the module is gone, the next `receive` reports it.
    private func send(_ frame: Frame) { _ = channel.send(frame) }
}
