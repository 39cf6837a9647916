/// Reads untrusted JSON (RFC 8259) as parameters, in one pass and in the order of the text, which decoders do not keep.
public enum JSONParameters {
    /// The most arrays and objects within each other, the most members of one object, and the most values in all.
    public static let limits = (depth: 16, members: 200, values: 2_000)

    /// The members of the object; nil if the bytes are not strict JSON, not UTF-8, not an object, or exceed the limits.
    public static func members(_ bytes: some Collection<UInt8>) -> [Parameter.Member]? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        // Some libraries write a byte order mark, which a reader may skip (RFC 8259, section 8.1).
        var reader = Reader(bytes: Array(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]))
        guard let value = reader.document() else { return nil }
        if case .present(.members(let members)) = value { return members }
        return value == .absent && reader.first == 0x7B ? [] : nil
    }

    /// Reads an array that this program has written; an empty list for anything else.
    public static func elements(_ text: String) -> Parameter {
        var reader = Reader(bytes: Array(text.utf8))
        guard case .present(.list(let elements))? = reader.document() else { return .list([]) }
        return .list(elements)
    }

    private enum Found: Equatable {
        case absent
        case present(Parameter)
        var parameter: Parameter? {
            if case .present(let parameter) = self { parameter } else { nil }
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        var place = 0
        var values = 0

        var first: UInt8? { bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } }
        private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

        mutating func document() -> Found? {
            guard let value = value(depth: 0) else { return nil }
            blanks()
            return place == bytes.count ? value : nil
        }

        private mutating func blanks() {
            while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            blanks()
            guard next == byte else { return false }
            place += 1
            return true
        }

        private mutating func value(depth: Int) -> Found? {
            blanks()
            values += 1
            guard values <= limits.values, depth <= limits.depth else { return nil }
            switch next {
            case 0x7B: return object(depth: depth + 1)
            case 0x5B: return array(depth: depth + 1)
            case 0x22: return string().map { .present(.text($0)) }
            case 0x74: return word("true", .present(.text("true")))
            case 0x66: return word("false", .present(.text("false")))
            case 0x6E: return word("null", .absent)
            default: return number().map { .present(.text($0)) }
            }
        }

        private mutating func word(_ word: String, _ value: Found) -> Found? {
            guard bytes[place...].starts(with: word.utf8) else { return nil }
            place += word.utf8.count
            return value
        }

        private mutating func object(depth: Int) -> Found? {
            place += 1
            var members: [Parameter.Member] = []
            if take(0x7D) { return .absent }
            repeat {
                blanks()
                guard let name = string(), take(0x3A), let value = value(depth: depth) else { return nil }
                if let value = value.parameter, members.named(name) == nil { members.append(.init(name, value)) }
                guard members.count <= limits.members else { return nil }
            } while take(0x2C)
            guard take(0x7D) else { return nil }
            return members.isEmpty ? .absent : .present(.members(members))
        }

        private mutating func array(depth: Int) -> Found? {
            place += 1
            var elements: [Parameter] = []
            if take(0x5D) { return .absent }
            repeat {
                guard let value = value(depth: depth) else { return nil }
                if let value = value.parameter { elements.append(value) }
            } while take(0x2C)
            guard take(0x5D) else { return nil }
            return elements.isEmpty ? .absent : .present(.list(elements))
        }

        /// Reads a number (RFC 8259, section 6) and returns its text unchanged.
        private mutating func number() -> String? {
            let start = place
            if next == 0x2D { place += 1 }
            guard let first = next, digits() > 0, !(first == 0x30 && place - start > (bytes[start] == 0x2D ? 2 : 1))
            else { return nil }
            if next == 0x2E {
                place += 1
                guard digits() > 0 else { return nil }
            }
            if next == 0x65 || next == 0x45 {
                place += 1
                if next == 0x2B || next == 0x2D { place += 1 }
                guard digits() > 0 else { return nil }
            }
            return String(decoding: bytes[start..<place], as: UTF8.self)
        }

        private mutating func digits() -> Int {
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
            guard let unit = unit() else { return nil }
            guard (0xD800...0xDBFF).contains(unit) else { return Unicode.Scalar(unit) }
            guard bytes[place...].starts(with: [0x5C, 0x75]) else { return nil }
            place += 2
            guard let low = self.unit(), (0xDC00...0xDFFF).contains(low) else { return nil }
            return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        }

        /// Reads four hexadecimal digits.
        private mutating func unit() -> UInt32? {
            guard place + 4 <= bytes.count else { return nil }
            let digits = bytes[place..<place + 4]
            place += 4
            guard
                digits.allSatisfy({
                    (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
                })
            else {
                return nil
            }
            return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        }
    }
}
