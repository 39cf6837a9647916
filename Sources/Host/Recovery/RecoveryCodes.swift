internal import CCrypt
internal import Glibc
public import Identifiers

/// Recovery codes: making, spelling, hashing and matching them.
///
/// Codes are kept as slow salted hashes (crypt(5), yescrypt). All codes of one person share a salt, so that a try costs
/// one hash instead of ten.
public enum RecoveryCodes {
    /// Number of codes that a person is given at a time.
    public static let count = 10
    /// Length of a code in characters of 5 bits each.
    static let length = 12
    /// Crockford's Base32, which leaves out letters that are easily misread.
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")

    /// Returns `count` new codes of 60 random bits each.
    public static func make() -> [RecoveryCode] {
        (0..<count).compactMap { _ in
            let text = String((0..<length).compactMap { _ in alphabet.randomElement() })
            return RecoveryCode(Array(text.utf8))
        }
    }

    /// Returns the code as it is printed: groups of four characters with hyphens between them.
    ///
    /// - Parameter code: a code as `make` returns it.
    /// - Returns: for example `0123-4567-89ab`.
    public static func spelled(_ code: RecoveryCode) -> String {
        code.text.enumerated().reduce(into: "") { text, letter in
            if letter.offset > 0, letter.offset.isMultiple(of: 4) { text += "-" }
            text.append(letter.element)
        }
    }

    /// Hashes codes under one new salt.
    ///
    /// - Parameter codes: the codes of one person.
    /// - Returns: hashes in the order of the codes (crypt(5)); nil if the system has no yescrypt, or no memory for it
    ///   (16 MB).
    public static func hashes(of codes: [RecoveryCode]) -> [String]? {
        guard let setting = crypt_gensalt_ra("$y$", 0, nil, 0) else { return nil }
        defer { free(setting) }
        let hashes = codes.compactMap { hash($0, setting: String(cString: setting)) }
        guard hashes.count == codes.count else { return nil }
        return hashes
    }

    /// Finds a code among the hashes of a person.
    ///
    /// All hashes are compared, each in constant time.
    /// - Parameters:
    ///   - code: the code that was typed.
    ///   - hashes: stored hashes, as `hashes(of:)` returns them.
    /// - Returns: index of the first hash that matches; nil if none does, or if hashing fails.
    public static func match(_ code: RecoveryCode, among hashes: [String]) -> Int? {
        var made: [String: String] = [:]
        var found: Int?
        for (index, hash) in hashes.enumerated() {
            let setting = setting(of: hash)
            let ours = made[setting] ?? Self.hash(code, setting: setting)
            made[setting] = ours
            if let ours, same(ours, hash), found == nil { found = index }
        }
        return found
    }

    /// Salt and parameters of a hash: everything up to the last `$`.
    private static func setting(of hash: String) -> String {
        hash.lastIndex(of: "$").map { String(hash[...$0]) } ?? hash
    }

    private static func hash(_ code: RecoveryCode, setting: String) -> String? {
        var data: UnsafeMutableRawPointer?
        var size: CInt = 0
        defer {
            if let data { explicit_bzero(data, Int(size)) }
            free(data)
        }
        guard let hash = crypt_ra(code.text, setting, &data, &size) else { return nil }
        let text = String(cString: hash)
        // crypt(3) reports a failure by a leading star.
        guard !text.hasPrefix("*") else { return nil }
        return text
    }

    /// Compares in a time that does not depend on where the strings differ.
    private static func same(_ one: String, _ other: String) -> Bool {
        let (left, right) = (Array(one.utf8), Array(other.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
