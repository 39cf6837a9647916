import CFrames

/// One frame (CFrames.h), for the helpers and the command.
///
/// A frame that is cut short or too long is rejected as a whole. The module's relay has its own form, which allocates
/// nothing (PAMRelay).
public struct Frame {
    /// The whole frame as it is sent: version, kind, fields; at most FRAME_MAX bytes.
    public private(set) var bytes: [UInt8]

    /// Starts a frame of a kind (KIND_*) without fields.
    public init(_ kind: CInt) {
        bytes = [UInt8(truncatingIfNeeded: FRAME_VERSION), UInt8(truncatingIfNeeded: kind)]
    }

    /// Reads the bytes of one packet; nil unless the version is FRAME_VERSION and every field lies within the frame.
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

    /// The kind of the frame: KIND_*, or any other byte that was sent.
    public var kind: CInt { CInt(bytes.dropFirst().first ?? 0) }

    /// Adds a field.
    ///
    /// - Parameters:
    ///   - name: FIELD_*.
    ///   - value: the bytes of its value.
    /// - Returns: false if the value does not fit into FRAME_MAX; nothing is added then.
    @discardableResult
    public mutating func add(_ name: CInt, bytes value: some Collection<UInt8>) -> Bool {
        let count = value.count
        guard count <= Int(FRAME_MAX), bytes.count + 3 + count <= Int(FRAME_MAX) else { return false }
        bytes.append(UInt8(truncatingIfNeeded: name))
        bytes.append(UInt8(truncatingIfNeeded: count & 0xFF))
        bytes.append(UInt8(truncatingIfNeeded: count >> 8))
        bytes.append(contentsOf: value)
        return true
    }

    /// Adds a number as decimal text.
    ///
    /// - Parameters:
    ///   - name: FIELD_*.
    ///   - number: the value; a negative one becomes 0.
    /// - Returns: false if it does not fit into FRAME_MAX; nothing is added then.
    @discardableResult
    public mutating func add(_ name: CInt, number: Int64) -> Bool {
        var digits: [UInt8] = []
        var rest = max(0, number)
        repeat {
            digits.insert(0x30 &+ UInt8(truncatingIfNeeded: rest % 10), at: 0)
            rest /= 10
        } while rest > 0
        return add(name, bytes: digits)
    }

    /// Returns the value of the first field of that name, or nil if there is none.
    ///
    /// - Parameter name: FIELD_*.
    /// - Returns: its bytes, which may be none.
    public func value(_ name: CInt) -> ArraySlice<UInt8>? {
        var found: ArraySlice<UInt8>?
        each { field, value in if found == nil, field == name { found = value } }
        return found
    }

    /// Returns the first field of that name as a number.
    ///
    /// - Parameter name: FIELD_*.
    /// - Returns: nil if the field is absent or is not 1 to 18 decimal digits.
    public func number(_ name: CInt) -> Int64? {
        guard let digits = value(name), !digits.isEmpty, digits.count <= 18 else { return nil }
        var number: Int64 = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            number = number &* 10 &+ Int64(digit &- 0x30)
        }
        return number
    }

    /// Calls `body` with the name and value of every field, in order.
    ///
    /// - Parameter body: receives FIELD_* and the bytes of its value.
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
