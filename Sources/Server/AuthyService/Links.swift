public import AuthyWire
internal import Crypto
internal import Encoding
internal import Identifiers
internal import Logging
internal import QRCode
internal import Records
internal import ServerSettings

// Links that a phone makes for another phone: docs/develop/adr/0057

extension APIService {
    /// The most links that the phones of one user can make in a day.
    private static let linksOfPhonesADay: Int64 = 10
    /// The longest lifetime of such a link in seconds; the other phone is at hand.
    private static let linkOfPhoneLifetime: Int64 = 900
    /// The most phones of one user; those that wait for confirmation give way to others.
    private static let mostPhones = 20

    /// Returns the URL of an enrollment link.
    ///
    /// - Parameters:
    ///   - base: The server's `public_url`.
    ///   - token: The token of the link.
    /// - Returns: The URL; the token is in the fragment, which browsers do not send.
    static func link(base: String, token: String) -> String { "\(base)/phone/#enrol=\(token)" }

    /// Makes a link with which a confirmed phone enrolls another phone of the same user (`POST links`).
    ///
    /// The other phone must be confirmed, as with any link. The page draws the token, so that a repeated or replayed
    /// call makes no further link and extends none.
    ///
    /// - Parameters:
    ///   - parameters: `token` is 32 random bytes in Base64url.
    ///   - phone: The device that calls.
    /// - Returns: The link, its times, and the rows of its QR code.
    /// - Throws: `PhoneAPIError`: `unconfirmed`, `no_links`, `invalid`, `too_many` beyond the limits of links or
    ///   phones, `link_used` and `link_expired` for a token that was used before; `RecordStoreError` if the server
    ///   cannot store it.
    public func makeLink(_ parameters: Parameters, from phone: Phone) async throws -> ServiceResponse {
        guard phone.isConfirmed else { throw PhoneAPIError.unconfirmed }
        guard let base = settings.server.publicURL else { throw PhoneAPIError.noLinks }
        guard let token = parameters.text("token"), let bytes = Base64URL.decode(token), bytes.count == 32
        else { throw PhoneAPIError.invalid }
        let now = now()
        let hash = Array(SHA256.hash(data: Array(token.utf8)))
        let (made, isNew) = try await store.write { records in
            guard let own = try records.device(phone.id), own.isActive else { throw PhoneAPIError.unconfirmed }
            if let known = try records.enrolment(hash: hash) {
                guard known.madeBy == own.id else { throw PhoneAPIError.invalid }
                try checkOpen(known, at: now, in: records)
                return (known, false)
            }
            try checkRoom(of: own.user, in: records)
            try countLink(of: own.user, in: records)
            try records.endLinksOfPhones(of: own.user, at: now)
            let ends = now + min(settings.phone.linkLifetime, Self.linkOfPhoneLifetime)
            let made = Enrolment(hash: hash, user: own.user, madeBy: own.id, created: now, ends: ends)
            try records.put(made)
            try records.add(Activity(user: own.user, application: nil, at: now, kind: "link_made", detail: own.name))
            return (made, true)
        }
        if isNew { log.notice("link_made", metadata: ["user": "\(phone.user)", "by": "\(phone.id)"]) }
        let link = Self.link(base: base, token: token)
        return ServiceResponse([
            "link": .string(link), "created": .integer(made.created), "ends": .integer(made.ends),
            "now": .integer(now),
            "modules": .array((QRCode(link)?.rows ?? []).map { .string($0) }),
        ])
    }

    private func countLink(of user: AuthyID, in records: any RecordWriting) throws {
        guard let hash = try records.user(user)?.phoneHash else { throw PhoneAPIError.unknownDevice }
        var links = try records.linksSent(application: LinkSender.phones, phoneHash: hash)
        if let wait = links.wait(Interval.day, limit: Self.linksOfPhonesADay, at: limitTime()) {
            throw PhoneAPIError.tooManyLinks(wait)
        }
        links.add(Interval.day, at: limitTime())
        try records.putLinksSent(links, application: LinkSender.phones, phoneHash: hash)
    }

    /// Checks that a link can be used; a link that a phone has made ends with that phone.
    ///
    /// - Throws: `PhoneAPIError`: `link_used`, `link_expired`.
    func checkOpen(_ enrolment: Enrolment, at now: Int64, in records: any RecordReading) throws {
        guard enrolment.device == nil else { throw PhoneAPIError.usedLink }
        let isMakerThere = try enrolment.madeBy.map { try records.device($0)?.isActive ?? false } ?? true
        guard now < enrolment.ends, isMakerThere else { throw PhoneAPIError.expiredLink }
    }

    /// Checks that the user can have one more phone; only confirmed phones count.
    ///
    /// - Throws: `PhoneAPIError`: `too_many`.
    func checkRoom(of user: AuthyID, in records: any RecordReading) throws {
        guard try records.devices(of: user).count(where: \.isActive) < Self.mostPhones else {
            throw PhoneAPIError.tooManyPhones
        }
    }

    /// Makes room for a new phone: if there are too many, the oldest one that is not confirmed is removed.
    ///
    /// - Returns: The removed phone; nil if there was room.
    /// - Throws: `PhoneAPIError`: `too_many` if all are confirmed.
    func makeRoom(for user: AuthyID, at now: Int64, in records: any RecordWriting) throws -> Device? {
        try checkRoom(of: user, in: records)
        let phones = try records.devices(of: user).filter { $0.removed == nil }
        guard phones.count >= Self.mostPhones, var oldest = phones.first(where: { $0.confirmed == nil }) else {
            return nil
        }
        oldest.remove(at: now)
        try records.put(oldest)
        return oldest
    }
}

extension PhoneAPIError {
    static let noLinks = PhoneAPIError(
        status: 409, code: "no_links",
        message: "This server makes no links for phones. Please ask your administrator for one.")
    static let tooManyPhones = PhoneAPIError(
        status: 429, code: "too_many", message: "There are too many phones already. Remove one first.")

    /// Returns the error for too many links in a day.
    ///
    /// - Parameter seconds: The time until a link is possible again.
    /// - Returns: The error, with status 429.
    static func tooManyLinks(_ seconds: Int64) -> PhoneAPIError {
        PhoneAPIError(
            status: 429, code: "too_many",
            message: "Too many links were made today. Try again tomorrow, or ask your administrator for one.",
            retryAfter: seconds)
    }
}
