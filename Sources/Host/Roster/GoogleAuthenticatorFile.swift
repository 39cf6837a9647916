internal import OATH

/// A user's file of pam_google_authenticator: the secret on the first line, options behind a quote and a blank, then scratch codes.
public enum GoogleAuthenticatorFile {
    /// The most that such a file has, in bytes.
    public static let limit = 65_536
    /// The most scratch codes that are taken: each costs a slow hash, and the file is its user's. pam_google_authenticator makes up to ten.
    public static let mostScratchCodes = 20

    public static func token(_ bytes: [UInt8]) throws(LineFault) -> (Entry.SoftToken, notes: [String]) {
        guard bytes.count <= limit, let text = String(validating: bytes, as: UTF8.self) else {
            throw LineFault(1, "not a text of at most 64 kB")
        }
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
        guard let secret = lines.first.flatMap({ Secret(base32: $0.trimmed) }) else {
            throw LineFault(1, "the first line is not a secret of 10 to 128 bytes in Base32")
        }
        var found = Options()
        var codes: [String] = []
        for (index, line) in lines.enumerated().dropFirst() {
            if line.hasPrefix("\" ") {
                try found.take(line.dropFirst(2).split(separator: " ").map(String.init), index + 1)
            } else if isScratchCode(line.trimmed) {
                codes.append(line.trimmed)
                if codes.count > mostScratchCodes {
                    throw LineFault(index + 1, "more than \(mostScratchCodes) scratch codes")
                }
            } else if !line.trimmed.isEmpty {
                throw LineFault(index + 1, "neither an option nor a scratch code of eight digits")
            }
        }
        guard found.countsTime else { throw LineFault(1, "no TOTP_AUTH: the file is for neither kind of token") }
        guard let parameters = TOTP(algorithm: .sha1, digits: 6, period: found.period) else {
            throw LineFault(1, "STEP_SIZE \(found.period): a code must last 15 to 60 seconds")
        }
        return (Entry.SoftToken(secret: secret, parameters: parameters, scratchCodes: codes), found.notes)
    }

    private struct Options {
        var countsTime = false
        var period = 30
        var notes: [String] = []

        mutating func take(_ words: [String], _ line: Int) throws(LineFault) {
            switch words.first {
            case "TOTP_AUTH": countsTime = true
            case "HOTP_COUNTER":
                throw LineFault(
                    line,
                    "a token that counts events (HOTP_COUNTER) is not taken: only those that count time are; make the user a new one"
                )
            case "STEP_SIZE":
                guard words.count == 2, let seconds = Int(words[1]) else {
                    throw LineFault(line, "STEP_SIZE needs a number")
                }
                period = seconds
            case "WINDOW_SIZE":
                // One step on each side is 3, which is what is looked at here.
                if words.count == 2, let size = Int(words[1]), size > 3 {
                    notes.append("WINDOW_SIZE \(size): one time step on each side is taken here")
                }
            case "TIME_SKEW":
                if words.count == 2, let steps = Int(words[1]), !(-1...1).contains(steps) {
                    notes.append("TIME_SKEW \(steps): the phone's clock is off; set it right")
                }
            // RATE_LIMIT and DISALLOW_REUSE are so here in any case; the others are its memory.
            default: break
            }
        }
    }

    private static func isScratchCode(_ text: String) -> Bool {
        text.utf8.count == 8 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
