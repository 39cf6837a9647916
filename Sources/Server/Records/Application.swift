// Times are Unix time in seconds; sealed bytes are opaque in this module.

/// One customer of the API: the owner of a set of API keys, such as the hosts of a company.
public struct Application: Equatable, Sendable {
    /// The number of the application, from 1, in the order of creation.
    public let id: Int64
    /// The display name, which users see in messages and on the phone page.
    public var name: String
    /// The callback that is told of decisions; nil for none.
    public var callback: Callback?
    /// When it was created.
    public let created: Int64
    /// When all of its keys ended; nil while it is valid.
    public var revoked: Int64?

    /// The address that is told of decisions (Authy API: OneTouch callback).
    public struct Callback: Equatable, Sendable {
        /// The HTTP method of the callback; the raw value is the method's name.
        public enum Method: String, Sendable, CaseIterable { case get = "GET", post = "POST" }
        /// The URL as configured.
        public var url: String
        /// The method of the request.
        public var method: Method

        /// Makes a callback from its two columns.
        public init(url: String, method: Method) {
            self.url = url
            self.method = method
        }
    }

    /// Makes an application with the given columns.
    public init(id: Int64, name: String, callback: Callback? = nil, created: Int64, revoked: Int64? = nil) {
        self.id = id
        self.name = name
        self.callback = callback
        self.created = created
        self.revoked = revoked
    }
}

/// An API key of an application.
///
/// The newest valid key signs callbacks.
public struct APIKeyRecord: Equatable, Sendable {
    /// SHA-256 of the key, 32 bytes; the key is found by it.
    public let hash: [UInt8]
    /// The id of the application.
    public let application: Int64
    /// The sealed key.
    public let sealed: [UInt8]
    /// The first four characters of the key, to tell keys apart.
    public let hint: String
    /// When it was created.
    public let created: Int64
    /// The time from which it is invalid; nil for never.
    public var ends: Int64?

    /// Makes a key record with the given columns.
    public init(hash: [UInt8], application: Int64, sealed: [UInt8], hint: String, created: Int64, ends: Int64? = nil) {
        self.hash = hash
        self.application = application
        self.sealed = sealed
        self.hint = hint
        self.created = created
        self.ends = ends
    }
}
