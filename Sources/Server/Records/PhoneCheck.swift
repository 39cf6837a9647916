// Times are Unix time in seconds; sealed bytes are opaque in this module.

/// A code sent to a phone number that does not belong to a user (phones/verification).
public struct PhoneCheck: Equatable, Sendable {
    /// The id of the application.
    public let application: Int64
    /// The keyed hash of the phone number.
    public let phoneHash: [UInt8]
    /// The UUID of the check, in lower case.
    public let id: String
    /// The sealed code.
    public var sealed: [UInt8]
    /// When the code expires; 0 once it was entered correctly.
    public var ends: Int64
    /// The number of wrong codes entered.
    public var wrongCodes: Int64
    /// Messages sent in ten minutes.
    public var sends = WindowCounter()

    /// Makes a check without a count of messages.
    public init(application: Int64, phoneHash: [UInt8], id: String, sealed: [UInt8], ends: Int64, wrongCodes: Int64 = 0)
    {
        self.application = application
        self.phoneHash = phoneHash
        self.id = id
        self.sealed = sealed
        self.ends = ends
        self.wrongCodes = wrongCodes
    }
}
