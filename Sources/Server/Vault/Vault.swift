internal import Crypto

/// Seals what the database must not show, under a data key that is itself kept wrapped under the master key.
///
/// Another master key needs only the data key wrapped anew (`dataKeyWrapped(under:)`); nothing else that is sealed changes.
public struct Vault: Sendable {
    private let dataKey: SymmetricKey
    private let box: Box
    private let indexKey: SymmetricKey

    /// A vault with a data key of its own. The wrapped one must be kept before anything that is sealed.
    public static func create(masterKey: MasterKey) throws(VaultError) -> (vault: Vault, wrappedDataKey: [UInt8]) {
        let vault = Vault(dataKey: SymmetricKey(size: .bits256))
        return (vault, try vault.dataKeyWrapped(under: masterKey))
    }

    /// The vault whose data key was wrapped under this master key: `.wrongMasterKey` where it was another, `.damaged` where it is broken.
    public init(masterKey: MasterKey, wrappedDataKey: [UInt8]) throws(VaultError) {
        self.init(dataKey: try masterKey.unwrap(wrappedDataKey))
    }

    private init(dataKey: SymmetricKey) {
        self.dataKey = dataKey
        box = Box(key: dataKey.derived(for: "countersign seal"))
        indexKey = dataKey.derived(for: "countersign index")
    }

    /// The same data key for another master key. The old master key still opens what it wrapped before, backups too.
    public func dataKeyWrapped(under masterKey: MasterKey) throws(VaultError) -> [UInt8] { try masterKey.wrap(dataKey) }

    /// - Parameter purpose: what it is and whose, such as `member.secret 3 123456`: moved to another row it does not open.
    public func seal(_ plain: [UInt8], as purpose: String) throws(VaultError) -> [UInt8] {
        try box.seal(plain, as: purpose)
    }

    /// What was sealed for the same purpose; else `.damaged`.
    public func open(_ sealed: [UInt8], as purpose: String) throws(VaultError) -> [UInt8] {
        try box.open(sealed, as: purpose)
    }

    /// A keyed hash, 32 bytes, the same for the same text (HMAC-SHA256): by which a phone number is found that is only kept sealed.
    public func index(_ text: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: indexKey))
    }
}

extension Vault: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "vault" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension SymmetricKey {
    /// Another key of 32 bytes for one use (HKDF-SHA256, RFC 5869).
    func derived(for use: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: self, info: Array(use.utf8), outputByteCount: 32)
    }
}
