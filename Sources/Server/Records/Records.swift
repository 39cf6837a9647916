public import Identifiers

// The values that the server stores. Times are Unix time in seconds; sealed bytes are opaque in this module.

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

/// How often something was done since a time; the reader decides how long a count is valid.
public struct WindowCounter: Equatable, Sendable {
    /// The start of the count.
    public var since: Int64
    /// The number of times since then.
    public var times: Int64

    /// Makes a count; without arguments, an empty one.
    public init(since: Int64 = 0, times: Int64 = 0) {
        self.since = since
        self.times = times
    }
}

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
    public var telling = CallbackState.none
    /// The signed answer; nil before.
    public var answer: Answer?
    /// Whether the person reported that they did not start the login.
    public var reported = false

    /// The answer that a device signed.
    public struct Answer: Equatable, Sendable {
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

/// An event in a user's history: a code used, a device added, or an activity that an application registered.
public struct Activity: Equatable, Sendable {
    /// The number that the store assigns; 0 before.
    public var id: Int64 = 0
    /// The id of the user.
    public let user: AuthyID
    /// The application that took part; nil for none.
    public let application: Int64?
    /// When it happened.
    public let at: Int64

    /// The kind of event.
    ///
    /// One of `softtoken`, `onecode`, `confirmation`, `device_added`, `device_removed`, `link_made`, `reported`,
    /// `phone_changed`, `consented`, `refused`, or a type of register_activity.
    public let kind: String
    /// A short plain text without secrets, codes or phone numbers; may be empty.
    public let detail: String

    /// Makes an activity that is not stored yet.
    public init(user: AuthyID, application: Int64?, at: Int64, kind: String, detail: String) {
        self.user = user
        self.application = application
        self.at = at
        self.kind = kind
        self.detail = detail
    }
}

/// One attempt to deliver a message through one gateway.
public struct DeliveryRecord: Equatable, Sendable {
    /// When the attempt was made.
    public let at: Int64
    /// The application on whose behalf; nil for none.
    public let application: Int64?
    /// The user it was sent to; nil for none.
    public let user: AuthyID?
    /// The kind of message: `sms`, `call`, `email` or `push`.
    public let kind: String
    /// The name of the gateway.
    public let gateway: String
    /// Whether the gateway accepted the message.
    public let succeeded: Bool
    /// A short plain text without codes or phone numbers; may be empty.
    public let detail: String
    /// How long the attempt took, in milliseconds.
    public let milliseconds: Int64

    /// Makes a delivery record with the given columns.
    public init(
        at: Int64, application: Int64?, user: AuthyID?, kind: String, gateway: String, succeeded: Bool, detail: String,
        milliseconds: Int64
    ) {
        self.at = at
        self.application = application
        self.user = user
        self.kind = kind
        self.gateway = gateway
        self.succeeded = succeeded
        self.detail = detail
        self.milliseconds = milliseconds
    }
}

/// The counters of an application for one month (app/stats).
public struct MonthOfStatistics: Equatable, Sendable {
    /// The id of the application.
    public let application: Int64
    /// The year, such as 2026, in UTC.
    public let year: Int64
    /// The month, 1 to 12, in UTC.
    public let month: Int64
    /// The number of calls of the API.
    public var apiCalls: Int64 = 0
    /// The number of accepted codes.
    public var codesAccepted: Int64 = 0
    /// The number of phone calls.
    public var calls: Int64 = 0
    /// The number of text messages.
    public var messages: Int64 = 0
    /// The number of users added.
    public var usersAdded: Int64 = 0

    /// Makes a month with all counters at 0.
    public init(application: Int64, year: Int64, month: Int64) {
        self.application = application
        self.year = year
        self.month = month
    }
}
