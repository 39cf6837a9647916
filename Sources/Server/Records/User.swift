public import Identifiers

// Times are Unix time in seconds; sealed bytes are opaque in this module.

/// A person with a phone number, known to one or more applications.
public struct User: Equatable, Sendable {
    /// The id in the API.
    public let id: AuthyID
    /// A keyed hash of the phone number, 32 bytes; the user is found by it.
    public var phoneHash: [UInt8]
    /// The sealed phone number and e-mail addresses.
    public var contact: [UInt8]
    /// When it was created.
    public let created: Int64

    /// Makes a user with the given columns.
    public init(id: AuthyID, phoneHash: [UInt8], contact: [UInt8], created: Int64) {
        self.id = id
        self.phoneHash = phoneHash
        self.contact = contact
        self.created = created
    }
}
