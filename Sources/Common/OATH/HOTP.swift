internal import Crypto

/// The hash of a token's HMAC; the raw values are the words of settings and accounts.
public enum Algorithm: String, Sendable, CaseIterable {
    /// What RFC 4226 defines and every app reads.
    case sha1
    case sha256
    case sha512
}

/// Codes from a counter (RFC 4226, section 5.3; other hashes as in RFC 6238, section 1.2).
public enum HOTP {
    /// How many digits a code may have.
    public static let digits = 6...8

    /// The code for one value of the counter: ASCII digits with leading zeros; nil unless `digits` is 6 to 8.
    public static func code(_ secret: Secret, counter: UInt64, digits: Int, algorithm: Algorithm) -> String? {
        guard Self.digits.contains(digits) else { return nil }
        return text(number(secret, counter: counter, algorithm: algorithm), digits: digits)
    }

    /// The 31 bits of RFC 4226, section 5.3, step 2, before they are cut to digits.
    static func number(_ secret: Secret, counter: UInt64, algorithm: Algorithm) -> UInt32 {
        let movingFactor = (0..<8).map { UInt8(truncatingIfNeeded: counter >> UInt64(56 - 8 * $0)) }
        let mac =
            switch algorithm {
            case .sha1: authenticate(movingFactor, with: Insecure.SHA1.self, secret: secret)
            case .sha256: authenticate(movingFactor, with: SHA256.self, secret: secret)
            case .sha512: authenticate(movingFactor, with: SHA512.self, secret: secret)
            }
        let offset = Int((mac.last ?? 0) & 0x0F)
        return mac.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
    }

    /// The last decimal digits of a number, with leading zeros; `digits` is 0 to 10.
    static func text(_ number: UInt32, digits: Int) -> String {
        let decimal = String(number)
        return String((String(repeating: "0", count: 10) + decimal).suffix(digits))
    }

    private static func authenticate<Hash: HashFunction>(
        _ message: [UInt8], with _: Hash.Type, secret: Secret
    ) -> [UInt8] {
        secret.withUnsafeBytes { Array(HMAC<Hash>.authenticationCode(for: message, using: SymmetricKey(data: $0))) }
    }
}
