internal import Crypto
internal import Identifiers

/// The public keys with which the client has authenticated so far, from SSH_AUTH_INFO_0 (sshd_config(5),
/// ExposeAuthInfo).
///
/// It has one line for each method that succeeded: the method, and for `publickey` the key's type and its Base64
/// (OpenSSH, auth2.c, `auth2_update_session_info`).
enum Keys {
    /// Returns the keys' fingerprints in order, or nil if the list is cut off or holds a malformed key.
    ///
    /// For a certificate this is the fingerprint of the certificate itself, which `ssh-keygen -lf` does not print; it
    /// matches no key of a user.
    static func fingerprints(_ info: some Collection<UInt8>) -> [KeyFingerprint]? {
        guard let last = info.reversed().first else { return [] }
        guard last == 0x0A else { return nil }
        var found: [KeyFingerprint] = []
        for line in info.split(separator: 0x0A) {
            let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
            guard let method = words.first, String(decoding: method, as: UTF8.self) == "publickey" else { continue }
            guard words.count >= 3, let blob = decoded(words[words.index(words.startIndex, offsetBy: 2)]),
                let key = KeyFingerprint("SHA256:" + encoded(SHA256.hash(data: blob)))
            else { return nil }
            found.append(key)
        }
        return found
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Encodes as Base64 without padding (RFC 4648, section 4).
    private static func encoded(_ bytes: some Sequence<UInt8>) -> String {
        var (text, bits, count): ([UInt8], UInt32, UInt32) = ([], 0, 0)
        for byte in bytes {
            (bits, count) = (bits << 8 | UInt32(byte), count + 8)
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> count & 0x3F)])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << (6 - count) & 0x3F)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes Base64 with padding (RFC 4648, section 4); nil unless it is the canonical encoding of its bytes.
    private static func decoded(_ text: some Collection<UInt8>) -> [UInt8]? {
        let letters = text.prefix { $0 != 0x3D }
        guard !letters.isEmpty, text.count.isMultiple(of: 4), text.count - letters.count <= 2,
            text.dropFirst(letters.count).allSatisfy({ $0 == 0x3D })
        else { return nil }
        var (bytes, bits, count): ([UInt8], UInt32, UInt32) = ([], 0, 0)
        for letter in letters {
            guard let value = alphabet.firstIndex(of: letter) else { return nil }
            (bits, count) = (bits << 6 | UInt32(value), count + 6)
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return bits & (1 << count - 1) == 0 ? bytes : nil
    }
}
