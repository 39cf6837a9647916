public import AuthyWire
internal import Crypto
internal import Encoding
internal import Identifiers
internal import Logging
public import Records
internal import Synchronization
internal import Vault

// Codes with which hosts fetch the API key of an application: docs/develop/adr/0068-a-code-for-one-host.md

extension APIService {
    /// Seconds for which a code is valid.
    private static let lifetimeOfHostInvitation: Int64 = 600

    /// Makes a code that lets one host fetch the API key of an application.
    ///
    /// - Parameters:
    ///   - id: The id of the application.
    ///   - url: The base URL of this server for hosts, `https://HOST[:PORT]`.
    ///   - authority: The certificates in PEM that vouch for the server; nil for those of the host's system.
    ///   - pin: The SHA-256 of the public key of the server's certificate; nil if the host's system vouches for it.
    /// - Returns: The stored invitation, and the code, which is stored nowhere.
    /// - Throws: `AdministrationError` if there is no such application, it was revoked, or the URL does not fit into a
    ///   code; `RecordStoreError` if the server cannot store it.
    public func inviteHost(to id: Int64, url: String, authority: String?, pin: [UInt8]?) async throws -> (
        NewHostInvitation, number: Int64, code: String
    ) {
        let now = now()
        guard let code = JoinCode(url: url, secret: Random.bytes(JoinCode.secretSize), pin: pin) else {
            throw AdministrationError(
                "hosts cannot reach the server at \(url)", hint: "name an address that begins with https://")
        }
        let invitation = NewHostInvitation(
            hash: code.secretHash, application: id, url: url, authority: authority, created: now,
            ends: now + Self.lifetimeOfHostInvitation)
        let number = try await store.write { records in
            guard let application = try records.application(id), application.revoked == nil else {
                throw AdministrationError(
                    "there is no application \(id)", hint: "countersignd app list shows them")
            }
            return try records.add(invitation)
        }
        return (invitation, number, code.text)
    }

    /// Revokes an open code.
    ///
    /// - Parameter number: The number of the invitation; nil for all open ones.
    /// - Returns: The numbers of those that were open.
    /// - Throws: `RecordStoreError` if the server cannot store it.
    public func revokeHostInvitations(_ number: Int64?) async throws -> [Int64] {
        let now = now()
        return try await store.write { records in
            let open = try records.openHostInvitations().map(\.number).filter { number == nil || $0 == number }
            return try open.filter { try records.end(hostInvitation: $0, as: .revoked, at: now, address: nil) }
        }
    }

    /// Marks the codes as expired whose time is over, and logs each.
    ///
    /// - Throws: `RecordStoreError` if the server cannot store it.
    public func expireHostInvitations() async throws {
        let now = now()
        let due = try await store.read { try $0.openHostInvitations() }.filter { $0.ends <= now }
        guard !due.isEmpty else { return }
        let ended = try await store.write { records in
            try due.filter { try records.end(hostInvitation: $0.number, as: .expired, at: now, address: nil) }
        }
        for one in ended {
            log.notice(
                "host_invitation_expired",
                metadata: ["application": "\(one.application)", "invitation": "\(one.number)"])
        }
    }

    /// Hands out the API key for the secret of a code (`POST /join`), once.
    ///
    /// The key is that of the application, the newest valid one. It is opened before the code counts as used, so that a
    /// failure costs no code; a response that is lost afterwards does.
    ///
    /// - Parameters:
    ///   - parameters: `secret` is the secret in Base64url.
    ///   - address: The IP address of the client.
    /// - Returns: `api_key`, `application`, and `ca` if certificates belong to it.
    /// - Throws: `JoinRefusal` if the code is unknown, used, expired or revoked; `APIError` after too many refusals;
    ///   `RecordStoreError` or `VaultError` if the server cannot read or store it.
    public func joinHost(_ parameters: Parameters, from address: String) async throws -> ServiceResponse {
        let place = Address(address)?.place ?? address
        if let seconds = joinLimiter.wait(place, at: limitTime()) { throw APIError.tooMany(retryAfter: seconds) }
        let secret = parameters.text("secret").flatMap { Base64URL.decode($0) } ?? []
        let hash = JoinCode.hash(of: secret)
        // A caller without a code costs no write transaction.
        guard secret.count == JoinCode.secretSize,
            let known = try await store.read({ try $0.hostInvitation(hash: hash) })
        else {
            throw refuse(.unknown, of: nil, from: address, place)
        }
        do {
            let (application, key) = try await use(known, hash: hash, from: address)
            log.notice(
                "host_joined",
                metadata: [
                    "application": "\(application.id)", "invitation": "\(known.number)", "address": "\(address)",
                ])
            return ServiceResponse([
                "api_key": .string(key), "application": .string(application.name),
                "ca": .string(orNull: known.authority),
            ])
        } catch let refusal as JoinRefusal {
            throw refuse(refusal, of: known, from: address, place)
        }
    }

    private func use(_ known: HostInvitation, hash: [UInt8], from address: String) async throws -> (Application, String)
    {
        let now = now()
        return try await store.write { records in
            guard let invitation = try records.hostInvitation(hash: hash) else { throw JoinRefusal.unknown }
            switch invitation.status {
            case .used: throw JoinRefusal.used
            case .revoked: throw JoinRefusal.revoked
            case .expired: throw JoinRefusal.expired
            case .open where invitation.ends <= now || invitation.created > now + 60: throw JoinRefusal.expired
            case .open: break
            }
            guard let application = try records.application(invitation.application), application.revoked == nil,
                let record = try records.keys(of: application.id).first(where: { $0.ends.map { $0 > now } ?? true })
            else { throw JoinRefusal.revoked }
            let key = try vault.open(record.sealed, as: Purpose.key(hint: record.hint, application: application.id))
            guard try records.end(hostInvitation: invitation.number, as: .used, at: now, address: address) else {
                throw JoinRefusal.used
            }
            return (application, String(decoding: key, as: UTF8.self))
        }
    }

    /// Counts and logs a refusal; a code that is known gets a line of its own, since somebody else may have used it.
    private func refuse(_ refusal: JoinRefusal, of known: HostInvitation?, from address: String, _ place: String)
        -> JoinRefusal
    {
        joinLimiter.count(place, at: limitTime())
        var metadata: Logger.Metadata = ["reason": "\(refusal.rawValue)", "address": "\(address)"]
        if let known {
            metadata["invitation"] = "\(known.number)"
            metadata["application"] = "\(known.application)"
        }
        let thing = known.map { "invitation \($0.number) \(refusal.rawValue)" } ?? place
        rateLimitedLog.warn("host_join_refused", about: thing, metadata: metadata, at: limitTime())
        return refusal
    }
}

extension JoinRefusal {
    /// The response to the client.
    public var response: ServiceResponse {
        ServiceResponse(["error": .string(rawValue), "message": .string(message)], status: status)
    }
}

/// Limits the refused codes of each client's address; the counts are kept in memory.
final class JoinLimiter: Sendable {
    /// Refusals of one address in ten minutes.
    private static let most: Int64 = 20
    /// Addresses that are counted apart; all others share one count.
    private static let mostPlaces = 1_000
    private static let others = "others"

    private let refusals = Mutex<[String: WindowCounter]>([:])

    /// Returns the seconds until the address may try again; nil if it may now.
    func wait(_ place: String, at now: Int64) -> Int64? {
        refusals.withLock { refusals in
            (refusals[place] ?? (refusals.count >= Self.mostPlaces ? refusals[Self.others] : nil))?.wait(
                Interval.tenMinutes, limit: Self.most, at: now)
        }
    }

    /// Counts a refusal.
    func count(_ place: String, at now: Int64) {
        refusals.withLock { refusals in
            if refusals.count >= Self.mostPlaces, refusals[place] == nil {
                refusals = refusals.filter { $0.value.within(Interval.tenMinutes, at: now).times > 0 }
            }
            let isKnown = refusals.count < Self.mostPlaces || refusals[place] != nil
            let name = if isKnown { place } else { Self.others }
            refusals[name, default: WindowCounter()].add(Interval.tenMinutes, at: now)
        }
    }
}
