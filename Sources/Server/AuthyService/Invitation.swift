public import AuthyWire
internal import Crypto
internal import Encoding
internal import Identifiers
internal import Records

extension APIService {
    /// Describes an enrollment link without using it (`POST invitation`).
    ///
    /// Anyone who has the link could use it. The answer holds only what shows a person that the link is meant for them.
    ///
    /// - Parameter parameters: `token` is the token of the link.
    /// - Returns: The names of the applications, and the masked phone number.
    /// - Throws: `PhoneAPIError` as `enrol` does, for a link that is unknown, used or expired; `RecordStoreError` or
    ///   `VaultError` if it cannot be read.
    public func invitation(_ parameters: Parameters) async throws -> ServiceResponse {
        guard let token = parameters.text("token") else { throw PhoneAPIError.invalid }
        let hash = Array(SHA256.hash(data: Array(token.utf8)))
        let (user, names) = try await store.read { [now = now()] records in
            guard let enrolment = try records.enrolment(hash: hash), let user = try records.user(enrolment.user) else {
                throw PhoneAPIError.unknownLink
            }
            try checkOpen(enrolment, at: now, in: records)
            // A link that one application has sent does not name the others: the number may have been mistyped.
            let sender = enrolment.application
            let members = try records.members(of: user.id).filter { sender == nil || $0.application == sender }
            let applications = try members.compactMap { try records.application($0.application) }
            return (user, applications.filter { $0.revoked == nil }.map(\.name))
        }
        return ServiceResponse([
            "applications": .array(names.map { .string($0) }),
            "phone": .string(try contact(of: user).phone.masked),
        ])
    }
}

extension PhoneAPIError {
    static let usedLink = PhoneAPIError(
        status: 410, code: "link_used",
        message: "This link was used already. If that was not you, tell your administrator at once.")
    static let expiredLink = PhoneAPIError(
        status: 410, code: "link_expired", message: "This link has expired. Please ask for a new one.")
}
