internal import Crypto

/// Seals secrets for the database under a data key, which is itself stored wrapped under the master key.
///
/// A change of the master key only wraps the data key again (`dataKeyWrapped(under:)`); the sealed values stay as they
/// are.
public struct Vault: Sendable {
    private let dataKey: SymmetricKey
    private let box: Box
    private let indexKey: SymmetricKey

    /// Makes a vault with a new random data key.
    ///
    /// The caller must store the wrapped data key before anything that this vault seals.
    ///
    /// - Parameter masterKey: The key that wraps the data key.
    /// - Returns: The vault, and the wrapped data key.
    /// - Throws: `VaultError.unsealable` if the cipher fails.
    public static func create(masterKey: MasterKey) throws(VaultError) -> (vault: Vault, wrappedDataKey: [UInt8]) {
        let vault = Vault(dataKey: SymmetricKey(size: .bits256))
        return (vault, try vault.dataKeyWrapped(under: masterKey))
    }

    /// Opens the vault of a wrapped data key.
    ///
    /// - Parameters:
    ///   - masterKey: The key under which the data key was wrapped.
    ///   - wrappedDataKey: The bytes that `create` or `dataKeyWrapped(under:)` returned.
    /// - Throws: `VaultError.wrongMasterKey` if another master key wrapped the data key, `.damaged` if the bytes were
    ///   changed.
    public init(masterKey: MasterKey, wrappedDataKey: [UInt8]) throws(VaultError) {
        self.init(dataKey: try masterKey.unwrap(wrappedDataKey))
    }

    private init(dataKey: SymmetricKey) {
        self.dataKey = dataKey
        box = Box(key: dataKey.derived(for: "countersign seal"))
        indexKey = dataKey.derived(for: "countersign index")
    }

    /// Wraps the data key of this vault under another master key.
    ///
    /// The old master key still opens what it wrapped earlier, including backups.
    ///
    /// - Parameter masterKey: The new master key.
    /// - Returns: The wrapped data key.
    /// - Throws: `VaultError.unsealable` if the cipher fails.
    public func dataKeyWrapped(under masterKey: MasterKey) throws(VaultError) -> [UInt8] { try masterKey.wrap(dataKey) }

    /// Encrypts a value with AES-256-GCM and binds it to a purpose.
    ///
    /// - Parameters:
    ///   - plain: The value, of any length.
    ///   - purpose: The kind of value and its owner, such as `member.secret 3 123456`; a value that is moved to another
    ///     row does not open.
    /// - Returns: The sealed value, 29 bytes longer than `plain`.
    /// - Throws: `VaultError.unsealable` if the cipher fails.
    public func seal(_ plain: [UInt8], as purpose: String) throws(VaultError) -> [UInt8] {
        try box.seal(plain, as: purpose)
    }

    /// Decrypts a value that `seal` returned for the same purpose.
    ///
    /// - Parameters:
    ///   - sealed: The sealed value.
    ///   - purpose: The purpose that was given to `seal`.
    /// - Returns: The value.
    /// - Throws: `VaultError.damaged` if the value was changed, or was sealed for another purpose or under another data
    ///   key.
    public func open(_ sealed: [UInt8], as purpose: String) throws(VaultError) -> [UInt8] {
        try box.open(sealed, as: purpose)
    }

    /// Returns a keyed hash of the text: HMAC-SHA256 (RFC 2104), 32 bytes, the same for the same text.
    ///
    /// It finds a row by a value that is stored only in sealed form, such as a phone number.
    public func index(_ text: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: indexKey))
    }
}

extension Vault: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The fixed text `vault`, so that no key gets into a log.
    public var description: String { "vault" }
    /// The same fixed text as `description`.
    public var debugDescription: String { description }
    /// A mirror without children, so that reflection does not show the keys.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension SymmetricKey {
    /// Derives a key of 32 bytes for one use (HKDF-SHA256, RFC 5869).
    func derived(for use: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: self, info: Array(use.utf8), outputByteCount: 32)
    }
}
