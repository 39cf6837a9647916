public import Identifiers

// Times are Unix time in seconds; sealed bytes are opaque in this module.

/// A browser on a phone that holds a signing key.
public struct Device: Equatable, Sendable {
    /// The UUID of the device, in lower case.
    public let id: String
    /// The id of the user.
    public let user: AuthyID
    /// The public key: an uncompressed P-256 point (SEC 1, section 2.3.3), 65 bytes.
    public let publicKey: [UInt8]
    /// The name that the person gave it, or that the page suggested; at most 60 characters.
    public var name: String
    /// The operating system: `android`, `ios`, `desktop` or `other`.
    public let osType: String
    /// When it was enrolled.
    public let created: Int64
    /// The IP address from which it was enrolled.
    public let address: String
    /// When it last made a signed call, to within ten minutes.
    public var lastSeen: Int64
    /// When the confirmation code was given back; nil before, while the device may do nothing.
    public var confirmed: Int64?
    /// The sealed confirmation code; nil once the device is confirmed or removed.
    public var confirmation: [UInt8]?
    /// When it was removed; nil while it is not.
    public var removed: Int64?
    /// The push subscription; nil if the device has none.
    public var push: Push?
    /// The application whose link was opened; nil for a link of the administrator or of another phone.
    public var application: Int64?

    /// A Web Push subscription: the address of the push service (RFC 8030) and the encryption keys (RFC 8291).
    public struct Push: Equatable, Sendable {
        /// The URL of the push resource.
        public var endpoint: String
        /// The browser's public key (`p256dh`), 65 bytes.
        public var publicKey: [UInt8]
        /// The authentication secret (`auth`), 16 bytes.
        public var authentication: [UInt8]

        /// Makes a subscription from its three columns.
        public init(endpoint: String, publicKey: [UInt8], authentication: [UInt8]) {
            self.endpoint = endpoint
            self.publicKey = publicKey
            self.authentication = authentication
        }
    }

    /// Makes a device that is neither confirmed nor removed and was last seen when it was created.
    public init(
        id: String, user: AuthyID, publicKey: [UInt8], name: String, osType: String, created: Int64, address: String
    ) {
        self.id = id
        self.user = user
        self.publicKey = publicKey
        self.name = name
        self.osType = osType
        self.created = created
        self.address = address
        lastSeen = created
    }
}

/// Senders of links that are not an application; used in place of an application's id in link counts.
public enum LinkSender {
    /// All applications together that the person has not allowed to ask.
    public static let strangers: Int64 = 0
    /// All phones of the person together.
    public static let phones: Int64 = -1
}

/// A one-time link that enrolls a browser as a device.
public struct Enrolment: Equatable, Sendable {
    /// SHA-256 of the token in the link, 32 bytes.
    public let hash: [UInt8]
    /// The id of the user.
    public let user: AuthyID
    /// When the link was made.
    public let created: Int64
    /// When it expires.
    public let ends: Int64
    /// The device that used the link; nil while it is unused.
    public var device: String?
    /// The application that had the link sent; nil for the administrator or a phone.
    public let application: Int64?
    /// The user's device that made the link for another one; nil for the administrator or an application.
    public let madeBy: String?

    /// Makes an unused link with the given columns.
    public init(
        hash: [UInt8], user: AuthyID, application: Int64? = nil, madeBy: String? = nil, created: Int64, ends: Int64
    ) {
        self.hash = hash
        self.user = user
        self.application = application
        self.madeBy = madeBy
        self.created = created
        self.ends = ends
    }
}
