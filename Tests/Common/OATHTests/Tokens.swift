import Identifiers
import OATH
import Testing

/// The seeds of RFC 6238, appendix B: the digits 1 to 0, repeated up to the length of the hash.
///
/// The first one is also the seed of RFC 4226, appendix D.
enum Seed {
    static func bytes(_ algorithm: Algorithm) -> [UInt8] {
        let length =
            switch algorithm {
            case .sha1: 20
            case .sha256: 32
            case .sha512: 64
            }
        return (0..<length).map { 0x30 + UInt8(($0 + 1) % 10) }
    }

    static func secret(_ algorithm: Algorithm) throws -> Secret { try #require(Secret(bytes: bytes(algorithm))) }
}

/// A code as a user types it.
func typed(_ text: String) throws -> OneTimeCode { try #require(OneTimeCode(text.utf8)) }
