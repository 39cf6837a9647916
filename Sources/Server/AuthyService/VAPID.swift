internal import Identifiers
internal import Records
internal import Vault
public import WebPush

/// The names of the values in the store that belong to the VAPID key.
public enum VAPID {
    /// The public key, 65 bytes.
    public static let publicName = "vapid_public"
    /// The sealed private key.
    public static let sealedName = "vapid_sealed"
    /// The purpose for which the private key is sealed.
    public static let purpose = "vapid"
}

extension APIService {
    /// Returns the key that identifies this server to push services, and makes it at the first call.
    ///
    /// - Returns: The key.
    /// - Throws: `RecordStoreError` if the server cannot store it; `VaultError` if the stored key cannot be opened.
    public func vapidKey() async throws -> VAPIDKey {
        let made = VAPIDKey()
        let sealed = try vault.seal(made.rawRepresentation, as: VAPID.purpose)
        let kept = try await store.write { records -> [UInt8] in
            if let kept = try records.value(VAPID.sealedName) { return kept }
            try records.setValue(VAPID.sealedName, to: sealed)
            try records.setValue(VAPID.publicName, to: made.publicKey)
            return sealed
        }
        guard let key = VAPIDKey(rawRepresentation: try vault.open(kept, as: VAPID.purpose)) else {
            throw VaultError.damaged
        }
        return key
    }
}
