internal import Identifiers
internal import SQLite

// Each extension names the columns of a table in the order in which its initializer reads them.
extension Application {
    static let columns = """
        applications.id, applications.name, applications.url, applications.method, applications.created, \
        applications.revoked
        """
    /// The same columns for statements with one table only.
    static let columnsAlone = "id, name, url, method, created, revoked"

    init(_ fields: inout Fields) throws {
        self.init(
            id: try fields.integer(), name: try fields.text(), callback: try Callback(&fields),
            created: try fields.integer(),
            revoked: fields.integerOrNil())
    }
}

extension Application.Callback {
    /// Reads both columns; nil if one of them is null.
    fileprivate init?(_ fields: inout Fields) throws {
        let (url, method) = (fields.textOrNil(), fields.textOrNil())
        guard let url, let method else { return nil }
        self.init(url: url, method: try Fields.present(Method(rawValue: method)))
    }
}

extension APIKeyRecord {
    static let columns = """
        api_keys.hash, api_keys.application, api_keys.sealed, api_keys.hint, api_keys.created, api_keys.ends
        """

    init(_ fields: inout Fields) throws {
        self.init(
            hash: try fields.blob(), application: try fields.integer(), sealed: try fields.blob(),
            hint: try fields.text(),
            created: try fields.integer(), ends: fields.integerOrNil())
    }
}

extension User {
    static let columns = "id, phone_hash, contact, created"

    init(_ fields: inout Fields) throws {
        self.init(
            id: try fields.user(), phoneHash: try fields.blob(), contact: try fields.blob(),
            created: try fields.integer())
    }
}

extension Member {
    static let columns = """
        application, user, added, secret, confirmed, spent, generic_secret, generic_spent, one_code, one_code_action, \
        one_code_ends,
        one_code_spent, wrong_since, wrong, day_wrong_since, day_wrong, sends_since, sends, requests_since, requests,
        notices_since, notices, consented, refused, one_code_mailed
        """

    init(_ fields: inout Fields) throws {
        self.init(
            application: try fields.integer(), user: try fields.user(), added: try fields.integer(),
            secret: try fields.blob())
        confirmed = fields.integerOrNil()
        spent = fields.integerOrNil()
        genericSecret = fields.blobOrNil()
        genericSpent = fields.integerOrNil()
        oneCode = OneCode(&fields)
        wrongCodes = try fields.count()
        wrongCodesOfDay = try fields.count()
        sends = try fields.count()
        requests = try fields.count()
        notices = try fields.count()
        consented = fields.integerOrNil()
        refused = fields.integerOrNil()
        let isMailed = try fields.flag()
        oneCode?.isMailed = isMailed
    }
}

extension Member.OneCode {
    /// Reads all four columns; nil if one of the first three is null.
    fileprivate init?(_ fields: inout Fields) {
        let (sealed, action, ends) = (fields.blobOrNil(), fields.textOrNil(), fields.integerOrNil())
        let spent = fields.integerOrNil()
        guard let sealed, let action, let ends else { return nil }
        self.init(sealed: sealed, action: action, ends: ends)
        isSpent = spent != 0
    }
}

extension FormerMember {
    static let columns = """
        application, phone_hash, user, removed, confirmed, wrong_since, wrong, day_wrong_since, day_wrong, \
        sends_since, sends,
        requests_since, requests, notices_since, notices, consented, refused
        """

    init(_ fields: inout Fields) throws {
        let (application, phoneHash, user) = (try fields.integer(), try fields.blob(), try fields.user())
        let (removed, confirmed) = (try fields.integer(), fields.integerOrNil())
        var member = Member(application: application, user: user, added: removed, secret: [])
        member.confirmed = confirmed
        member.wrongCodes = try fields.count()
        member.wrongCodesOfDay = try fields.count()
        member.sends = try fields.count()
        member.requests = try fields.count()
        member.notices = try fields.count()
        member.consented = fields.integerOrNil()
        member.refused = fields.integerOrNil()
        self.init(member, phoneHash: phoneHash, removed: removed)
    }
}

extension Device {
    static let columns = """
        id, user, public_key, name, os_type, created, address, last_seen, confirmed, confirmation, removed, \
        application, endpoint,
        push_key, authentication
        """

    init(_ fields: inout Fields) throws {
        self.init(
            id: try fields.text(), user: try fields.user(), publicKey: try fields.blob(), name: try fields.text(),
            osType: try fields.text(), created: try fields.integer(), address: try fields.text())
        lastSeen = try fields.integer()
        confirmed = fields.integerOrNil()
        confirmation = fields.blobOrNil()
        removed = fields.integerOrNil()
        application = fields.integerOrNil()
        push = Push(&fields)
    }
}

extension Device.Push {
    fileprivate init?(_ fields: inout Fields) {
        guard let endpoint = fields.textOrNil(), let key = fields.blobOrNil(), let authentication = fields.blobOrNil()
        else { return nil }
        self.init(endpoint: endpoint, publicKey: key, authentication: authentication)
    }
}

extension Enrolment {
    static let columns = "hash, user, application, created, ends, device, made_by"

    init(_ fields: inout Fields) throws {
        let (hash, user, application) = (try fields.blob(), try fields.user(), fields.integerOrNil())
        let (created, ends, device) = (try fields.integer(), try fields.integer(), fields.textOrNil())
        self.init(
            hash: hash, user: user, application: application, madeBy: fields.textOrNil(), created: created, ends: ends)
        self.device = device
    }
}

extension Approval {
    static let columns = """
        id, application, user, text, message, hidden_details, logos, check_number, created, seconds_to_expire, ends, \
        updated, status,
        processed, notified, telling, reported, device, signed, signature, reason
        """

    init(_ fields: inout Fields) throws {
        self.init(
            id: try Fields.present(ApprovalRequestID(fields.text())), application: try fields.integer(),
            user: try fields.user(),
            text: try fields.text(), message: try fields.text(), hiddenDetails: try fields.text(),
            logos: try fields.text(),
            number: fields.textOrNil(), created: try fields.integer(), secondsToExpire: try fields.integer(),
            ends: fields.integerOrNil())
        updated = try fields.integer()
        status = try Fields.present(Status(rawValue: fields.text()))
        processed = fields.integerOrNil()
        notified = try fields.flag()
        callbackState = try Fields.present(CallbackState(rawValue: fields.integer()))
        reported = try fields.flag()
        answer = SignedAnswer(&fields)
    }
}

extension Approval.SignedAnswer {
    fileprivate init?(_ fields: inout Fields) {
        guard let device = fields.textOrNil(), let signed = fields.textOrNil(), let signature = fields.blobOrNil()
        else { return nil }
        self.init(device: device, signed: signed, signature: signature, reason: fields.textOrNil())
    }
}

extension PhoneCheck {
    static let columns = "application, phone_hash, id, sealed, ends, wrong, sends_since, sends"

    init(_ fields: inout Fields) throws {
        self.init(
            application: try fields.integer(), phoneHash: try fields.blob(), id: try fields.text(),
            sealed: try fields.blob(),
            ends: try fields.integer(), wrongCodes: try fields.integer())
        sends = try fields.count()
    }
}

extension Activity {
    static let columns = "id, user, application, at, kind, detail"

    init(_ fields: inout Fields) throws {
        let id = try fields.integer()
        self.init(
            user: try fields.user(), application: fields.integerOrNil(), at: try fields.integer(),
            kind: try fields.text(),
            detail: try fields.text())
        self.id = id
    }
}

extension DeliveryRecord {
    static let columns = "at, application, user, kind, gateway, succeeded, detail, milliseconds"

    init(_ fields: inout Fields) throws {
        self.init(
            at: try fields.integer(), application: fields.integerOrNil(),
            user: fields.integerOrNil().flatMap { AuthyID($0) },
            kind: try fields.text(), gateway: try fields.text(), succeeded: try fields.flag(),
            detail: try fields.text(),
            milliseconds: try fields.integer())
    }
}

extension MonthOfStatistics {
    static let columns = "application, year, month, api_calls, codes_accepted, calls, messages, users_added"

    init(_ fields: inout Fields) throws {
        self.init(application: try fields.integer(), year: try fields.integer(), month: try fields.integer())
        apiCalls = try fields.integer()
        codesAccepted = try fields.integer()
        calls = try fields.integer()
        messages = try fields.integer()
        usersAdded = try fields.integer()
    }
}
