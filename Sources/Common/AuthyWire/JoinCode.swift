internal import Crypto
internal import Encoding

/// What `countersignd app invite` prints and `countersign join` takes: the server's address, how to recognize the
/// server, and a secret that is exchanged for the API key once.
///
/// The text is `csj1_` and Base64url of: one byte of flags (1: a pin follows the secret), the secret (16 bytes), the
/// pin (32 bytes), the address, and the first 4 bytes of the SHA-256 of all before. The checksum finds a code that was
/// cut off or mistyped; it protects from nobody.
public struct JoinCode: Equatable, Sendable {
    /// Bytes of the secret: 128 bits cannot be guessed in the ten minutes of a code.
    public static let secretSize = 16
    private static let pinSize = 32
    private static let checkSize = 4
    /// What every code begins with.
    public static let prefix = "csj1_"
    /// The longest text that is read, in bytes.
    private static let longest = 2_048
    private static let hasPin: UInt8 = 1

    /// The base URL of the server for hosts: `https://HOST[:PORT]`.
    public let url: String
    /// The secret that is exchanged.
    public let secret: [UInt8]
    /// The SHA-256 of the public key (SubjectPublicKeyInfo) of the server's certificate, 32 bytes; nil if the
    /// authorities of the host's system vouch for the server.
    public let pin: [UInt8]?

    /// Why a text is no code.
    public enum ParsingError: Error, Equatable, Sendable {
        /// It does not begin like a code, or its content makes no sense.
        case noCode
        /// It is of a later version.
        case laterVersion
        /// A part is missing or was changed.
        case damaged
    }

    /// Takes the values; nil if secret or pin have another size, or the URL is not `https://` with printable ASCII.
    public init?(url: String, secret: [UInt8], pin: [UInt8]?) {
        guard secret.count == Self.secretSize, pin.map({ $0.count == Self.pinSize }) ?? true, Self.isURL(url) else {
            return nil
        }
        self.url = url
        self.secret = secret
        self.pin = pin
    }

    /// Reads a code; blanks and line breaks in it do not count, since messengers wrap long lines.
    ///
    /// - Parameter text: the code.
    /// - Throws: `ParsingError`.
    public init(_ text: String) throws(ParsingError) {
        guard text.utf8.count <= Self.longest else { throw .noCode }
        let plain = text.filter { !$0.isWhitespace }
        guard plain.hasPrefix(Self.prefix) else {
            throw plain.hasPrefix("csj") && plain.contains("_") ? .laterVersion : .noCode
        }
        guard let bytes = Base64URL.decode(plain.dropFirst(Self.prefix.count)), bytes.count > Self.checkSize else {
            throw .damaged
        }
        let content = bytes.dropLast(Self.checkSize)
        guard Self.check(content).elementsEqual(bytes.suffix(Self.checkSize)) else { throw .damaged }
        guard let code = Self.read(content) else { throw .noCode }
        self = code
    }

    private static func read(_ content: ArraySlice<UInt8>) -> JoinCode? {
        guard let flags = content.first, flags & ~hasPin == 0 else { return nil }
        var rest = content.dropFirst()
        let secret = Array(rest.prefix(secretSize))
        rest = rest.dropFirst(secretSize)
        var pin: [UInt8]?
        if flags & hasPin != 0 {
            pin = Array(rest.prefix(pinSize))
            rest = rest.dropFirst(pinSize)
        }
        guard let url = String(validating: rest, as: UTF8.self) else { return nil }
        return JoinCode(url: url, secret: secret, pin: pin)
    }

    /// The code as it is printed.
    public var text: String {
        var content = [UInt8(0)] + secret
        if let pin {
            content[0] = Self.hasPin
            content += pin
        }
        content += Array(url.utf8)
        return Self.prefix + Base64URL.encode(content + Self.check(content))
    }

    /// The SHA-256 of the secret, by which the server finds the invitation.
    public var secretHash: [UInt8] { Self.hash(of: secret) }

    /// Returns the SHA-256 of a secret.
    public static func hash(of secret: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: secret)) }

    private static func check(_ content: some Collection<UInt8>) -> [UInt8] {
        Array(SHA256.hash(data: Array(content)).prefix(checkSize))
    }

    private static func isURL(_ url: String) -> Bool {
        url.hasPrefix("https://") && (9...512).contains(url.utf8.count)
            && url.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
    }
}

extension JoinCode: CustomStringConvertible, CustomReflectable {
    /// The address without the secret.
    public var description: String { "JoinCode(\(url))" }
    /// A mirror without children, so that `dump` does not show the secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
