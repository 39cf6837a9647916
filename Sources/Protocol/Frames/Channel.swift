internal import CFrames
internal import CSyscalls
internal import Glibc

/// One end of a frame socket (CFrames.h).
///
/// It does not own the descriptor and never closes it.
public struct Channel: Sendable {
    /// What `receive` found.
    public enum Received {
        case frame(Frame)
        /// End of file, a broken socket or a malformed frame: nothing more is read from the other side.
        case end
        /// No frame is waiting.
        case nothing
    }

    /// The descriptor of an AF_UNIX SOCK_SEQPACKET socket.
    public let descriptor: CInt

    /// Uses a descriptor that the caller keeps open.
    public init(descriptor: CInt) { self.descriptor = descriptor }

    /// Sends a frame without waiting.
    ///
    /// The bytes are wiped afterwards, since they may hold a key or a code.
    ///
    /// - Parameter frame: any frame.
    /// - Returns: false if the other side is gone or its socket is full.
    public func send(_ frame: Frame) -> Bool {
        var bytes = frame.bytes
        return bytes.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return false }
            let sent = system_send(descriptor, start, buffer.count) == 0
            system_wipe(start, buffer.count)
            return sent
        }
    }

    /// Receives one frame without waiting.
    public func receive() -> Received {
        var buffer = [UInt8](repeating: 0, count: Int(FRAME_MAX))
        let count = buffer.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { system_receive(descriptor, $0, buffer.count) } ?? -EIO
        }
        if count == -EAGAIN { return .nothing }
        guard count > 0, let frame = Frame(received: Array(buffer.prefix(Int(count)))) else { return .end }
        return .frame(frame)
    }

    /// Waits until a channel can be read, until a deadline, or at most 1000 s; a signal ends the wait too.
    ///
    /// - Parameters:
    ///   - channels: the channels to watch with poll(2).
    ///   - deadline: a time of `system_now`, in milliseconds.
    public static func wait(for channels: [Channel], until deadline: Int64) {
        var watched = channels.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        let left = max(0, min(deadline - system_now(), 1_000_000))
        _ = poll(&watched, nfds_t(watched.count), CInt(left))
    }
}

extension Frame {
    /// Returns the first field of that name as text, or nil if there is none.
    ///
    /// Invalid UTF-8 is replaced by U+FFFD.
    ///
    /// - Parameter name: FIELD_*.
    /// - Returns: the text, or nil.
    public func text(_ name: CInt) -> String? { value(name).map { String(decoding: $0, as: UTF8.self) } }

    /// Adds a text as UTF-8, cut at a character boundary if it is too long; adds nothing if the frame has no room.
    ///
    /// - Parameters:
    ///   - name: FIELD_*.
    ///   - text: the value.
    ///   - limit: the longest value in bytes.
    public mutating func add(_ name: CInt, text: String, limit: Int = 1_024) {
        var bytes = Array(text.utf8.prefix(limit + 1))
        if bytes.count > limit { while let last = bytes.popLast(), last & 0xC0 == 0x80 {} }
        add(name, bytes: bytes)
    }

    /// Adds a field for each text that fits.
    ///
    /// - Parameters:
    ///   - name: FIELD_*, the same for all of them.
    ///   - texts: the values; they are never cut.
    /// - Returns: the texts that did not fit.
    public mutating func add(_ name: CInt, texts: [String]) -> [String] { texts.filter { !add(name, bytes: $0.utf8) } }
}
