import Identifiers
import OATH
import Roster
import Testing

// swift-format-ignore: NeverForceUnwrap
private let secret = Secret(base32: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")!
private let hex = "48656c6c6f21deadbeef48656C6C6F21DEADBEEF"

private func token(_ period: Int = 30, _ digits: Int = 6, codes: [String] = []) -> Entry.SoftToken {
    // swift-format-ignore: NeverForceUnwrap
    let parameters = TOTP(algorithm: .sha1, digits: digits, period: period)!
    return Entry.SoftToken(secret: secret, parameters: parameters, scratchCodes: codes)
}

struct JSONLineTests {
    @Test func namesAreThoseOfTheColumnsAndNumbersMayBeNumbers() {
        let lines =
            #"{"user":"alice","country_code":49,"phone":"1701234567","email":"alice@example.com"}"# + "\r\n\n"
            + #"{"user":"bob","authy_id":12}"#
        #expect(
            read(lines) == [
                entry(1, "alice", "49", "1701234567", "alice@example.com"),
                .entry(Entry(line: 3, user: "bob", factor: .authyID(AuthyID(12)!))),
            ])
    }

    @Test(arguments: [
        ("{\"user\":\"bob\"", "no object in JSON"), ("[]", "no object in JSON"),
        ("{\"name\":\"bob\"}", "there is no member name; there are user, country_code, phone, email, authy_id"),
        ("{\"user\":[\"bob\"]}", "user: a text or a number is needed"), ("{\"phone\":\"1\"}", "the user is missing"),
        ("{}", "the user is missing"),
    ]) func aBadLineIsNamedAndTheNextOneIsRead(bad: String, message: String) {
        let good = #"{"user":"alice","country_code":"49","phone":"1701234567","email":"alice@example.com"}"#
        #expect(
            read("\(good)\n\(bad)\n\(good)") == [
                entry(1, "alice", "49", "1701234567", "alice@example.com"), fault(2, message),
                entry(3, "alice", "49", "1701234567", "alice@example.com"),
            ])
    }

    @Test(arguments: 1...40) func objectsOfJSONComeInAnyLayout(pieces: Int) {
        let object =
            "{\n \"user\": \"alice\", \"country_code\": 49,\n "
            + "\"phone\": \"1701234567\", \"email\": \"alice@example.com\"\n}"
        let bob = #"{"user":"b}]\\\"ob","authy_id":12}"#
        let second = Found.entry(Entry(line: 5, user: #"b}]\"ob"#, factor: .authyID(AuthyID(12)!)))
        let first = entry(1, "alice", "49", "1701234567", "alice@example.com")
        #expect(read("[" + object + ",\n" + bob + "]\n", pieces: pieces) == [first, second])
        #expect(read(object + "\n" + bob, pieces: pieces) == [first, second])
        #expect(read("[]", pieces: pieces) == [])
    }

    @Test(arguments: [
        ("[", "the array is never closed"), ("[1]", "no object in JSON"), ("[{},", "the user is missing"),
        ("[{\"user\"", "the object is never closed"),
    ]) func whatIsNoArrayOfObjectsIsNamed(text: String, message: String) {
        guard case .error(let fault)? = read(text).first else { return #expect(Bool(false)) }
        #expect(fault.message.hasPrefix(message) && fault.line == 1)
    }

    @Test func aLineOfAMegabyteIsNamedAndNotKept() {
        let long = #"{"user":""# + String(repeating: "x", count: 1 << 20) + #""}"#
        #expect(read("\(long)\n{}", pieces: 4_096) == [fault(1, "longer than 64 kB"), fault(2, "the user is missing")])
    }
}

struct OATHTests {
    @Test(arguments: [("HOTP/T30", 30, 6), ("HOTP/T30/8", 30, 8), ("HOTP/T60/7", 60, 7)])
    func tokensThatCountTimeAreTaken(
        type: String, period: Int, digits: Int
    ) {
        let lines = "# ours\n\n\(type)\talice - \(hex)\n"
        #expect(
            read(lines, .oath) == [.entry(Entry(line: 3, user: "alice", factor: .softToken(token(period, digits))))])
    }

    @Test func whatPamOathWroteBehindALineDoesNotMatter() {
        #expect(
            read("HOTP/T30 alice + \(hex) 5 123456 2026-01-02T03:04:05L", .oath) == [
                .entry(Entry(line: 1, user: "alice", factor: .softToken(token())))
            ])
    }

    @Test func aPINIsLeftBehindAndSoSaid() {
        guard case .entry(let entry)? = read("HOTP/T30 alice 1234 \(hex)", .oath).first else {
            return #expect(Bool(false))
        }
        #expect(entry.notes == ["the PIN is left behind: the code alone is asked for"])
    }

    @Test(arguments: ["HOTP", "HOTP/E", "HOTP/E/6"]) func tokensThatCountEventsAreRefusedWithTheReason(type: String) {
        #expect(
            read("\(type) alice - \(hex)", .oath) == [
                fault(
                    1,
                    """
                    a token that counts events (HOTP) is not taken: \
                    only those that count time are; make the user a new one
                    """
                )
            ])
    }

    @Test(arguments: [
        ("HOTP/T45 alice - \(hex)", "the type HOTP/T45 is not known"),
        ("MOTP alice - \(hex)", "the type MOTP is not known"),
        ("HOTP/T30/9 alice - \(hex)", "the type HOTP/T30/9 is not known"),
        ("HOTP/T30 alice -", "type, user, PIN and secret are needed"),
        ("HOTP/T30 alice - xyz", "the secret is not 10 to 128 bytes in hexadecimal"),
        ("HOTP/T30 alice - \(hex)f", "the secret is not 10 to 128 bytes in hexadecimal"),
        ("HOTP/T30 alice - \(hex.prefix(18))", "the secret is not 10 to 128 bytes in hexadecimal"),
        ("HOTP/T30 alice - \(String(repeating: "ab", count: 129))", "the secret is not 10 to 128 bytes in hexadecimal"),
    ]) func aBadLineIsNamed(line: String, message: String) {
        #expect(read("#\n" + line, .oath) == [fault(2, message)])
    }
}

struct AuthySSHTests {
    @Test func onlyLinesThatNameAUserCount() {
        let lines =
            "banner=Good job!\napi_key=0123456789abcdef\ndefault_verify_action=enforce\nuser=alice:12\r\nuser=bob: 13\n"
        #expect(
            read(lines, .authySSH) == [
                .entry(Entry(line: 4, user: "alice", factor: .authyID(AuthyID(12)!))),
                .entry(Entry(line: 5, user: "bob", factor: .authyID(AuthyID(13)!))),
            ])
    }

    @Test(arguments: [
        ("user=alice", "user=NAME:AUTHYID is needed"), ("user=:12", "user=NAME:AUTHYID is needed"),
        ("user=a:b:12", "user=NAME:AUTHYID is needed"),
        ("user=alice:", "the AuthyID of alice is not a positive whole number"),
        ("user=alice:012", "the AuthyID of alice is not a positive whole number"),
    ]) func aBadLineIsNamed(line: String, message: String) {
        #expect(read(line, .authySSH) == [fault(1, message)])
    }
}

struct GoogleAuthenticatorTests {
    private func read(_ lines: String...) throws(RosterError) -> (Entry.SoftToken, notes: [String]) {
        try GoogleAuthenticatorFile.token(Array(lines.joined(separator: "\n").utf8))
    }

    @Test func secretOptionsAndScratchCodesAreTaken() throws {
        let found = try read(
            "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "\" RATE_LIMIT 3 30 1762000000", "\" WINDOW_SIZE 3",
            "\" DISALLOW_REUSE 58733334",
            "\" TOTP_AUTH", "12345678",
            "87654321", "")
        #expect(found.0 == token(codes: ["12345678", "87654321"]) && found.notes.isEmpty)
    }

    @Test func theLengthOfAStepIsTaken() throws {
        #expect(try read("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "\" STEP_SIZE 60", "\" TOTP_AUTH").0 == token(60))
    }

    @Test func aWiderWindowAndAnOffClockAreSaid() throws {
        let notes = try read("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "\" WINDOW_SIZE 17", "\" TIME_SKEW -4", "\" TOTP_AUTH")
            .notes
        #expect(
            notes == [
                "WINDOW_SIZE 17: one time step on each side is taken here",
                "TIME_SKEW -4: the phone's clock is off; set it right",
            ])
    }

    @Test(arguments: ["", " x", " -9223372036854775808", " 9223372036854775807", " 99999999999999999999"])
    func whateverNumberAnOptionHasTheFileIsRead(number: String) {
        for option in ["WINDOW_SIZE", "TIME_SKEW", "STEP_SIZE", "RATE_LIMIT", "DISALLOW_REUSE"] {
            _ = try? read("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "\" \(option)\(number)", "\" TOTP_AUTH")
        }
    }

    @Test func twentyScratchCodesAreTakenAndNoMore() throws {
        let codes = (10_000_000..<10_000_021).map(String.init)
        let file = ["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "\" TOTP_AUTH"] + codes
        let text = Array(file.joined(separator: "\n").utf8)
        #expect(try GoogleAuthenticatorFile.token(Array(text.dropLast(9))).0.scratchCodes == codes.dropLast())
        #expect(throws: RosterError(23, "more than 20 scratch codes")) { try GoogleAuthenticatorFile.token(text) }
    }

    @Test func whatIsNoSuchTokenIsRefusedByItsLine() {
        let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
        let counting =
            "a token that counts events (HOTP_COUNTER) is not taken: "
            + "only those that count time are; make the user a new one"
        #expect(throws: RosterError(2, counting)) { try read(secret, "\" HOTP_COUNTER 1") }
        #expect(throws: RosterError(1, "the first line is not a secret of 10 to 128 bytes in Base32")) { try read("") }
        #expect(throws: RosterError(1, "no TOTP_AUTH: the file is for neither kind of token")) { try read(secret) }
        #expect(throws: RosterError(3, "neither an option nor a scratch code of eight digits")) {
            try read(secret, "\" TOTP_AUTH", "1234")
        }
        #expect(throws: RosterError(1, "STEP_SIZE 5: a code must last 15 to 60 seconds")) {
            try read(secret, "\" TOTP_AUTH", "\" STEP_SIZE 5")
        }
    }
}
