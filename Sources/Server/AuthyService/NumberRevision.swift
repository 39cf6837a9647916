internal import Identifiers
internal import Logging
internal import PhoneNumbers
internal import Records
internal import Vault

// Users are found by the hash of their phone number, so that stored numbers must have the form in which calls are read.

extension APIService {
    private static let revisionName = "phone_numbers"
    /// The version of the phone number parser; it is raised when the parsing changes.
    private static let revision: [UInt8] = [1]
    private static let page = 500

    /// Parses all stored phone numbers again, once for each version of the parser.
    ///
    /// The AuthyIDs stay. A number that cannot be parsed, or that belongs to another user, stays as it is.
    ///
    /// - Returns: The number of changed phone numbers.
    /// - Throws: `RecordStoreError` or `VaultError` if the server cannot store them.
    public func reviseNumbers() async throws -> Int {
        guard try await store.read({ try $0.value(Self.revisionName) }) != Self.revision else { return 0 }
        var last: Int64? = 0
        var count = 0
        while let after = last {
            let changed = try await store.write { records in try revise(after: after, in: records) }
            last = changed.last
            count += changed.count
        }
        try await store.write { try $0.setValue(Self.revisionName, to: Self.revision) }
        if count > 0 { log.notice("numbers_revised", metadata: ["count": "\(count)"]) }
        return count
    }

    private func revise(after id: Int64, in records: any RecordWriting) throws -> (last: Int64?, count: Int) {
        let users = try records.users(after: id, limit: Self.page)
        var count = 0
        for user in users where try revise(user, in: records) { count += 1 }
        let last: Int64? = if users.count < Self.page { nil } else { users.last?.id.value }
        return (last, count)
    }

    private func revise(_ user: User, in records: any RecordWriting) throws -> Bool {
        var user = user
        var contact = try self.contact(of: user)
        let old = contact.phone
        guard let phone = try? PhoneNumber(written: old.national, in: .given(old.countryCode)), phone != old else {
            return false
        }
        let hash = vault.index(phone.e164)
        if let other = try records.user(phoneHash: hash) {
            log.warning("number_of_two_users", metadata: ["user": "\(user.id)", "other": "\(other.id)"])
            return false
        }
        contact.phone = phone
        try records.moveFormerMembers(from: user.phoneHash, to: hash)
        user.phoneHash = hash
        user.contact = try contact.sealed(for: user.id, in: vault)
        try records.put(user)
        return true
    }
}
