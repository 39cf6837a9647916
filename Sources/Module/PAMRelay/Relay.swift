import CFrames
import CHost

/// How long countersign-login may take to read its settings, and to end after the deadline, in milliseconds.
private var timeout: Int64 { 5_000 }

/// One login as the module sees it: which frames are legal now.
///
/// It does not decide anything. It neither allocates nor traps, since either could end the login program: it works in
/// the host's memory and refuses what does not fit there.
private struct Relay {
    private enum State { case starting, running, decided(CInt), failed }

    private let host: OpaquePointer
    private var state = State.starting
    private var until: Int64
    private var frames: CInt = 0
    private var groupLookups: CInt = 0
    /// The user pressed Ctrl-C or is gone: no more prompts are shown.
    private var isLeft = false

    init(host: OpaquePointer) {
        self.host = host
        until = host_now() &+ timeout
    }

    /// Relays until countersign-login ends or a fault stops the login.
    ///
    /// - Returns: the verdict (OUTCOME_*); OUTCOME_UNAVAILABLE after a fault; 0 if countersign-login ended without a
    ///   verdict.
    mutating func run() -> CInt {
        guard let hello = hello(), host_start_login(host) == 0, send(hello) else { return OUTCOME_UNAVAILABLE }
        while true {
            switch receive() {
            case .frame(let frame): handle(frame)
            case .enter: notify(KIND_ENTER)
            case .interrupt: leave(KIND_INTERRUPT)
            case .disconnected: leave(KIND_DISCONNECTED)
            case .end: return verdict
            case .nothing: return OUTCOME_UNAVAILABLE
            }
            if case .failed = state { return OUTCOME_UNAVAILABLE }
        }
    }

    private mutating func leave(_ kind: CInt) {
        isLeft = true
        notify(kind)
    }

    /// Sends a frame without fields; after the verdict countersign-login no longer reads.
    private func notify(_ kind: CInt) {
        if case .decided = state { return }
        _ = send(newFrame(kind))
    }

    private var verdict: CInt {
        if case .decided(let outcome) = state { return outcome }
        return 0
    }

    private func newFrame(_ kind: CInt) -> SentFrame { SentFrame(kind, in: Buffer(host_sent(host))) }

    private func hello() -> SentFrame? {
        var frame = newFrame(KIND_HELLO)
        var isWhole = true
        var field = FIELD_USER
        while field <= FIELD_HELLO_LAST {
            if field != FIELD_AUTH_INFO { isWhole = add(field, most: FIELD_HELLO_MAX, to: &frame) && isWhole }
            field = field &+ 1
        }
        // The longest field comes last.
        guard add(FIELD_AUTH_INFO, most: FIELD_AUTH_INFO_MAX, to: &frame), isWhole else {
            report("no_items", detail: "cannot find out who logs in from where")
            return nil
        }
        return frame
    }

    private func add(_ field: CInt, most: CInt, to frame: inout SentFrame) -> Bool {
        frame.add(field, most: Int(most)) { unsafe host_field(host, field, $0, $1) }
    }

    private enum Received { case frame(ReceivedFrame), interrupt, enter, disconnected, end, nothing }

    private func receive() -> Received {
        let count = host_receive(host, until)
        guard count > 0 else { return nothing(count) }
        guard let frame = ReceivedFrame(Bytes(host_received(host), count: Int(count))) else {
            report("helper_failed", detail: "countersign-login sent what is no frame of this version")
            return .nothing
        }
        return .frame(frame)
    }

    private func nothing(_ error: CInt) -> Received {
        switch error {
        case 0: return .end
        case HOST_INTERRUPTED: return .interrupt
        case HOST_ENTER: return .enter
        case HOST_DISCONNECTED: return .disconnected
        case HOST_TIMED_OUT: report("helper_failed", detail: "countersign-login did not answer in time")
        default: report("helper_failed", detail: "cannot hear countersign-login")
        }
        return .nothing
    }

    private mutating func handle(_ frame: ReceivedFrame) {
        frames = frames &+ 1
        switch (state, frame.kind) {
        case (_, _) where frames > FRAME_COUNT_MAX: fail("countersign-login talks too much")
        case (.starting, KIND_LOG), (.running, KIND_LOG): logged(frame)
        case (.starting, KIND_VERDICT), (.running, KIND_VERDICT): decide(frame)
        case (.starting, KIND_READY): ready(frame)
        case (.running, KIND_TELL): showMessage(frame)
        case (.running, KIND_ASK): ask(frame)
        case (.running, KIND_LISTEN): host_listen(host)
        case (.running, KIND_MATCH_GROUPS): matchGroups(frame)
        case (.running, KIND_START_NET): startNet()
        default: fail("countersign-login sent a frame out of order")
        }
    }

    private mutating func fail(_ reason: StaticString) {
        report("helper_failed", detail: reason)
        state = .failed
    }

    private mutating func ready(_ frame: ReceivedFrame) {
        guard let seconds = frame.number(FIELD_SECONDS), seconds > 0, seconds <= Int64(FRAME_DEADLINE_MAX) else {
            return fail("countersign-login named no deadline")
        }
        until = host_now() &+ seconds &* 1_000 &+ timeout
        state = .running
    }

    /// Records the verdict; it counts only if end of file follows at once.
    private mutating func decide(_ frame: ReceivedFrame) {
        switch frame.number(FIELD_OUTCOME) ?? 0 {
        case Int64(OUTCOME_APPROVED): state = .decided(OUTCOME_APPROVED)
        case Int64(OUTCOME_EXCUSED): state = .decided(OUTCOME_EXCUSED)
        case Int64(OUTCOME_DENIED): state = .decided(OUTCOME_DENIED)
        case Int64(OUTCOME_UNAVAILABLE): state = .decided(OUTCOME_UNAVAILABLE)
        default: return fail("countersign-login sent an unknown verdict")
        }
        until = host_now() &+ timeout
    }

    private mutating func showMessage(_ frame: ReceivedFrame) {
        // A text that the conversation cannot show is lost; without memory, more than that may be missing.
        if host_tell(host, plain(frame)) == HOST_NO_MEMORY { fail("no memory to show a text") }
    }

    private mutating func ask(_ frame: ReceivedFrame) {
        // A prompt that was on its way when Ctrl-C was pressed is not shown.
        let count = if isLeft { HOST_INTERRUPTED } else { host_ask(host, plain(frame)) }
        let answer = host_answer(host)
        var reply = newFrame(KIND_ANSWER)
        if count >= 0 { reply.add(FIELD_TEXT, value: Bytes(answer, count: Int(count))) }
        unsafe host_wipe(answer.bytes, answer.capacity)
        // A conversation cannot be interrupted: a late answer is passed on all the same, so that its code is spent.
        until = max(until, host_now() &+ timeout)
        if !send(reply) { state = .failed }
    }

    private mutating func matchGroups(_ frame: ReceivedFrame) {
        var reply = newFrame(KIND_GROUPS)
        let caller: CInt = if frame.value(FIELD_CALLER) == nil { 0 } else { 1 }
        var position = frame.firstField
        while let field = frame.field(at: position) {
            position = field.end
            guard field.name == FIELD_NAME else { continue }
            groupLookups = groupLookups &+ 1
            // A group that is not looked up is unsure: a restriction on that group applies.
            let isTooMany = groupLookups > FRAME_GROUPS_MAX
            let member: CInt =
                if isTooMany { -1 } else { field.value.pass { unsafe host_in_group(host, caller, $0, $1) } }
            switch member {
            case 0: break
            case 1: reply.add(FIELD_NAME, value: field.value)
            default: reply.add(FIELD_UNSURE, value: field.value)
            }
        }
        if !send(reply) { state = .failed }
    }

    private mutating func startNet() {
        // If it cannot be started, countersign-login sees end of file on its socket.
        if host_start_net(host) == HOST_ALREADY { fail("countersign-login asked for countersign-net twice") }
    }

    private func logged(_ frame: ReceivedFrame) {
        let priority = frame.number(FIELD_PRIORITY) ?? 3
        host_log(host, CInt(truncatingIfNeeded: min(priority, 7)), plain(frame, forLog: true))
    }

    /// Copies the text of a frame to the host's text, with only printable ASCII, line ends, and letters in UTF-8.
    ///
    /// Any other byte becomes a question mark, so that no control sequence reaches a terminal or the log. An empty text
    /// becomes a blank.
    ///
    /// - Parameters:
    ///   - frame: a frame with FIELD_TEXT.
    ///   - forLog: whether the text is one line of ASCII: line feeds become blanks, and letters question marks.
    /// - Returns: the length in bytes.
    private func plain(_ frame: ReceivedFrame, forLog: Bool = false) -> Int {
        var text = Buffer(host_text(host))
        if let value = frame.value(FIELD_TEXT) {
            var position = 0
            while let byte = value[position] {
                position = position &+ 1
                if !forLog, let next = value[position], Self.isLetter(byte, followedBy: next) {
                    // Half a letter is none.
                    guard text.room >= 2 else { break }
                    text.append(byte)
                    text.append(next)
                    position = position &+ 1
                } else if byte == 0x0A {
                    if forLog { text.append(0x20) } else { text.append(0x0A) }
                } else if byte >= 0x20, byte < 0x7F {
                    text.append(byte)
                } else {
                    text.append(0x3F)
                }
            }
        }
        if text.count == 0 { text.append(0x20) }
        return text.count
    }

    /// Whether two bytes are a character of Latin, Greek or Cyrillic script in UTF-8 (RFC 3629, section 3).
    ///
    /// These are none: C1 control characters (U+0080 to U+009F), the blank and the hyphen that do not show as
    /// themselves, and marks that combine with the character before.
    private static func isLetter(_ first: UInt8, followedBy second: UInt8) -> Bool {
        guard first >= 0xC2, first <= 0xD4, second >= 0x80, second <= 0xBF else { return false }
        let scalar = UInt16(first & 0x1F) &<< 6 | UInt16(second & 0x3F)
        switch scalar {
        case 0xAD, 0x300...0x36F, 0x483...0x489: return false
        case 0xA1...0x52F: return true
        default: return false
        }
    }

    private func send(_ frame: SentFrame) -> Bool {
        let sent = host_send(host, frame.buffer.count)
        let memory = host_sent(host)
        unsafe host_wipe(memory.bytes, memory.capacity)
        if sent != 0 { report("helper_failed", detail: "cannot speak to countersign-login") }
        return sent == 0
    }

    private func report(_ reason: StaticString, detail: StaticString) {
        // A StaticString ends with a NUL.
        unsafe host_fail(host, Self.text(reason), Self.text(detail))
    }

    private static func text(_ string: StaticString) -> UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(string.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

extension Buffer {
    init(_ memory: host_buffer) { unsafe self.init(memory.bytes, capacity: memory.capacity) }
}

extension Bytes {
    init(_ memory: host_buffer, count: Int) {
        unsafe self.init(UnsafePointer(memory.bytes), count: min(count, memory.capacity))
    }
}

/// Runs the relay for one login; CShim calls it from `pam_sm_authenticate` (pam_sm_authenticate(3)).
///
/// - Parameter host: the call of `pam_sm_authenticate` (CHost.h); it is used only until this function returns.
/// - Returns: OUTCOME_* (CFrames.h). A fault is logged and returns OUTCOME_UNAVAILABLE. 0: countersign-login ended
///   without a verdict, which the caller logs together with its wait status.
@c(relay_run) public func relayRun(_ host: OpaquePointer) -> CInt {
    var relay = Relay(host: host)
    return relay.run()
}
