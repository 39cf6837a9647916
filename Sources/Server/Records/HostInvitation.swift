internal import SQLite

// Times are Unix time in seconds.

/// A code that lets one host fetch the API key of an application, once.
public struct HostInvitation: Equatable, Sendable {
    /// What has become of the code; the raw values are those of the database.
    public enum Status: String, Sendable, CaseIterable { case open, used, revoked, expired }

    /// The number of the invitation, from 1.
    public let number: Int64
    /// The id of the application.
    public let application: Int64
    /// The address of the server that the code holds.
    public let url: String
    /// The certificates in PEM that a host gets with the key; nil for those of its system.
    public let authority: String?
    /// When it was made.
    public let created: Int64
    /// The time from which the code is invalid.
    public let ends: Int64
    /// What has become of the code.
    public let status: Status
    /// When it was used, revoked or expired; nil while it is open.
    public let changed: Int64?
    /// The client's address where it was used.
    public let address: String?
}

/// A new code, before it has a number.
public struct NewHostInvitation: Equatable, Sendable {
    /// SHA-256 of the secret in the code, 32 bytes; the invitation is found by it.
    public let hash: [UInt8]
    /// The id of the application.
    public let application: Int64
    /// The address of the server that the code holds.
    public let url: String
    /// The certificates in PEM that a host gets with the key; nil for those of its system.
    public let authority: String?
    /// When it was made.
    public let created: Int64
    /// The time from which the code is invalid.
    public let ends: Int64

    /// Takes the values as they are.
    public init(hash: [UInt8], application: Int64, url: String, authority: String?, created: Int64, ends: Int64) {
        self.hash = hash
        self.application = application
        self.url = url
        self.authority = authority
        self.created = created
        self.ends = ends
    }
}

extension HostInvitation {
    static let columns = "number, application, url, authority, created, ends, status, changed, address"

    init(_ fields: inout Fields) throws {
        self.init(
            number: try fields.integer(), application: try fields.integer(), url: try fields.text(),
            authority: fields.textOrNil(), created: try fields.integer(), ends: try fields.integer(),
            status: try Fields.present(Status(rawValue: fields.text())), changed: fields.integerOrNil(),
            address: fields.textOrNil())
    }
}

// The writes.
extension Transaction {
    func add(_ invitation: NewHostInvitation) throws -> Int64 {
        guard connection.isInTransaction else { throw RecordStoreError.other("the transaction is over") }
        let number = try connection.first(
            """
            INSERT INTO host_invitations (hash, application, url, authority, created, ends, status)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open') RETURNING number
            """, invitation.hash, invitation.application, invitation.url, invitation.authority, invitation.created,
            invitation.ends
        ) { $0.integer(0) }
        return try Fields.present(number ?? nil)
    }

    func end(
        hostInvitation number: Int64, as status: HostInvitation.Status, at now: Int64, address: String?
    ) throws -> Bool {
        try change(
            """
            UPDATE host_invitations SET status = ?2, changed = ?3, address = ?4 WHERE number = ?1 AND status = 'open'
            """, number, status.rawValue, now, address) == 1
    }
}
