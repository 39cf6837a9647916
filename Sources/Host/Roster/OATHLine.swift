internal import Encoding
internal import OATH

/// One line of pam_oath's users.oath: TYPE USER PIN SECRET, followed by state of pam_oath.
enum OATHLine {
    static func entry(_ line: Int, text: String) throws(RosterError) -> Entry? {
        let words = text.split { $0 == " " || $0 == "\t" }.map(String.init)
        guard let type = words.first, !type.hasPrefix("#") else { return nil }
        guard words.count >= 4 else { throw RosterError(line, "type, user, PIN and secret are needed") }
        let parameters = try parameters(type, line: line)
        guard let secret = secret(hex: words[3]) else {
            throw RosterError(line, "the secret is not 10 to 128 bytes in hexadecimal")
        }
        var entry = Entry(line: line, user: words[1], factor: .softToken(.init(secret: secret, parameters: parameters)))
        if !["-", "+"].contains(words[2]) { entry.notes.append("the PIN is left behind: the code alone is asked for") }
        return entry
    }

    /// Parses the type: `HOTP/T30` and `HOTP/T60/8` count time; `HOTP` and `HOTP/E/6` count events, and are refused.
    private static func parameters(_ type: String, line: Int) throws(RosterError) -> TOTP {
        let parts = type.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.first == "HOTP", parts.count <= 3 else {
            throw RosterError(line, "the type \(type.prefix(40)) is not known")
        }
        guard parts.count > 1, parts[1] != "E" else {
            throw RosterError(
                line,
                "a token that counts events (HOTP) is not taken: "
                    + "only those that count time are; make the user a new one"
            )
        }
        guard ["T30", "T60"].contains(parts[1]), let period = Int(parts[1].dropFirst()),
            let digits = parts.count == 3 ? Int(parts[2]) : 6,
            let parameters = TOTP(algorithm: .sha1, digits: digits, period: period)
        else { throw RosterError(line, "the type \(type.prefix(40)) is not known") }
        return parameters
    }

    private static func secret(hex text: String) -> Secret? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Secret.sizes.upperBound + 1)
        defer { wipe(&bytes) }
        var high: UInt8?
        for digit in text.utf8 {
            guard let value = Hexadecimal.value(of: digit), bytes.count <= Secret.sizes.upperBound else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return if high == nil { Secret(bytes: bytes) } else { nil }
    }

    private static func wipe(_ bytes: inout [UInt8]) { for index in bytes.indices { bytes[index] = 0 } }
}
