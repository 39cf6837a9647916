internal import Crypto

/// The keys of a browser's push subscription, for which messages are encrypted (RFC 8291, section 2).
public struct PushSubscription: Sendable {
    let key: P256.KeyAgreement.PublicKey
    let publicKey: [UInt8]
    let authentication: [UInt8]

    /// Checks the keys of a subscription.
    ///
    /// Nil unless `publicKey` (`p256dh`) is an uncompressed point on the curve, 65 bytes, and `authentication` (`auth`)
    /// has 16 bytes.
    public init?(publicKey: [UInt8], authentication: [UInt8]) {
        guard Point.isUncompressed(publicKey), authentication.count == 16 else { return nil }
        guard let key = try? P256.KeyAgreement.PublicKey(x963Representation: publicKey) else { return nil }
        self.key = key
        self.publicKey = publicKey
        self.authentication = authentication
    }
}

extension PushSubscription: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The fixed text `push subscription`, so that no key gets into a log.
    public var description: String { "push subscription" }
    /// The same fixed text as `description`.
    public var debugDescription: String { description }
    /// A mirror without children, so that reflection does not show the keys.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
