public import Identifiers

// Times are Unix time in seconds; sealed bytes are opaque in this module.

/// An approval request (Authy API: OneTouch).
public struct Approval: Equatable, Sendable {
    /// The status of a request; the raw value is the word of the API, except for `cancelled`, which the API calls
    /// expired.
    public enum Status: String, Sendable, CaseIterable { case pending, approved, denied, expired, cancelled }

    /// The state of the callback: none wanted, due, done, or failed.
    public enum CallbackState: Int64, Sendable { case none, due, done, failed }

    /// The UUID of the request.
    public let id: ApprovalRequestID
    /// The id of the application.
    public let application: Int64
    /// The id of the user.
    public let user: AuthyID
    /// The text that the device shows and signs, as JSON.
    public let text: String
    /// The message of the request, at most 200 characters.
    public let message: String
    /// A JSON object of texts that the device does not see; empty for none.
    public let hiddenDetails: String
    /// A JSON array of logos; empty for none.
    public let logos: String
    /// The check number that the person has to choose; nil for none.
    public let number: String?
    /// When the request was created.
    public let created: Int64
    /// The lifetime that the application asked for, in seconds; 0 for no limit.
    public let secondsToExpire: Int64
    /// When the request expires; nil for never.
    public let ends: Int64?
    /// When the request last changed.
    public var updated: Int64
    /// The status as stored; a pending request can have expired since.
    public var status = Status.pending
    /// When the request was decided or cancelled; nil before.
    public var processed: Int64?
    /// Whether a push message about it was delivered.
    public var notified = false
    /// The state of the callback.
    public var callbackState = CallbackState.none
    /// The signed answer; nil before.
    public var answer: SignedAnswer?
    /// Whether the person reported that they did not start the login.
    public var reported = false

    /// The answer that a device signed.
    public struct SignedAnswer: Equatable, Sendable {
        /// The id of the device.
        public let device: String
        /// The signed text.
        public let signed: String
        /// The ES256 signature: r and s, 64 bytes (RFC 7518, section 3.4).
        public let signature: [UInt8]
        /// Why an approval became a denial: `wrong_number`; else nil.
        public let reason: String?

        /// Makes an answer with the given columns.
        public init(device: String, signed: String, signature: [UInt8], reason: String?) {
            self.device = device
            self.signed = signed
            self.signature = signature
            self.reason = reason
        }
    }

    /// Makes a pending request without an answer.
    public init(
        id: ApprovalRequestID, application: Int64, user: AuthyID, text: String, message: String, hiddenDetails: String,
        logos: String,
        number: String?, created: Int64, secondsToExpire: Int64, ends: Int64?
    ) {
        self.id = id
        self.application = application
        self.user = user
        self.text = text
        self.message = message
        self.hiddenDetails = hiddenDetails
        self.logos = logos
        self.number = number
        self.created = created
        self.secondsToExpire = secondsToExpire
        self.ends = ends
        updated = created
    }
}
