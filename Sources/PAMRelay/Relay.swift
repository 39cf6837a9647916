import CFrames
import CHost

/// The hello's fields, in the order in which they are sent.
private let helloFields: [CInt] = [
    FIELD_USER, FIELD_UID, FIELD_CALLER, FIELD_CALLER_UID, FIELD_SERVICE, FIELD_RUSER, FIELD_RHOST, FIELD_TTY, FIELD_CONNECTION,
    FIELD_COMMAND, FIELD_HOST, FIELD_ATTEMPT, FIELD_ELEVATED, FIELD_CONFIG, FIELD_DEBUG, FIELD_HELPERS_GROUP, FIELD_AUTH_INFO,
]

/// How long countersign-login may take to read its settings, and to end after the deadline: milliseconds.
private let patience: Int64 = 5_000

/// One login as the module sees it: which frames are legal now. It knows nothing of what decides.
private struct Relay {
    private enum State { case starting, running, decided(CInt), failed }

    private let host: OpaquePointer
    private var state = State.starting
    private var until: Int64
    private var frames: CInt = 0
    private var groupLookups: CInt = 0

    init(host: OpaquePointer) {
        self.host = host
        until = host_now() &+ patience
    }

    /// Relays until there is a verdict or a reason to stop; the verdict, OUTCOME_UNAVAILABLE, or 0 at an end without either.
    mutating func run() -> CInt {
        guard let hello = hello(), host_start_login(host) == 0, send(hello) else { return OUTCOME_UNAVAILABLE }
        while true {
            switch receive() {
            case .frame(let frame): handle(frame)
            case .interrupt: _ = send(Frame(KIND_INTERRUPT))
            case .end: return verdict
            case .nothing: return OUTCOME_UNAVAILABLE
            }
            if case .failed = state { return OUTCOME_UNAVAILABLE }
        }
    }

    private var verdict: CInt {
        if case .decided(let outcome) = state { return outcome }
        return 0
    }

    private func hello() -> Frame? {
        var frame = Frame(KIND_HELLO)
        for field in helloFields {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = buffer.withUnsafeMutableBufferPointer { unsafe host_field(host, field, $0.baseAddress.unsafelyUnwrapped, $0.count) }
            if count < 0 || (count > 0 && !frame.add(field, buffer.prefix(Int(count)))) {
                report("no_items", "cannot find out who logs in from where")
                return nil
            }
        }
        return frame
    }

    private enum Received { case frame(Frame), interrupt, end, nothing }

    private func receive() -> Received {
        var buffer = [UInt8](repeating: 0, count: Int(FRAME_MAX))
        let count = buffer.withUnsafeMutableBufferPointer { unsafe host_receive(host, $0.baseAddress.unsafelyUnwrapped, $0.count, until) }
        guard count > 0 else { return nothing(count) }
        buffer.removeLast(max(0, buffer.count &- Int(count)))
        guard let frame = Frame(received: buffer) else {
            report("helper_failed", "countersign-login sent what is no frame of this version")
            return .nothing
        }
        return .frame(frame)
    }

    private func nothing(_ error: CInt) -> Received {
        switch error {
        case 0: return .end
        case HOST_INTERRUPTED: return .interrupt
        case HOST_TIMED_OUT: report("helper_failed", "countersign-login did not answer in time")
        default: report("helper_failed", "cannot hear countersign-login")
        }
        return .nothing
    }

    private mutating func handle(_ frame: Frame) {
        frames &+= 1
        switch (state, frame.kind) {
        case (_, _) where frames > FRAME_COUNT_MAX: fail("countersign-login talks too much")
        case (.starting, KIND_LOG), (.running, KIND_LOG): logged(frame)
        case (.starting, KIND_VERDICT), (.running, KIND_VERDICT): decide(frame)
        case (.starting, KIND_READY): ready(frame)
        case (.running, KIND_TELL): tell(frame)
        case (.running, KIND_ASK): ask(frame)
        case (.running, KIND_MATCH_GROUPS): matchGroups(frame)
        case (.running, KIND_START_NET): startNet()
        default: fail("countersign-login sent a frame out of order")
        }
    }

    private mutating func fail(_ reason: StaticString) {
        report("helper_failed", reason)
        state = .failed
    }

    private mutating func ready(_ frame: Frame) {
        guard let seconds = frame.number(FIELD_SECONDS), seconds > 0, seconds <= Int64(FRAME_DEADLINE_MAX) else {
            return fail("countersign-login named no deadline")
        }
        until = host_now() &+ seconds &* 1_000 &+ patience
        state = .running
    }

    /// A verdict is followed by end of file at once, or it is none.
    private mutating func decide(_ frame: Frame) {
        switch frame.number(FIELD_OUTCOME) ?? 0 {
        case Int64(OUTCOME_APPROVED): state = .decided(OUTCOME_APPROVED)
        case Int64(OUTCOME_EXCUSED): state = .decided(OUTCOME_EXCUSED)
        case Int64(OUTCOME_DENIED): state = .decided(OUTCOME_DENIED)
        case Int64(OUTCOME_UNAVAILABLE): state = .decided(OUTCOME_UNAVAILABLE)
        default: return fail("countersign-login sent an unknown verdict")
        }
        until = host_now() &+ patience
    }

    private func tell(_ frame: Frame) {
        let text = plain(frame)
        text.withUnsafeBufferPointer { if let start = $0.baseAddress { unsafe _ = host_tell(host, start, $0.count) } }
    }

    private mutating func ask(_ frame: Frame) {
        let prompt = plain(frame)
        var answer = [UInt8](repeating: 0, count: 1024)
        let count = answer.withUnsafeMutableBufferPointer { answer in
            prompt.withUnsafeBufferPointer { prompt -> CInt in
                guard let text = prompt.baseAddress, let into = answer.baseAddress else { return -1 }
                return unsafe host_ask(host, text, prompt.count, into, answer.count)
            }
        }
        var reply = Frame(KIND_ANSWER)
        if count >= 0 { reply.add(FIELD_TEXT, answer.prefix(Int(count))) }
        answer.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { unsafe host_wipe(start, $0.count) } }
        // Nothing can cut a conversation: an answer that is late is handed on all the same, so that its code is spent.
        until = max(until, host_now() &+ patience)
        if !send(reply) { state = .failed }
    }

    private mutating func matchGroups(_ frame: Frame) {
        var reply = Frame(KIND_GROUPS)
        let caller: CInt = frame.value(FIELD_CALLER) == nil ? 0 : 1
        frame.each { field, name in
            guard field == FIELD_NAME else { return }
            groupLookups &+= 1
            let bytes = [UInt8](name)
            // What is not looked up is unsure: a restriction on that group holds.
            let member =
                groupLookups > FRAME_GROUPS_MAX
                ? -1 : bytes.withUnsafeBufferPointer { $0.baseAddress.map { unsafe host_in_group(host, caller, $0, bytes.count) } ?? 0 }
            if member != 0 { reply.add(member == 1 ? FIELD_NAME : FIELD_UNSURE, name) }
        }
        if !send(reply) { state = .failed }
    }

    private mutating func startNet() {
        // Where it cannot be started, countersign-login sees the end of file on its socket.
        if host_start_net(host) == HOST_ALREADY { fail("countersign-login asked for countersign-net twice") }
    }

    private func logged(_ frame: Frame) {
        var text = plain(frame)
        for index in text.indices where text[index] == 0x0A { text[index] = 0x20 }
        let priority = frame.number(FIELD_PRIORITY) ?? 3
        text.withUnsafeBufferPointer {
            if let start = $0.baseAddress { unsafe host_log(host, CInt(truncatingIfNeeded: min(priority, 7)), start, $0.count) }
        }
    }

    /// What reaches a terminal or the log is printable ASCII and line ends, whatever was sent.
    private func plain(_ frame: Frame) -> [UInt8] {
        var text: [UInt8] = []
        if let value = frame.value(FIELD_TEXT) {
            for byte in value { text.append((byte >= 0x20 && byte < 0x7F) || byte == 0x0A ? byte : 0x3F) }
        }
        if text.isEmpty { text.append(0x20) }
        return text
    }

    private func send(_ frame: Frame) -> Bool {
        var bytes = frame.bytes
        let sent = bytes.withUnsafeMutableBufferPointer { buffer -> CInt in
            guard let start = buffer.baseAddress else { return -1 }
            let sent = unsafe host_send(host, start, buffer.count)
            unsafe host_wipe(start, buffer.count)
            return sent
        }
        if sent != 0 { report("helper_failed", "cannot speak to countersign-login") }
        return sent == 0
    }

    private func report(_ reason: StaticString, _ detail: StaticString) {
        // A static string ends with a NUL.
        let text = { (string: StaticString) in unsafe UnsafeRawPointer(string.utf8Start).assumingMemoryBound(to: CChar.self) }
        unsafe host_fail(host, text(reason), text(detail))
    }
}

/// Enters the relay for one login, from C. Returns OUTCOME_*: whatever goes wrong is OUTCOME_UNAVAILABLE, and in
/// the log; but 0, which is not, where countersign-login ended without a verdict: why is seen from outside.
@c(relay_run) public func relayRun(_ host: OpaquePointer) -> CInt {
    var relay = Relay(host: host)
    return relay.run()
}
