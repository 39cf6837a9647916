extension JSONValue {
    /// What a reader accepts.
    public struct Limits: Sendable {
        /// The most arrays and objects within each other.
        public var depth: Int
        /// The most members of one object.
        public var members: Int
        /// The most values in all.
        public var values: Int
        /// Whether numbers that no Double can express, such as `1e999`, are refused.
        public var areNumbersFinite: Bool

        /// Takes the values as they are.
        public init(depth: Int, members: Int, values: Int, areNumbersFinite: Bool) {
            self.depth = depth
            self.members = members
            self.values = values
            self.areNumbersFinite = areNumbersFinite
        }
    }

    /// Reads JSON in one pass, to the letter of RFC 8259.
    ///
    /// Nil if the bytes are not JSON, not UTF-8, or exceed the limits. The first of two members with the same name
    /// counts. A byte order mark at the beginning is skipped (section 8.1).
    ///
    /// - Parameters:
    ///   - bytes: JSON in UTF-8.
    ///   - limits: what is accepted.
    public init?(_ bytes: some Collection<UInt8>, limits: Limits) {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        let isMarked = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        var reader = JSONReader(bytes: Array(bytes.dropFirst(isMarked ? 3 : 0)), limits: limits)
        guard let value = reader.document() else { return nil }
        self = value
    }
}

/// Reads one JSON text, which is valid UTF-8.
private struct JSONReader {
    private let bytes: [UInt8]
    private let limits: JSONValue.Limits
    private var place = 0
    private var values = 0

    init(bytes: [UInt8], limits: JSONValue.Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    private var next: UInt8? { if place < bytes.count { bytes[place] } else { nil } }

    mutating func document() -> JSONValue? {
        guard let value = value(depth: 0) else { return nil }
        skipBlanks()
        guard place == bytes.count else { return nil }
        return value
    }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
    }

    /// Skips blanks and this byte; false if another one follows.
    private mutating func skip(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard next == byte else { return false }
        place += 1
        return true
    }

    /// Reads a value; `depth` is the number of arrays and objects around it.
    private mutating func value(depth: Int) -> JSONValue? {
        skipBlanks()
        values += 1
        guard values <= limits.values else { return nil }
        switch next {
        case 0x7B: return object(depth: depth + 1)
        case 0x5B: return array(depth: depth + 1)
        case 0x22: return string().map { .string($0) }
        case 0x74: return word("true", is: .bool(true))
        case 0x66: return word("false", is: .bool(false))
        case 0x6E: return word("null", is: .null)
        default: return number()
        }
    }

    private mutating func word(_ word: String, is value: JSONValue) -> JSONValue? {
        guard bytes[place...].starts(with: word.utf8) else { return nil }
        place += word.utf8.count
        return value
    }

    private mutating func object(depth: Int) -> JSONValue? {
        guard depth <= limits.depth else { return nil }
        place += 1
        var members: [(name: String, value: JSONValue)] = []
        if skip(0x7D) { return .object(JSONObject()) }
        repeat {
            skipBlanks()
            guard let name = string(), skip(0x3A), let value = value(depth: depth) else { return nil }
            if !members.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) { members.append((name, value)) }
            guard members.count <= limits.members else { return nil }
        } while skip(0x2C)
        guard skip(0x7D) else { return nil }
        return .object(JSONObject(unique: members))
    }

    private mutating func array(depth: Int) -> JSONValue? {
        guard depth <= limits.depth else { return nil }
        place += 1
        var elements: [JSONValue] = []
        if skip(0x5D) { return .array([]) }
        repeat {
            guard let value = value(depth: depth) else { return nil }
            elements.append(value)
        } while skip(0x2C)
        guard skip(0x5D) else { return nil }
        return .array(elements)
    }

    /// Reads a number (RFC 8259, section 6) and keeps its text.
    private mutating func number() -> JSONValue? {
        let start = place
        if next == 0x2D { place += 1 }
        let first = place
        guard skipDigits() > 0, bytes[first] != 0x30 || place == first + 1 else { return nil }
        if next == 0x2E {
            place += 1
            guard skipDigits() > 0 else { return nil }
        }
        if next == 0x65 || next == 0x45 {
            place += 1
            if next == 0x2B || next == 0x2D { place += 1 }
            guard skipDigits() > 0 else { return nil }
        }
        let number = JSONNumber(checked: String(decoding: bytes[start..<place], as: UTF8.self))
        if limits.areNumbersFinite, !number.double.isFinite { return nil }
        return .number(number)
    }

    /// Skips digits, and returns how many there were.
    private mutating func skipDigits() -> Int {
        let start = place
        while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
        return place - start
    }

    /// Reads a string (RFC 8259, section 7); nil for half of a surrogate pair.
    private mutating func string() -> String? {
        guard next == 0x22 else { return nil }
        place += 1
        var text: [UInt8] = []
        while let byte = next {
            place += 1
            switch byte {
            case 0x22: return String(decoding: text, as: UTF8.self)
            case 0x5C:
                guard let scalar = escape() else { return nil }
                text += Array(String(Character(scalar)).utf8)
            case 0x00...0x1F: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard let byte = next else { return nil }
        place += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: return Unicode.Scalar(byte)
        case 0x62: return "\u{8}"
        case 0x66: return "\u{C}"
        case 0x6E: return "\n"
        case 0x72: return "\r"
        case 0x74: return "\t"
        case 0x75: return scalar()
        default: return nil
        }
    }

    private mutating func scalar() -> Unicode.Scalar? {
        guard let unit = codeUnit() else { return nil }
        guard (0xD800...0xDBFF).contains(unit) else { return Unicode.Scalar(unit) }
        guard bytes[place...].starts(with: [0x5C, 0x75]) else { return nil }
        place += 2
        guard let low = codeUnit(), (0xDC00...0xDFFF).contains(low) else { return nil }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    }

    /// Reads four hexadecimal digits.
    private mutating func codeUnit() -> UInt32? {
        guard place + 4 <= bytes.count else { return nil }
        var unit: UInt32 = 0
        for digit in bytes[place..<place + 4] {
            guard let value = Hexadecimal.value(of: digit) else { return nil }
            unit = unit << 4 | UInt32(value)
        }
        place += 4
        return unit
    }
}
