internal import Crypto

/// The reason why a push message was not encrypted.
public enum PushMessageError: Error, Equatable {
    /// More than `PushMessage.longest` bytes.
    case tooLong
    /// The cipher failed, or the private key or the salt is invalid.
    case unencryptable
}

/// The body of a Web Push message (RFC 8291): one record of the content coding aes128gcm (RFC 8188).
public enum PushMessage {
    /// The most bytes of content in one message; push services accept bodies of 4096 bytes (RFC 8030, section 7.2).
    public static let longest = recordSize - headerSize - delimiterSize - tagSize
    private static let recordSize = 4096
    private static let saltSize = 16
    private static let headerSize = saltSize + 4 + 1 + Point.size
    private static let delimiterSize = 1
    private static let tagSize = 16
    /// Body lengths are multiples of this step, up to the maximum, so that the length does not reveal the content.
    private static let step = 256

    /// Encrypts a message for one subscription, with a fresh key pair and salt, and pads it.
    ///
    /// The body is sent with the header `Content-Encoding: aes128gcm`.
    ///
    /// - Parameters:
    ///   - plain: The content, at most `longest` bytes.
    ///   - subscription: The browser's public key and authentication secret.
    /// - Returns: The body of the request to the push service, at most 4096 bytes.
    /// - Throws: `PushMessageError.tooLong` if the content is too long, `.unencryptable` if the cipher fails.
    public static func encrypt(_ plain: [UInt8], for subscription: PushSubscription) throws(PushMessageError) -> [UInt8]
    {
        let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) }
        return try encrypt(padded(plain), for: subscription, key: P256.KeyAgreement.PrivateKey(), salt: salt)
    }

    /// Encrypts a message without padding, with the given key and salt, for comparison with known test vectors.
    ///
    /// - Parameters:
    ///   - plain: The content, at most `longest` bytes.
    ///   - subscription: The browser's public key and authentication secret.
    ///   - privateKey: The sender's P-256 private key, 32 bytes.
    ///   - salt: 16 bytes.
    /// - Returns: The body of the request to the push service.
    /// - Throws: `PushMessageError.tooLong` if the content is too long, `.unencryptable` if the key or the salt is
    ///   invalid.
    package static func encrypt(
        unpadded plain: [UInt8], for subscription: PushSubscription, privateKey: [UInt8], salt: [UInt8]
    ) throws(PushMessageError) -> [UInt8] {
        guard plain.count <= longest else { throw .tooLong }
        guard salt.count == saltSize, let key = try? P256.KeyAgreement.PrivateKey(rawRepresentation: privateKey) else {
            throw .unencryptable
        }
        return try encrypt(plain + [lastRecord], for: subscription, key: key, salt: salt)
    }

    /// The delimiter that ends the content of the last record; zeros may follow (RFC 8188, section 2).
    private static let lastRecord: UInt8 = 2

    private static func padded(_ plain: [UInt8]) throws(PushMessageError) -> [UInt8] {
        guard plain.count <= longest else { throw .tooLong }
        let used = plain.count + delimiterSize
        let size = min((used + step - 1) / step * step, longest + delimiterSize)
        return plain + [lastRecord] + [UInt8](repeating: 0, count: size - used)
    }

    private static func encrypt(
        _ content: [UInt8], for subscription: PushSubscription, key: P256.KeyAgreement.PrivateKey, salt: [UInt8]
    ) throws(PushMessageError) -> [UInt8] {
        let ours = Array(key.publicKey.x963Representation)
        do {
            let (contentKey, nonce) = try keys(for: subscription, key: key, publicKey: ours, salt: salt)
            let box = try AES.GCM.seal(content, using: contentKey, nonce: AES.GCM.Nonce(data: nonce))
            return header(salt: salt, publicKey: ours) + box.ciphertext + box.tag
        } catch { throw .unencryptable }
    }

    /// Derives the content key and the nonce (RFC 8291, section 3.4).
    private static func keys(
        for subscription: PushSubscription, key: P256.KeyAgreement.PrivateKey, publicKey: [UInt8], salt: [UInt8]
    ) throws -> (contentKey: SymmetricKey, nonce: [UInt8]) {
        let shared = try key.sharedSecretFromKeyAgreement(with: subscription.key)
        let input = shared.hkdfDerivedSymmetricKey(
            using: SHA256.self, salt: subscription.authentication,
            sharedInfo: info("WebPush: info") + subscription.publicKey + publicKey,
            outputByteCount: 32)
        let contentKey = derived(from: input, salt: salt, for: "Content-Encoding: aes128gcm", size: 16)
        let nonce = derived(from: input, salt: salt, for: "Content-Encoding: nonce", size: 12)
        return (contentKey, nonce.withUnsafeBytes { Array($0) })
    }

    private static func derived(from input: SymmetricKey, salt: [UInt8], for use: String, size: Int)
        -> SymmetricKey
    {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: input, salt: salt, info: info(use), outputByteCount: size)
    }

    private static func info(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

    /// The header: salt, record size, and our public key in the field for the key ID (RFC 8188, section 2.1; RFC 8291,
    /// section 4).
    private static func header(salt: [UInt8], publicKey: [UInt8]) -> [UInt8] {
        let size = UInt32(recordSize)
        return salt + stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: size >> UInt32($0)) } + [
            UInt8(Point.size)
        ]
            + publicKey
    }
}
