public import Identifiers

// What the server keeps, as values. Times are seconds since 1970-01-01T00:00:00Z; what is called sealed is opaque here.

/// One customer of the API: whatever stands behind one set of API keys, such as a company's hosts.
public struct Application: Equatable, Sendable {
    /// From 1 on, in the order of creation.
    public let id: Int64
    public var name: String
    /// Where decisions are told to; nil for nowhere.
    public var callback: Callback?
    public let created: Int64
    /// When all of its keys ended; nil while it lives.
    public var revoked: Int64?

    public struct Callback: Equatable, Sendable {
        public enum Method: String, Sendable, CaseIterable { case get = "GET", post = "POST" }
        public var url: String
        public var method: Method
        public init(url: String, method: Method) {
            self.url = url
            self.method = method
        }
    }

    public init(id: Int64, name: String, callback: Callback? = nil, created: Int64, revoked: Int64? = nil) {
        self.id = id
        self.name = name
        self.callback = callback
        self.created = created
        self.revoked = revoked
    }
}

/// A key of an application. The newest one that lives signs callbacks.
public struct APIKeyRecord: Equatable, Sendable {
    /// SHA-256 of the key, by which it is found.
    public let hash: [UInt8]
    public let application: Int64
    public let sealed: [UInt8]
    /// Its first four characters, to tell keys apart.
    public let hint: String
    public let created: Int64
    /// From then on it is worth nothing; nil for never.
    public var ends: Int64?

    public init(hash: [UInt8], application: Int64, sealed: [UInt8], hint: String, created: Int64, ends: Int64? = nil) {
        self.hash = hash
        self.application = application
        self.sealed = sealed
        self.hint = hint
        self.created = created
        self.ends = ends
    }
}

/// A person with a phone number, known to one application or several.
public struct User: Equatable, Sendable {
    public let id: AuthyID
    /// A keyed hash of the phone number, by which the user is found.
    public var phoneHash: [UInt8]
    /// The sealed phone number and e-mail addresses.
    public var contact: [UInt8]
    public let created: Int64

    public init(id: AuthyID, phoneHash: [UInt8], contact: [UInt8], created: Int64) {
        self.id = id
        self.phoneHash = phoneHash
        self.contact = contact
        self.created = created
    }
}

/// How often something was done since a moment; old counts are forgotten by whoever reads them.
public struct Count: Equatable, Sendable {
    public var since: Int64
    public var times: Int64
    public init(since: Int64 = 0, times: Int64 = 0) {
        self.since = since
        self.times = times
    }
}

/// A user of one application: secret, codes and limits are of this pair alone.
public struct Member: Equatable, Sendable {
    public let application: Int64
    public let user: AuthyID
    public let added: Int64
    /// When the first right code came; nil before.
    public var confirmed: Int64?
    /// Since when the application may know of the person's phones and ask them: the person has shown it a code that
    /// only their phone can have had, or said so on a phone. Nil before.
    public var consented: Int64?
    /// When the person said on a phone that it may not; nil where they did not.
    public var refused: Int64?
    /// The sealed SoftToken secret of the phone's page.
    public var secret: [UInt8]
    /// The last time step of it that was accepted.
    public var spent: Int64?
    /// The sealed secret of a generic authenticator app (users/ID/secret); nil while there is none.
    public var genericSecret: [UInt8]?
    public var genericSpent: Int64?
    /// The OneCode that is out; nil when there is none.
    public var oneCode: OneCode?
    public var wrongCodes = Count()
    public var wrongCodesOfDay = Count()
    public var sends = Count()
    public var requests = Count()
    /// Mails that told of an enrolment.
    public var notices = Count()

    public struct OneCode: Equatable, Sendable {
        public var sealed: [UInt8]
        /// The action that it is bound to; empty for none.
        public var action: String
        public var ends: Int64
        /// Whether it was used: kept until it ends, so that a second use is told from a wrong code.
        public var isSpent = false
        /// Whether it was sent by e-mail: to an address of the application's choice.
        public var isMailed = false
        public init(sealed: [UInt8], action: String, ends: Int64) {
            self.sealed = sealed
            self.action = action
            self.ends = ends
        }
    }

    public init(application: Int64, user: AuthyID, added: Int64, secret: [UInt8]) {
        self.application = application
        self.user = user
        self.added = added
        self.secret = secret
    }
}

/// What is kept of a member who was removed, so that whoever adds the same phone again does not begin anew.
public struct FormerMember: Equatable, Sendable {
    public let application: Int64
    public let phoneHash: [UInt8]
    public let user: AuthyID
    public let removed: Int64
    public let confirmed: Int64?
    public let consented: Int64?
    public let refused: Int64?
    public let wrongCodes: Count
    public let wrongCodesOfDay: Count
    public let sends: Count
    public let requests: Count
    public let notices: Count

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

/// A phone's browser that holds a key.
public struct Device: Equatable, Sendable {
    /// A UUID in lower case.
    public let id: String
    public let user: AuthyID
    /// An uncompressed point of P-256 (SEC 1, section 2.3.3): 65 bytes.
    public let publicKey: [UInt8]
    public var name: String
    /// `android`, `ios`, `desktop` or `other`.
    public let osType: String
    public let created: Int64
    public let address: String
    public var lastSeen: Int64
    /// When the confirmation code was given back; nil before: then it may do nothing.
    public var confirmed: Int64?
    /// The sealed confirmation code while it is out.
    public var confirmation: [UInt8]?
    public var removed: Int64?
    public var push: Push?
    /// The application whose link it has opened; nil for a link of the administrator's.
    public var application: Int64?

    /// Where a Web Push message goes (RFC 8030), and for whom it is encrypted (RFC 8291).
    public struct Push: Equatable, Sendable {
        public var endpoint: String
        public var publicKey: [UInt8]
        public var authentication: [UInt8]
        public init(endpoint: String, publicKey: [UInt8], authentication: [UInt8]) {
            self.endpoint = endpoint
            self.publicKey = publicKey
            self.authentication = authentication
        }
    }

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

/// Who has links made for a number, where it is no application: stands in place of an application's id in counts of links.
public enum LinkSender {
    /// All applications together that the person has not let ask.
    public static let strangers: Int64 = 0
    /// The person's own phones together.
    public static let phones: Int64 = -1
}

/// A one-time link that makes a browser a device.
public struct Enrolment: Equatable, Sendable {
    /// SHA-256 of the token in the link.
    public let hash: [UInt8]
    public let user: AuthyID
    public let created: Int64
    public let ends: Int64
    /// The device that used it.
    public var device: String?
    /// The application that had it sent; nil for the administrator, and for a phone.
    public let application: Int64?
    /// The user's device that made it for another one; nil for the administrator, and for an application.
    public let madeBy: String?

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

/// A OneTouch request.
public struct Approval: Equatable, Sendable {
    public enum Status: String, Sendable, CaseIterable { case pending, approved, denied, expired, cancelled }
    /// What became of telling the application.
    public enum Telling: Int64, Sendable { case none, due, done, failed }

    public let id: ApprovalRequestID
    public let application: Int64
    public let user: AuthyID
    /// The text that the device shows and signs, as JSON.
    public let text: String
    public let message: String
    /// JSON, or empty.
    public let hiddenDetails: String
    public let logos: String
    /// The check number; nil for none.
    public let number: String?
    public let created: Int64
    public let secondsToExpire: Int64
    /// Nil for never.
    public let ends: Int64?
    public var updated: Int64
    public var status = Status.pending
    public var processed: Int64?
    public var notified = false
    public var telling = Telling.none
    public var answer: Answer?
    /// Whether the person said that they did not start it.
    public var reported = false

    /// What the device signed.
    public struct Answer: Equatable, Sendable {
        public let device: String
        public let signed: String
        /// r and s of ES256, 64 bytes.
        public let signature: [UInt8]
        /// Why it was denied although the person approved: `wrong_number`; else nil.
        public let reason: String?
        public init(device: String, signed: String, signature: [UInt8], reason: String?) {
            self.device = device
            self.signed = signed
            self.signature = signature
            self.reason = reason
        }
    }

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

/// A code that was sent to a number which needs no user (phones/verification).
public struct PhoneCheck: Equatable, Sendable {
    public let application: Int64
    public let phoneHash: [UInt8]
    /// A UUID in lower case.
    public let id: String
    public var sealed: [UInt8]
    public var ends: Int64
    public var wrongCodes: Int64
    public var sends = Count()
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

/// Something that happened to a user: a code used, a device added, what an application registered.
public struct Activity: Equatable, Sendable {
    /// Given by the store; 0 before.
    public var id: Int64 = 0
    public let user: AuthyID
    /// Nil where no application had a part in it.
    public let application: Int64?
    public let at: Int64
    /// `softtoken`, `onecode`, `device_added`, `device_removed`, `reported`, `phone_changed`, `consented`, `refused`,
    /// or a type of register_activity.
    public let kind: String
    /// Short and plain; no secret, no code, no phone number.
    public let detail: String
    public init(user: AuthyID, application: Int64?, at: Int64, kind: String, detail: String) {
        self.user = user
        self.application = application
        self.at = at
        self.kind = kind
        self.detail = detail
    }
}

/// One try to get something to a person by one gateway.
public struct DeliveryRecord: Equatable, Sendable {
    public let at: Int64
    public let application: Int64?
    public let user: AuthyID?
    /// `sms`, `call`, `email` or `push`.
    public let kind: String
    public let gateway: String
    public let succeeded: Bool
    /// Short and plain; no code, no phone number.
    public let detail: String
    public let milliseconds: Int64
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

/// What an application did in a month (app/stats).
public struct MonthOfStatistics: Equatable, Sendable {
    public let application: Int64
    public let year: Int64
    /// 1 to 12.
    public let month: Int64
    public var apiCalls: Int64 = 0
    public var codesAccepted: Int64 = 0
    public var calls: Int64 = 0
    public var messages: Int64 = 0
    public var usersAdded: Int64 = 0
    public init(application: Int64, year: Int64, month: Int64) {
        self.application = application
        self.year = year
        self.month = month
    }
}
