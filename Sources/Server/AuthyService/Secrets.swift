public import AuthyWire
internal import Encoding
internal import Identifiers
internal import Logging
internal import OATH
internal import QRCode
internal import Records
internal import Vault

extension APIService {
    /// Makes a new secret for an authenticator app (Authy API: POST /protected/json/users/ID/secret).
    ///
    /// The earlier secret becomes invalid. It is possible only until the user has entered a first code or has a phone:
    /// later, the holder of one host's API key could make codes that are valid on the other hosts.
    ///
    /// - Parameters:
    ///   - id: The AuthyID as in the path.
    ///   - caller: The application.
    ///   - parameters: `label` and `qr_size`.
    /// - Returns: The QR code as an SVG image in a `data:` URL.
    /// - Throws: `APIError` if the user is unknown or has proven a factor, or a parameter is invalid;
    ///   `RecordStoreError` or `VaultError` if the server cannot store it.
    public func newSecret(of id: String, by caller: AuthenticatedApplication, _ parameters: Parameters) async throws
        -> ServiceResponse
    {
        let label = Self.plain(parameters.text("label") ?? "AuthyID \(id)")
        let issuer = Self.plain(caller.application.name)
        let bytes = Random.bytes(20)
        guard let secret = Secret(bytes: bytes),
            let link = OtpauthLink(issuer: issuer, account: label, secret: secret, parameters: TOTP())
        else {
            throw APIError.parameter("label")
        }
        guard let size = Int(parameters.text("qr_size") ?? "300"), (50...1_000).contains(size) else {
            throw APIError.parameter("qr_size")
        }
        guard let picture = QRCode(link.text)?.svg(scale: max(1, size / 60)) else {
            throw APIError(500, 60122, "The QR code could not be made.")
        }
        try await store.write { records in
            var member = try self.member(AuthyID(id), of: caller, in: records)
            guard member.confirmed == nil,
                try !devices(for: member, in: records).contains(where: { $0.confirmed != nil })
            else {
                throw APIError(
                    403, 60123, "Generic authenticator tokens are not enabled for users who have shown a code already.")
            }
            member.genericSecret = try vault.seal(bytes, as: Purpose.genericSecret(member))
            member.genericSpent = nil
            try records.put(member)
        }
        log.notice("secret_made", metadata: ["application": "\(caller.id)", "user": "\(id)"])
        return ServiceResponse([
            "label": .string(label), "issuer": .string(issuer),
            "qr_code": .string("data:image/svg+xml;base64," + Base64.encode(Array(picture.utf8))),
            "success": true,
        ])
    }

    /// Makes a text fit for an otpauth link: without colons, and not empty.
    private static func plain(_ text: String) -> String {
        let plain = String(text.filter { $0 != ":" }.prefix(60))
        return if plain.isEmpty { "Countersign" } else { plain }
    }
}
