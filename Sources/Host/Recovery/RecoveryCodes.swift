internal import CCrypt
internal import Glibc
public import Identifiers

/// Recovery codes: made, written for people, and kept as slow salted hashes (crypt(5), yescrypt).
///
/// The codes of one person share a salt, so that a try costs one hash, and not ten.
public enum RecoveryCodes {
    public static let count = 10
    /// Characters; 5 bits each.
    static let length = 12
    /// Crockford's Base32: nothing in it is read as something else.
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")

    /// Ten new ones.
    public static func make() -> [RecoveryCode] {
        (0..<count).compactMap { _ in
            let text = String((0..<length).compactMap { _ in alphabet.randomElement() })
            return RecoveryCode(Array(text.utf8))
        }
    }

    /// In groups of four, as it is printed.
    public static func spelled(_ code: RecoveryCode) -> String {
        code.text.enumerated().reduce(into: "") { text, letter in
            if letter.offset > 0, letter.offset.isMultiple(of: 4) { text += "-" }
            text.append(letter.element)
        }
    }

    /// Hashes in the order of the codes; nil where the system has no yescrypt or no memory for it (16 MB).
    public static func hashes(of codes: [RecoveryCode]) -> [String]? {
        guard let setting = crypt_gensalt_ra("$y$", 0, nil, 0) else { return nil }
        defer { free(setting) }
        let hashes = codes.compactMap { hash($0, String(cString: setting)) }
        return hashes.count == codes.count ? hashes : nil
    }

    /// Where in `hashes` the code's is; nil where it is not, or could not be looked for.
    public static func match(_ code: RecoveryCode, among hashes: [String]) -> Int? {
        var made: [String: String] = [:]
        var found: Int?
        for (index, hash) in hashes.enumerated() {
            let setting = setting(of: hash)
            let ours = made[setting] ?? Self.hash(code, setting)
            made[setting] = ours
            if let ours, same(ours, hash), found == nil { found = index }
        }
        return found
    }

    /// All but the digest, which stands behind the last `$`.
    private static func setting(of hash: String) -> String {
        hash.lastIndex(of: "$").map { String(hash[...$0]) } ?? hash
    }

    private static func hash(_ code: RecoveryCode, _ setting: String) -> String? {
        var data: UnsafeMutableRawPointer?
        var size: CInt = 0
        defer {
            if let data { explicit_bzero(data, Int(size)) }
            free(data)
        }
        guard let hash = crypt_ra(code.text, setting, &data, &size) else { return nil }
        let text = String(cString: hash)
        // A star is how crypt(3) says that it failed.
        return text.hasPrefix("*") ? nil : text
    }

    /// In a time that does not depend on where they differ.
    private static func same(_ one: String, _ other: String) -> Bool {
        let (left, right) = (Array(one.utf8), Array(other.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
