import Identifiers
import Testing

/// Names of directories, and the addresses at the server that they give.
struct UserAddressTests {
    @Test(arguments: [
        ("alice", "alice@example.com"), ("zoe+admin", "zoe+admin@example.com"), ("20230001", "20230001@example.com"),
        ("alice@corp.example.com", "alice@corp.example.com"), ("alice@CORP", "alice@example.com"),
        ("alice@bad_domain.com", "alice@example.com"),
        ("CORP\\alice", "alice@example.com"), ("CORP\\alice@corp.example.com", "alice@corp.example.com"),
        ("A\\B\\alice", "alice@example.com"),
        (String(repeating: "x", count: 64), String(repeating: "x", count: 64) + "@example.com"),
    ])
    func aNameGivesAnAddress(name: String, address: String) {
        #expect(UserAddress.of(name, domain: "example.com") == address)
    }

    @Test(arguments: [
        "", "alice smith", "alice$", "müller", "CORP\\", "@corp.example.com", "alice@corp@example.com", "-alice",
        ".alice", "alice.",
        "a..b",
        "alice\n", "<alice>", String(repeating: "x", count: 65),
    ])
    func aNameGivesNone(name: String) { #expect(UserAddress.of(name, domain: "example.com") == nil) }

    @Test func withoutADomainOnlyANameThatIsAnAddressGivesOne() {
        #expect(UserAddress.of("alice@corp.example.com", domain: nil) == "alice@corp.example.com")
        #expect(UserAddress.of("alice@CORP", domain: nil) == nil)
        #expect(UserAddress.of("alice", domain: nil) == nil)
    }

    @Test func aTextShowsWhatCanBeShown() {
        #expect("Müller 東京".printable() == "Müller 東京")
        #expect("a\u{202E}b\u{7}\u{200B}".printable() == "a\\u{202E}b\\u{7}\\u{200B}")
        #expect("Müller".printable { $0.isASCII } == "M\\u{FC}ller")
    }
}
