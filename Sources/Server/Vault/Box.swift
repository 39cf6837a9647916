internal import Crypto

/// Seals values with AES-256-GCM (NIST SP 800-38D) under a random nonce; a box is version, nonce, ciphertext, tag.
///
/// With random nonces a key is good for 2^32 boxes; after that, two boxes share a nonce with a probability of 2^-33.
struct Box: Sendable {
    private static let version: UInt8 = 1
    private static let nonceSize = 12
    private static let tagSize = 16
    /// How many bytes longer a box is than its content.
    static let overhead = 1 + nonceSize + tagSize

    private let key: SymmetricKey

    init(key: SymmetricKey) { self.key = key }

    /// Encrypts a value for a purpose.
    ///
    /// - Parameters:
    ///   - plain: The content, of any length.
    ///   - purpose: Authenticated but not stored in the box; `open` needs the same text.
    /// - Returns: The box, `overhead` bytes longer than the content.
    /// - Throws: `VaultError.unsealable` if the cipher fails.
    func seal(_ plain: [UInt8], as purpose: String) throws(VaultError) -> [UInt8] {
        do {
            return try plain.withUnsafeBytes { plain in
                let box = try AES.GCM.seal(plain, using: key, authenticating: Self.associated(purpose))
                return Self.bytes(box, size: plain.count)
            }
        } catch { throw .unsealable }
    }

    /// Decrypts a box that was sealed for the same purpose.
    ///
    /// - Parameters:
    ///   - sealed: The whole box.
    ///   - purpose: The text that was given to `seal`.
    /// - Returns: The content.
    /// - Throws: `VaultError.damaged` if the box is too short, of another version, changed, or sealed for another
    ///   purpose or under another key.
    func open(_ sealed: [UInt8], as purpose: String) throws(VaultError) -> [UInt8] {
        guard sealed.count >= Self.overhead, sealed.first == Self.version else { throw .damaged }
        do {
            return try sealed.withUnsafeBytes { sealed in
                let rest = UnsafeRawBufferPointer(rebasing: sealed.dropFirst())
                return Array(
                    try AES.GCM.open(
                        AES.GCM.SealedBox(combined: rest), using: key, authenticating: Self.associated(purpose)))
            }
        } catch { throw .damaged }
    }

    /// The additional authenticated data: the version, then the purpose.
    ///
    /// The version is authenticated so that a box of a later version cannot be passed off as one of this version.
    private static func associated(_ purpose: String) -> [UInt8] { [version] + purpose.utf8 }

    private static func bytes(_ box: AES.GCM.SealedBox, size: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(overhead + size)
        bytes.append(version)
        box.nonce.withUnsafeBytes { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: box.ciphertext)
        bytes.append(contentsOf: box.tag)
        return bytes
    }
}
