/// Splits JSON into its outermost objects, some bytes at a time.
///
/// These are the elements of one array, or objects one after the other, in any layout.
struct JSONObjects {
    static let wanted = "one object on each line is wanted, or one array of them: jq -c '.[]' FILE makes lines"

    enum Found {
        /// Line where the object begins, and its text.
        case object(line: Int, [UInt8])
        case error(RosterError)
    }

    private enum State: Equatable {
        /// Before the first object; between two objects; after the array.
        case start, between, end
        /// Inside an object; depth is the number of open braces and brackets.
        case object(depth: Int)
        /// The text is malformed, and the rest is ignored.
        case lost
    }

    private var state = State.start
    private var isArray = false
    /// Whether a comma precedes what comes next.
    private var hasComma = false
    private var isInText = false
    private var isEscaped = false
    private var line = 1
    private var firstLine = 1
    private var object: [UInt8] = []

    mutating func read(_ bytes: some Collection<UInt8>) -> [Found] {
        var found: [Found] = []
        for byte in bytes {
            if let one = read(byte) { found.append(one) }
            if byte == 0x0A { line += 1 }
        }
        return found
    }

    mutating func end() -> [Found] {
        switch state {
        case .object: [lose("the object is never closed", at: firstLine)]
        case .start, .between: isArray ? [lose("the array is never closed; \(Self.wanted)", at: line)] : []
        case .end, .lost: []
        }
    }

    private mutating func read(_ byte: UInt8) -> Found? {
        switch state {
        case .object(let depth): return readInside(byte, depth: depth)
        case .lost: return nil
        case .start, .between, .end: return readOutside(byte)
        }
    }

    private mutating func readOutside(_ byte: UInt8) -> Found? {
        switch (byte, state) {
        case (0x20, _), (0x09, _), (0x0A, _), (0x0D, _): return nil
        case (0x5B, .start) where !isArray:
            isArray = true
            return nil
        case (0x2C, .between) where isArray && !hasComma:
            hasComma = true
            return nil
        case (0x5D, .start) where isArray, (0x5D, .between) where isArray && !hasComma:
            state = .end
            return nil
        case (0x7B, .start),
            (0x7B, .between) where !isArray || hasComma:
            (state, hasComma, firstLine, object) = (.object(depth: 1), false, line, [byte])
            return nil
        default: return lose("no object in JSON; \(Self.wanted)", at: line)
        }
    }

    private mutating func readInside(_ byte: UInt8, depth: Int) -> Found? {
        guard object.count < longest else { return lose("longer than 64 kB", at: firstLine) }
        object.append(byte)
        if isInText {
            if isEscaped {
                isEscaped = false
            } else if byte == 0x5C {
                isEscaped = true
            } else if byte == 0x22 {
                isInText = false
            }
            return nil
        }
        switch byte {
        case 0x22: isInText = true
        case 0x7B, 0x5B: state = .object(depth: depth + 1)
        case 0x7D,
            0x5D where depth > 1:
            state = .object(depth: depth - 1)
        default: break
        }
        guard state == .object(depth: 0) else { return nil }
        state = .between
        return .object(line: firstLine, object)
    }

    private mutating func lose(_ message: String, at line: Int) -> Found {
        state = .lost
        object = []
        return .error(RosterError(line, message))
    }
}
