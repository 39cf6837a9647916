internal import Crypto
internal import Identifiers
public import Records
internal import Vault

// The administrator's commands about applications.

extension APIService {
    /// Creates an application with its first API key.
    ///
    /// The key is returned in plain text, and is stored nowhere else in this form.
    ///
    /// - Parameters:
    ///   - name: The display name, cut to 60 characters; control characters are removed.
    ///   - callback: The address that is told of decisions; nil for none.
    /// - Returns: The application and its API key, 32 letters and digits.
    /// - Throws: `AdministrationError` if the name is empty; `RecordStoreError` or `VaultError` if the server cannot
    ///   store it.
    public func createApplication(_ name: String, callback: Application.Callback?) async throws -> (
        Application, key: String
    ) {
        let name = String(
            name.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(60).map(Character.init))
        guard !name.isEmpty else { throw AdministrationError("an application needs a name") }
        let now = now()
        let key = Self.newKey()
        let application = try await store.write { records in
            let application = try records.addApplication(name: name, callback: callback, at: now)
            try records.put(record(of: key, application.id, at: now))
            return application
        }
        return (application, key)
    }

    /// Creates a new API key for an application and ends the old ones.
    ///
    /// - Parameters:
    ///   - id: The id of the application.
    ///   - overlap: How many seconds the old keys stay valid, at most.
    /// - Returns: The new key, 32 letters and digits.
    /// - Throws: `AdministrationError` if there is no such application or it was revoked; `RecordStoreError` or
    ///   `VaultError` if the server cannot store it.
    public func rotateKey(of id: Int64, overlap: Int64) async throws -> String {
        let now = now()
        let key = Self.newKey()
        try await store.write { records in
            guard let application = try records.application(id), application.revoked == nil else {
                throw Self.noApplication(id)
            }
            for var old in try records.keys(of: id) where old.ends.map({ $0 > now + overlap }) ?? true {
                old.ends = now + overlap
                try records.put(old)
            }
            try records.put(record(of: key, id, at: now))
            try markChange(in: records)
        }
        return key
    }

    /// Revokes an application: its keys are invalid from now on.
    ///
    /// - Parameter id: The id of the application.
    /// - Throws: `AdministrationError` if there is no such application; `RecordStoreError` if the server cannot store
    ///   it.
    public func revoke(_ id: Int64) async throws {
        let now = now()
        try await store.write { records in
            guard var application = try records.application(id) else { throw Self.noApplication(id) }
            application.revoked = application.revoked ?? now
            try records.put(application)
            try markChange(in: records)
        }
    }

    /// Sets the callback of an application.
    ///
    /// - Parameters:
    ///   - callback: The address that is told of decisions; nil for none.
    ///   - id: The id of the application.
    /// - Throws: `AdministrationError` if there is no such application; `RecordStoreError` if the server cannot store
    ///   it.
    public func setCallback(_ callback: Application.Callback?, of id: Int64) async throws {
        try await store.write { records in
            guard var application = try records.application(id) else { throw Self.noApplication(id) }
            application.callback = callback
            try records.put(application)
        }
    }

    /// Returns the API key that signs an application's callbacks: the newest valid one.
    ///
    /// - Parameter application: The id of the application.
    /// - Returns: The key as ASCII bytes; nil if the application has no valid key.
    /// - Throws: `RecordStoreError` if the records cannot be read; `VaultError` if the key cannot be opened.
    public func signingKey(of application: Int64) async throws -> [UInt8]? {
        let now = now()
        let keys = try await store.read { try $0.keys(of: application) }
        guard let key = keys.first(where: { $0.ends.map { $0 > now } ?? true }) else { return nil }
        return try vault.open(key.sealed, as: Purpose.key(hint: key.hint, application: application))
    }

    private static func noApplication(_ id: Int64) -> AdministrationError {
        AdministrationError("there is no application \(id)", hint: "countersignd app list shows them")
    }

    /// Draws 32 letters and digits: 190 bits.
    private static func newKey() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<32).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
    }

    private func record(of key: String, _ application: Int64, at now: Int64) throws -> APIKeyRecord {
        let hint = String(key.prefix(4))
        return APIKeyRecord(
            hash: Array(SHA256.hash(data: Array(key.utf8))), application: application,
            sealed: try vault.seal(Array(key.utf8), as: Purpose.key(hint: hint, application: application)), hint: hint,
            created: now)
    }
}
