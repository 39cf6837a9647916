internal import OATH

/// A user's file of pam_google_authenticator (FILEFORMAT of google-authenticator-libpam).
///
/// The first line holds the secret. Option lines, which begin with a quote and a blank, and scratch codes follow.
public enum GoogleAuthenticatorFile {
    /// Maximum size of such a file, in bytes.
    public static let limit = 65_536
    /// Maximum number of scratch codes that are accepted.
    ///
    /// Each code costs a slow hash, and the file belongs to its user. pam_google_authenticator makes up to ten.
    public static let mostScratchCodes = 20

    /// Reads the token of a file.
    ///
    /// - Parameter bytes: content of the file.
    /// - Returns: the token with its scratch codes, and notes for people on options that are not taken over.
    /// - Throws: `RosterError` if the file is too large or not UTF-8, holds no valid secret, has an unknown line or too
    ///   many scratch codes, or if its token counts events (HOTP) or has a period other than 15 to 60 seconds.
    public static func token(_ bytes: [UInt8]) throws(RosterError) -> (Entry.SoftToken, notes: [String]) {
        guard bytes.count <= limit, let text = String(validating: bytes, as: UTF8.self) else {
            throw RosterError(1, "not a text of at most 64 kB")
        }
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
        guard let secret = lines.first.flatMap({ Secret(base32: $0.trimmed) }) else {
            throw RosterError(1, "the first line is not a secret of 10 to 128 bytes in Base32")
        }
        var found = Options()
        var codes: [String] = []
        for (index, line) in lines.enumerated().dropFirst() {
            if line.hasPrefix("\" ") {
                try found.read(line.dropFirst(2).split(separator: " ").map(String.init), line: index + 1)
            } else if isScratchCode(line.trimmed) {
                codes.append(line.trimmed)
                if codes.count > mostScratchCodes {
                    throw RosterError(index + 1, "more than \(mostScratchCodes) scratch codes")
                }
            } else if !line.trimmed.isEmpty {
                throw RosterError(index + 1, "neither an option nor a scratch code of eight digits")
            }
        }
        guard found.countsTime else { throw RosterError(1, "no TOTP_AUTH: the file is for neither kind of token") }
        guard let parameters = TOTP(algorithm: .sha1, digits: 6, period: found.period) else {
            throw RosterError(1, "STEP_SIZE \(found.period): a code must last 15 to 60 seconds")
        }
        return (Entry.SoftToken(secret: secret, parameters: parameters, scratchCodes: codes), found.notes)
    }

    private struct Options {
        var countsTime = false
        var period = 30
        var notes: [String] = []

        mutating func read(_ words: [String], line: Int) throws(RosterError) {
            switch words.first {
            case "TOTP_AUTH": countsTime = true
            case "HOTP_COUNTER":
                throw RosterError(
                    line,
                    "a token that counts events (HOTP_COUNTER) is not taken: "
                        + "only those that count time are; make the user a new one"
                )
            case "STEP_SIZE":
                guard words.count == 2, let seconds = Int(words[1]) else {
                    throw RosterError(line, "STEP_SIZE needs a number")
                }
                period = seconds
            case "WINDOW_SIZE":
                // One step on each side makes 3, which is the window used here.
                if words.count == 2, let size = Int(words[1]), size > 3 {
                    notes.append("WINDOW_SIZE \(size): one time step on each side is taken here")
                }
            case "TIME_SKEW":
                if words.count == 2, let steps = Int(words[1]), !(-1...1).contains(steps) {
                    notes.append("TIME_SKEW \(steps): the phone's clock is off; set it right")
                }
            // RATE_LIMIT and DISALLOW_REUSE always apply here; the others are state of that program.
            default: break
            }
        }
    }

    private static func isScratchCode(_ text: String) -> Bool {
        text.utf8.count == 8 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
