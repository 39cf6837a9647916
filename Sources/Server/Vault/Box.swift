internal import Crypto

/// AES-256-GCM (NIST SP 800-38D) with a random nonce: version, nonce, ciphertext, tag.
///
/// With random nonces a key is good for 2^32 boxes, after which two may share one with a chance of 2^-33.
struct Box: Sendable {
    private static let version: UInt8 = 1
    private static let nonceSize = 12
    private static let tagSize = 16
    /// How much longer a box is than what is in it.
    static let overhead = 1 + nonceSize + tagSize

    private let key: SymmetricKey

    init(key: SymmetricKey) { self.key = key }

    /// - Parameter purpose: must be the same for opening; it is not in the box.
    func seal(_ plain: [UInt8], as purpose: String) throws(VaultError) -> [UInt8] {
        do {
            return try plain.withUnsafeBytes { plain in
                let box = try AES.GCM.seal(plain, using: key, authenticating: Self.associated(purpose))
                return Self.bytes(box, size: plain.count)
            }
        } catch { throw .unsealable }
    }

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

    /// The version is authenticated too, so that a later one cannot be passed off as this.
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
