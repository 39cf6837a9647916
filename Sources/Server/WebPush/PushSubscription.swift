internal import Crypto

/// For whom a message is encrypted: what a browser's PushSubscription gives out (RFC 8291, section 2).
public struct PushSubscription: Sendable {
    let key: P256.KeyAgreement.PublicKey
    let publicKey: [UInt8]
    let authentication: [UInt8]

    /// Nil unless `publicKey` (`p256dh`) is an uncompressed point on the curve, 65 bytes, and `authentication` (`auth`) has 16.
    public init?(publicKey: [UInt8], authentication: [UInt8]) {
        guard Point.isUncompressed(publicKey), authentication.count == 16 else { return nil }
        guard let key = try? P256.KeyAgreement.PublicKey(x963Representation: publicKey) else { return nil }
        self.key = key
        self.publicKey = publicKey
        self.authentication = authentication
    }
}

extension PushSubscription: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "push subscription" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
