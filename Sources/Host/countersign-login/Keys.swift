internal import Crypto
internal import Encoding
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
            guard words.count >= 3, let blob = Base64.decode(utf8: words[words.index(words.startIndex, offsetBy: 2)]),
                !blob.isEmpty,
                let key = KeyFingerprint("SHA256:" + Base64.encode(Array(SHA256.hash(data: blob)), isPadded: false))
            else { return nil }
            found.append(key)
        }
        return found
    }
}
