import CFrames

/// A received frame (CFrames.h), read in place.
///
/// A frame that is cut short or too long is rejected as a whole. `Frame` in Frames is the same for the helpers, which
/// may allocate.
struct ReceivedFrame {
    struct Field {
        let name: CInt
        let value: Bytes
        /// The position of the next field.
        let end: Int
    }

    private let bytes: Bytes

    /// Returns nil unless the version is FRAME_VERSION and every field lies within the frame.
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

    /// The position of the first field.
    var firstField: Int { 2 }

    /// Returns the field at a position, or nil at the end.
    func field(at position: Int) -> Field? {
        guard let name = bytes[position], let low = bytes[position &+ 1], let high = bytes[position &+ 2] else {
            return nil
        }
        let count = Int(low) | Int(high) &<< 8
        guard let value = bytes.part(from: position &+ 3, count: count) else { return nil }
        return Field(name: CInt(name), value: value, end: position &+ 3 &+ count)
    }

    /// Returns the value of the first field of that name, or nil if there is none.
    func value(_ name: CInt) -> Bytes? {
        var position = firstField
        while let field = field(at: position) {
            if field.name == name { return field.value }
            position = field.end
        }
        return nil
    }

    /// Returns a field as a non-negative decimal number; nil if it is absent or anything else.
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

/// A frame to send, written into the host's memory.
struct SentFrame {
    private(set) var buffer: Buffer

    init(_ kind: CInt, in buffer: Buffer) {
        self.buffer = buffer
        self.buffer.append(UInt8(truncatingIfNeeded: FRAME_VERSION))
        self.buffer.append(UInt8(truncatingIfNeeded: kind))
    }

    /// Adds a field; returns false and adds nothing if it does not fit.
    @discardableResult
    mutating func add(_ name: CInt, value: Bytes) -> Bool {
        guard value.count <= 0xFFFF, buffer.room >= 3, buffer.room &- 3 >= value.count else { return false }
        addHead(name, count: value.count)
        var position = 0
        while let byte = value[position] {
            buffer.append(byte)
            position = position &+ 1
        }
        return true
    }

    /// Adds a field whose value a C function writes in place; an empty value adds nothing.
    ///
    /// - Parameters:
    ///   - name: FIELD_*.
    ///   - most: the longest value in bytes.
    ///   - body: receives the position and `most`; returns how many bytes it wrote, or a negative error.
    /// - Returns: false if there is no room for `most` bytes, or `body` returned an error or more than `most`.
    mutating func add(_ name: CInt, most: Int, writing body: (UnsafeMutablePointer<UInt8>, Int) -> CInt) -> Bool {
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
