import CFrames

/// One frame, as CFrames.h lays it out. Reading is total: a frame that is cut short or too long is no frame.
///
/// For the helpers; the module's relay has a form of its own that allocates nothing (PAMRelay).
public struct Frame {
    public private(set) var bytes: [UInt8]

    public init(_ kind: CInt) {
        bytes = [UInt8(truncatingIfNeeded: FRAME_VERSION), UInt8(truncatingIfNeeded: kind)]
    }

    /// Takes what came from a socket: nil unless the version is ours and every field ends where it says.
    public init?(received: [UInt8]) {
        guard received.count <= Int(FRAME_MAX), received.count >= 2,
            received.first == UInt8(truncatingIfNeeded: FRAME_VERSION)
        else {
            return nil
        }
        bytes = received
        var position = 2
        while position < received.count {
            guard let field = Self.field(in: received, at: position) else { return nil }
            position = field.end
        }
    }

    public var kind: CInt { CInt(bytes.dropFirst().first ?? 0) }

    /// Adds a field; a value that would not fit any more is left out and answered by false.
    @discardableResult
    public mutating func add(_ name: CInt, _ value: some Collection<UInt8>) -> Bool {
        let count = value.count
        guard count <= Int(FRAME_MAX), bytes.count + 3 + count <= Int(FRAME_MAX) else { return false }
        bytes.append(UInt8(truncatingIfNeeded: name))
        bytes.append(UInt8(truncatingIfNeeded: count & 0xFF))
        bytes.append(UInt8(truncatingIfNeeded: count >> 8))
        bytes.append(contentsOf: value)
        return true
    }

    /// Adds a number that is not negative, as decimal text.
    @discardableResult
    public mutating func add(_ name: CInt, number: Int64) -> Bool {
        var digits: [UInt8] = []
        var rest = number < 0 ? 0 : number
        repeat {
            digits.insert(0x30 &+ UInt8(truncatingIfNeeded: rest % 10), at: 0)
            rest /= 10
        } while rest > 0
        return add(name, digits)
    }

    /// The value of the first field of that name.
    public func value(_ name: CInt) -> ArraySlice<UInt8>? {
        var found: ArraySlice<UInt8>?
        each { field, value in if found == nil, field == name { found = value } }
        return found
    }

    /// A decimal number that is not negative; nil where the field is absent or anything else.
    public func number(_ name: CInt) -> Int64? {
        guard let digits = value(name), !digits.isEmpty, digits.count <= 18 else { return nil }
        var number: Int64 = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            number = number &* 10 &+ Int64(digit &- 0x30)
        }
        return number
    }

    /// Calls back for every field in order.
    public func each(_ body: (CInt, ArraySlice<UInt8>) -> Void) {
        var position = 2
        while let field = Self.field(in: bytes, at: position) {
            body(field.name, field.value)
            position = field.end
        }
    }

    private static func field(in bytes: [UInt8], at position: Int) -> (name: CInt, value: ArraySlice<UInt8>, end: Int)?
    {
        let head = bytes.dropFirst(position).prefix(3)
        guard head.count == 3, let name = head.first, let low = head.dropFirst().first, let high = head.last else {
            return nil
        }
        let count = Int(low) | Int(high) << 8
        let value = bytes.dropFirst(position &+ 3).prefix(count)
        guard value.count == count else { return nil }
        return (CInt(name), value, position &+ 3 &+ count)
    }
}
