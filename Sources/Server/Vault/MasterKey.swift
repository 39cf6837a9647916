internal import Crypto
internal import Glibc

/// The key that everything sealed hangs on: 32 random bytes in a file of their own, apart from the database and its backups.
public struct MasterKey: Sendable {
    private static let size = 32
    private static let label = "countersign-master-key-1:"
    private static let wrapping = "data key"
    /// Says which master key wrapped a data key, and nothing else about it.
    private static let nameSize = 8

    private let box: Box
    private let name: [UInt8]
    private let key: SymmetricKey

    public init() { self.init(key: SymmetricKey(size: .bits256)) }

    /// Reads `countersign-master-key-1:` and 43 letters of Base64url, or 64 hexadecimal digits. One line end may follow.
    public init?(text: String) { self.init(utf8: Array(text.utf8)) }

    /// The label keeps the key from being taken for something else; whoever has the text has the key.
    public var text: String { Self.label + key.withUnsafeBytes { Base64URL.encode($0) } }

    init?(utf8 text: [UInt8]) {
        let line = text.last == 0x0A ? text.dropLast() : text[...]
        guard var bytes = Self.bytes(line) else { return nil }
        defer { wipe(&bytes) }
        guard bytes.count == Self.size else { return nil }
        self.init(key: SymmetricKey(data: bytes))
    }

    private init(key: SymmetricKey) {
        self.key = key
        box = Box(key: key.derived(for: "countersign wrap"))
        name = key.derived(for: "countersign name").withUnsafeBytes { Array($0.prefix(Self.nameSize)) }
    }

    func wrap(_ dataKey: SymmetricKey) throws(VaultError) -> [UInt8] {
        var bytes = dataKey.withUnsafeBytes { Array($0) }
        defer { wipe(&bytes) }
        return name + (try box.seal(bytes, as: Self.wrapping))
    }

    func unwrap(_ wrapped: [UInt8]) throws(VaultError) -> SymmetricKey {
        guard wrapped.count == Self.nameSize + Box.overhead + Self.size else { throw .damaged }
        guard Array(wrapped.prefix(Self.nameSize)) == name else { throw .wrongMasterKey }
        var bytes = try box.open(Array(wrapped.dropFirst(Self.nameSize)), as: Self.wrapping)
        defer { wipe(&bytes) }
        return SymmetricKey(data: bytes)
    }

    private static func bytes(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        line.starts(with: label.utf8) ? Base64URL.decode(utf8: line.dropFirst(label.utf8.count)) : hexadecimal(line)
    }

    private static func hexadecimal(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        guard line.count == 2 * size else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        for start in stride(from: line.startIndex, to: line.endIndex, by: 2) {
            guard let high = digit(line[start]), let low = digit(line[start + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ letter: UInt8) -> UInt8? {
        switch letter {
        case 0x30...0x39: letter - 0x30
        case 0x41...0x46: letter - 0x41 + 10
        case 0x61...0x66: letter - 0x61 + 10
        default: nil
        }
    }
}

extension MasterKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "master key" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Overwrites the bytes; explicit_bzero(3) is not optimised away. Copies that were made before are not reached.
func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { bytes in
        if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
    }
}
