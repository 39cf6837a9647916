internal import Crypto
internal import Encoding
internal import Glibc

/// The root of all sealing keys: 32 random bytes, kept in a file apart from the database and its backups.
public struct MasterKey: Sendable {
    private static let size = 32
    private static let label = "countersign-master-key-1:"
    private static let wrapping = "data key"
    /// The size of the identifier of a master key that precedes a wrapped data key; it reveals nothing else about the
    /// key.
    private static let nameSize = 8

    private let box: Box
    private let name: [UInt8]
    private let key: SymmetricKey

    /// Makes a new random key.
    public init() { self.init(key: SymmetricKey(size: .bits256)) }

    /// Reads a key from text: `countersign-master-key-1:` and 43 Base64url letters, or 64 hexadecimal digits.
    ///
    /// One line feed may follow. Nil for any other text.
    public init?(text: String) { self.init(utf8: Array(text.utf8)) }

    /// The text form of the key: the label `countersign-master-key-1:` and 43 Base64url letters.
    ///
    /// The label keeps the key from being mistaken for something else. The text is as secret as the key.
    public var text: String { Self.label + key.withUnsafeBytes { Base64URL.encode($0) } }

    /// Reads the text form as UTF-8 bytes, as `init(text:)` does.
    init?(utf8 text: [UInt8]) {
        let line = if text.last == 0x0A { text.dropLast() } else { text[...] }
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

    /// Encrypts a data key under this master key: the identifier of the master key, then the box.
    func wrap(_ dataKey: SymmetricKey) throws(VaultError) -> [UInt8] {
        var bytes = dataKey.withUnsafeBytes { Array($0) }
        defer { wipe(&bytes) }
        return name + (try box.seal(bytes, as: Self.wrapping))
    }

    /// Decrypts a wrapped data key.
    ///
    /// - Parameter wrapped: What `wrap` returned.
    /// - Returns: The data key.
    /// - Throws: `VaultError.wrongMasterKey` if the identifier is of another master key, `.damaged` if the length or
    ///   the box is wrong.
    func unwrap(_ wrapped: [UInt8]) throws(VaultError) -> SymmetricKey {
        guard wrapped.count == Self.nameSize + Box.overhead + Self.size else { throw .damaged }
        guard Array(wrapped.prefix(Self.nameSize)) == name else { throw .wrongMasterKey }
        var bytes = try box.open(Array(wrapped.dropFirst(Self.nameSize)), as: Self.wrapping)
        defer { wipe(&bytes) }
        return SymmetricKey(data: bytes)
    }

    private static func bytes(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        guard line.starts(with: label.utf8) else { return hexadecimal(line) }
        return Base64URL.decode(utf8: line.dropFirst(label.utf8.count))
    }

    private static func hexadecimal(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        guard line.count == 2 * size else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        for start in stride(from: line.startIndex, to: line.endIndex, by: 2) {
            guard let high = Hexadecimal.value(of: line[start]),
                let low = Hexadecimal.value(of: line[start + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}

extension MasterKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The fixed text `master key`, so that the key never gets into a log.
    public var description: String { "master key" }
    /// The same fixed text as `description`.
    public var debugDescription: String { description }
    /// A mirror without children, so that reflection does not show the key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Overwrites the bytes with zeros, using explicit_bzero(3), which the compiler does not remove.
///
/// Copies that were made earlier are not reached.
func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { bytes in
        if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
    }
}
