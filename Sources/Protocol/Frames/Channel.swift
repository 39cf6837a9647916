internal import CFrames
internal import CSyscalls
internal import Glibc

/// One end of a frame socket, as CFrames.h has it.
public struct Channel: Sendable {
    public enum Received {
        case frame(Frame)
        /// End of file, a broken socket, or what is no frame of ours: the other side is not to be heard any more.
        case end
        case nothing
    }

    public let descriptor: CInt

    public init(descriptor: CInt) { self.descriptor = descriptor }

    /// False where the other side is gone, or does not read.
    public func send(_ frame: Frame) -> Bool {
        var bytes = frame.bytes
        return bytes.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return false }
            let sent = system_send(descriptor, start, buffer.count) == 0
            system_wipe(start, buffer.count)
            return sent
        }
    }

    /// Takes what is there, without waiting.
    public func receive() -> Received {
        var buffer = [UInt8](repeating: 0, count: Int(FRAME_MAX))
        let count = buffer.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { system_receive(descriptor, $0, buffer.count) } ?? -EIO
        }
        if count == -EAGAIN { return .nothing }
        guard count > 0, let frame = Frame(received: Array(buffer.prefix(Int(count)))) else { return .end }
        return .frame(frame)
    }

    /// Waits until one of the channels has something, or until `deadline` (as `system_now` counts, milliseconds).
    public static func wait(for channels: [Channel], until deadline: Int64) {
        var watched = channels.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        let left = max(0, min(deadline - system_now(), 1_000_000))
        _ = poll(&watched, nfds_t(watched.count), CInt(left))
    }
}

extension Frame {
    /// The text of a field; bytes that are no UTF-8 are replaced.
    public func text(_ name: CInt) -> String? { value(name).map { String(decoding: $0, as: UTF8.self) } }

    /// Adds a text, cut at `limit` bytes, and in no character.
    public mutating func add(_ name: CInt, text: String, limit: Int = 1_024) {
        var bytes = Array(text.utf8.prefix(limit + 1))
        if bytes.count > limit { while let last = bytes.popLast(), last & 0xC0 == 0x80 {} }
        add(name, bytes)
    }

    /// Adds whole texts, as many as there is room for.
    /// - Returns: the others.
    public mutating func add(_ name: CInt, texts: [String]) -> [String] { texts.filter { !add(name, $0.utf8) } }
}
