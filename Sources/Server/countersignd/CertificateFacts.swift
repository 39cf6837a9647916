internal import CommandSupport
internal import Crypto
internal import Encoding
internal import Glibc
internal import Identifiers
internal import NIOSSL

/// What a certificate says: its names, its end, and its public key.
struct CertificateFacts {
    /// Names of hosts in lower case, some with `*.` in front.
    let names: [String]
    let addresses: [[UInt8]]
    /// Unix time in seconds.
    let begins: Int64
    let ends: Int64
    /// SHA-256 of the public key (SubjectPublicKeyInfo), by which a host recognizes the server.
    let pin: [UInt8]

    /// Reads the first certificate of a PEM file.
    ///
    /// - Parameters:
    ///   - file: The path.
    ///   - key: The setting or option that names the file, for the error.
    /// - Throws: `CommandError` if the file cannot be read or holds no certificate.
    init(file: String, key: String) throws {
        guard let certificate = try Self.certificates(in: file, key: key).first else { throw Self.none(file, key: key) }
        var (names, addresses) = ([String](), [[UInt8]]())
        for name in certificate._subjectAlternativeNames() {
            switch name.nameType {
            case .dnsName: names.append(String(decoding: name.contents, as: UTF8.self).lowercased())
            case .ipAddress: addresses.append(Array(name.contents))
            default: break
            }
        }
        self.names = names
        self.addresses = addresses
        begins = Int64(certificate.notValidBefore)
        ends = Int64(certificate.notValidAfter)
        guard let spki = try? certificate.extractPublicKey().toSPKIBytes() else { throw Self.none(file, key: key) }
        pin = Array(SHA256.hash(data: spki))
    }

    /// Returns the certificates of a PEM file and nothing else that is in it, such as a key.
    ///
    /// - Throws: `CommandError` if the file cannot be read or holds no certificate.
    static func pem(file: String, key: String) throws -> String {
        let certificates = try certificates(in: file, key: key)
        guard !certificates.isEmpty, let bytes = try? certificates.map({ try $0.toDERBytes() }) else {
            throw none(file, key: key)
        }
        return bytes.map { der in
            let text = Array(Base64.encode(der))
            let lines = stride(from: 0, to: text.count, by: 64).map { String(text[$0..<min($0 + 64, text.count)]) }
            return "-----BEGIN CERTIFICATE-----\n\(lines.joined(separator: "\n"))\n-----END CERTIFICATE-----\n"
        }.joined()
    }

    private static func certificates(in file: String, key: String) throws -> [NIOSSLCertificate] {
        try ServiceUser.requireReadable(file, key: key)
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(file) else { throw none(file, key: key) }
        return certificates
    }

    private static func none(_ file: String, key: String) -> CommandError {
        CommandError("\(key): \(file): there is no certificate in it", hint: "it must be a PEM file")
    }

    /// Whether the certificate is for the host of a URL (RFC 9525): a name, one label in place of `*`, or an address.
    func covers(host: String) -> Bool {
        let bare = if host.hasPrefix("[") { String(host.dropFirst().dropLast()) } else { host.lowercased() }
        if let address = Address(bare) { return addresses.contains(address.bytes) }
        let above = bare.split(separator: ".", maxSplits: 1).dropFirst().first.map { "*." + $0 }
        return names.contains { $0 == bare || $0 == above }
    }

    /// The host of a URL, with the brackets of an IPv6 address.
    static func host(of url: String) -> String {
        let rest = url.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first ?? ""
        if rest.hasPrefix("[") { return rest.prefix { $0 != "]" } + "]" }
        return String(rest.prefix { $0 != ":" })
    }
}
