import CFrames

/// One frame that came, as CFrames.h lays it out, where it lies. Reading is total: a frame that is cut short or too
/// long is no frame.
///
/// `Frame` in Frames is the same for the helpers, which may allocate.
struct ReceivedFrame {
    struct Field {
        let name: CInt
        let value: Bytes
        /// Where the next one begins.
        let end: Int
    }

    private let bytes: Bytes

    /// Nil unless the version is ours and every field ends where it says.
    init?(_ bytes: Bytes) {
        guard bytes.count <= Int(FRAME_MAX), bytes.count >= 2, bytes[0] == UInt8(truncatingIfNeeded: FRAME_VERSION)
        else { return nil }
        self.bytes = bytes
        var position = firstField
        while position < bytes.count {
            guard let field = field(at: position) else { return nil }
            position = field.end
        }
    }

    var kind: CInt { CInt(bytes[1] ?? 0) }

    /// Where the first field begins.
    var firstField: Int { 2 }

    /// The field that begins there; nil at the end.
    func field(at position: Int) -> Field? {
        guard let name = bytes[position], let low = bytes[position &+ 1], let high = bytes[position &+ 2] else {
            return nil
        }
        let count = Int(low) | Int(high) &<< 8
        guard let value = bytes.part(from: position &+ 3, count: count) else { return nil }
        return Field(name: CInt(name), value: value, end: position &+ 3 &+ count)
    }

    /// The value of the first field of that name.
    func value(_ name: CInt) -> Bytes? {
        var position = firstField
        while let field = field(at: position) {
            if field.name == name { return field.value }
            position = field.end
        }
        return nil
    }

    /// A decimal number that is not negative; nil where the field is absent or anything else.
    func number(_ name: CInt) -> Int64? {
        guard let digits = value(name), digits.count > 0, digits.count <= 18 else { return nil }
        var number: Int64 = 0
        var position = 0
        while let digit = digits[position] {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            number = number &* 10 &+ Int64(digit &- 0x30)
            position = position &+ 1
        }
        return number
    }
}

/// One frame that goes, written into the host's memory.
struct SentFrame {
    private(set) var buffer: Buffer

    init(_ kind: CInt, in buffer: Buffer) {
        self.buffer = buffer
        self.buffer.append(UInt8(truncatingIfNeeded: FRAME_VERSION))
        self.buffer.append(UInt8(truncatingIfNeeded: kind))
    }

    /// Adds a field; a value that would not fit any more is left out and answered by false.
    @discardableResult
    mutating func add(_ name: CInt, _ value: Bytes) -> Bool {
        guard value.count <= 0xFFFF, buffer.room >= 3, buffer.room &- 3 >= value.count else { return false }
        addHead(name, count: value.count)
        var position = 0
        while let byte = value[position] {
            buffer.append(byte)
            position = position &+ 1
        }
        return true
    }

    /// Adds a field that C writes in its place, at most `most` bytes long; an empty one is left out.
    /// - Returns: false where there was no room for so many, or `body` returned an error below 0.
    mutating func add(_ name: CInt, most: Int, _ body: (UnsafeMutablePointer<UInt8>, Int) -> CInt) -> Bool {
        guard most >= 0, most <= 0xFFFF, buffer.room >= 3, buffer.room &- 3 >= most else { return false }
        var value = buffer
        for _ in 0..<3 { value.append(0) }
        let written = unsafe value.fill { place, _ in unsafe body(place, most) }
        guard written >= 0, Int(written) <= most else { return false }
        guard written > 0 else { return true }
        addHead(name, count: Int(written))
        _ = unsafe buffer.fill { _, _ in written }
        return true
    }

    private mutating func addHead(_ name: CInt, count: Int) {
        buffer.append(UInt8(truncatingIfNeeded: name))
        buffer.append(UInt8(truncatingIfNeeded: count))
        buffer.append(UInt8(truncatingIfNeeded: count &>> 8))
    }
}
