public import Identifiers

// Times are Unix time in seconds; sealed bytes are opaque in this module.

/// A user of one application: secret, codes and limits belong to this pair alone.
public struct Member: Equatable, Sendable {
    /// The id of the application.
    public let application: Int64
    /// The id of the user.
    public let user: AuthyID
    /// When the user was added to the application.
    public let added: Int64
    /// When the user first entered a correct code; nil before.
    public var confirmed: Int64?

    /// When the person allowed the application to see and ask their phones; nil before.
    ///
    /// The person has entered a code that only their phone can have shown, or has allowed it on a phone.
    public var consented: Int64?
    /// When the person refused the application on a phone; nil if they have not.
    public var refused: Int64?
    /// The sealed SoftToken secret (TOTP) of the phone page.
    public var secret: [UInt8]
    /// The last TOTP time step that was accepted for it (RFC 6238, section 5.2); nil for none.
    public var spent: Int64?
    /// The sealed secret of an authenticator app (users/ID/secret); nil for none.
    public var genericSecret: [UInt8]?
    /// The last TOTP time step that was accepted for it; nil for none.
    public var genericSpent: Int64?
    /// The OneCode that was sent and has not been replaced; nil for none.
    public var oneCode: OneCode?
    /// Wrong codes in ten minutes.
    public var wrongCodes = WindowCounter()
    /// Wrong codes in a day.
    public var wrongCodesOfDay = WindowCounter()
    /// Messages sent in ten minutes.
    public var sends = WindowCounter()
    /// Approval requests created in ten minutes.
    public var requests = WindowCounter()
    /// E-mails about an enrollment sent in a day.
    public var notices = WindowCounter()

    /// A code that was sent by text message, call or e-mail.
    public struct OneCode: Equatable, Sendable {
        /// The sealed code.
        public var sealed: [UInt8]
        /// The action that the code is bound to; empty for none.
        public var action: String
        /// When it expires.
        public var ends: Int64
        /// Whether it was used; it is kept until it expires, so that a second use can be told from a wrong code.
        public var isSpent = false
        /// Whether it was sent by e-mail, to an address that the application chose.
        public var isMailed = false

        /// Makes an unused code that was not sent by e-mail.
        public init(sealed: [UInt8], action: String, ends: Int64) {
            self.sealed = sealed
            self.action = action
            self.ends = ends
        }
    }

    /// Makes a member without any codes, proofs or counts.
    public init(application: Int64, user: AuthyID, added: Int64, secret: [UInt8]) {
        self.application = application
        self.user = user
        self.added = added
        self.secret = secret
    }
}

/// What is kept of a removed member, so that adding the same phone again does not reset limits and proofs.
public struct FormerMember: Equatable, Sendable {
    /// The id of the application.
    public let application: Int64
    /// The keyed hash of the phone number.
    public let phoneHash: [UInt8]
    /// The id that the user had.
    public let user: AuthyID
    /// When the member was removed.
    public let removed: Int64
    /// When the user first entered a correct code; nil if they had not.
    public let confirmed: Int64?
    /// When the person allowed the application to ask their phones; nil if they had not.
    public let consented: Int64?
    /// When the person refused the application; nil if they had not.
    public let refused: Int64?
    /// Wrong codes in ten minutes.
    public let wrongCodes: WindowCounter
    /// Wrong codes in a day.
    public let wrongCodesOfDay: WindowCounter
    /// Messages sent in ten minutes.
    public let sends: WindowCounter
    /// Approval requests created in ten minutes.
    public let requests: WindowCounter
    /// E-mails about an enrollment sent in a day.
    public let notices: WindowCounter

    /// Copies what is kept of a member.
    public init(_ member: Member, phoneHash: [UInt8], removed: Int64) {
        application = member.application
        self.phoneHash = phoneHash
        user = member.user
        self.removed = removed
        confirmed = member.confirmed
        consented = member.consented
        refused = member.refused
        wrongCodes = member.wrongCodes
        wrongCodesOfDay = member.wrongCodesOfDay
        sends = member.sends
        requests = member.requests
        notices = member.notices
    }
}
