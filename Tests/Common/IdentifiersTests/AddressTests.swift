import Identifiers
import LoginPolicy
import Testing

struct AddressTests {
    @Test(
        "Whether an address needs an interface to say which host it is",
        arguments: [
            ("fe80::1", true), ("febf::1", true), ("fec0::1", false), ("fe7f::1", false), ("2001:db8::1", false),
            ("254.128.0.1", false),
        ])
    func linkLocal(text: String, isLinkLocal: Bool) { #expect(Address(text)?.isLinkLocal == isLinkLocal) }

    @Test(
        "A numeric address is read, and written in its usual form",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
            ("::1", "::1"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("fe80::1%eth0", "fe80::1"), ("fe80::1%", "fe80::1"),
        ])
    func numeric(text: String, form: String) { #expect(Address(text)?.description == form) }

    @Test(
        "An IPv4 address that came mapped into IPv6 is the IPv4 address",
        arguments: [
            "::ffff:192.0.2.1", "::FFFF:192.0.2.1", "::ffff:c000:201", "0:0:0:0:0:ffff:192.0.2.1",
            "::ffff:192.0.2.1%eth0",
        ])
    func mapped(text: String) {
        #expect(Address(text) == Address("192.0.2.1"))
        #expect(Address(text)?.place == "192.0.2.1")
        #expect(Address(text)?.bytes.count == 4)
    }

    @Test(
        "Other addresses with an IPv4 address inside stay what they are",
        arguments: [
            "::192.0.2.1", "::fffe:192.0.2.1", "::ffff:0:192.0.2.1", "1::ffff:192.0.2.1", "64:ff9b::192.0.2.1",
            "2002:c000:201::",
        ])
    func notMapped(text: String) { #expect(Address(text)?.bytes.count == 16) }

    @Test(
        "What is not numeric is no address",
        arguments: [
            "", "%", "%eth0", "localhost", "host.example.com", "UNKNOWN", "10", "10.0.0", "10.0.0.0.1", "10.0.0.256",
            "010.0.0.1",
            "0x0a.0.0.1",
            "10.0.0.1.", " 10.0.0.1", "10.0.0.1 ", "10.0.0.1\n", "10.0.0.1\0", "\0", "10.0.0.1/32", "10.0.0.1:22",
            "[::1]", "::1::", ":::",
            "1:2:3:4:5:6:7",
            "12345::", "::g", "10.0.0.1.example.com", "\u{661}0.0.0.1", "1.2.3.4\u{301}", "::ffff:10.0.0",
            String(repeating: "1", count: 10_000),
            String(repeating: ":", count: 10_000),
        ])
    func noAddress(text: String) { #expect(Address(text) == nil) }

    @Test("An IPv4 address is a place of its own")
    func placeOfIPv4() {
        #expect(Address("192.0.2.1")?.place == "192.0.2.1")
        #expect(Address("192.0.2.1")?.place != Address("192.0.2.2")?.place)
    }

    @Test("All of a /64 is one place, and the next one is another")
    func placeOfIPv6() {
        #expect(Address("2001:db8:0:1::1")?.place == "2001:db8:0:1::/64")
        #expect(Address("2001:db8:0:1:ffff:ffff:ffff:ffff")?.place == "2001:db8:0:1::/64")
        #expect(Address("2001:db8:0:2::1")?.place == "2001:db8:0:2::/64")
        #expect(Address("fe80::1%eth0")?.place == Address("fe80::2%eth1")?.place)
    }
}

struct NetworkTests {
    @Test(
        "A network has all addresses that agree in its leading bits, and no other",
        arguments: [
            (
                "10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
                ["9.255.255.255", "11.0.0.0", "::10.0.0.1", "a00::"]
            ),
            ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127", "192.0.3.128"]),
            ("192.0.2.6/31", ["192.0.2.6", "192.0.2.7"], ["192.0.2.5", "192.0.2.8"]),
            ("192.0.2.7", ["192.0.2.7"], ["192.0.2.6", "192.0.2.8"]),
            ("192.0.2.7/32", ["192.0.2.7"], ["192.0.2.6"]),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], ["::", "2001:db8::1"]),
            (
                "2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1", "2001:db8::1%eth0"],
                ["2001:db9::", "2001:db7:ffff::", "32.1.13.184"]
            ),
            ("2001:db8::/33", ["2001:db8:7fff::"], ["2001:db8:8000::"]),
            ("2001:db8::1", ["2001:db8::1"], ["2001:db8::2"]),
            ("::/0", ["::", "2001:db8::1"], ["10.0.0.1", "::ffff:10.0.0.1"]),
            ("::ffff:10.0.0.0/104", ["10.0.0.1", "::ffff:10.255.0.1"], ["11.0.0.0", "::10.0.0.1"]),
            ("::ffff:0:0/96", ["10.0.0.1", "255.0.0.1"], ["::1"]),
            ("::ffff:192.0.2.1", ["192.0.2.1"], ["192.0.2.2"]),
        ])
    func contains(text: String, inside: [String], outside: [String]) throws {
        let network = try #require(Network(text))
        for address in inside { #expect(network.contains(try #require(Address(address))), "\(address)") }
        for address in outside { #expect(!network.contains(try #require(Address(address))), "\(address)") }
    }

    @Test("At every length the last bit counts, and the one behind it does not")
    func everyLength() throws {
        for length in 1...32 {
            let bits = UInt32.max << UInt32(32 - length)
            let network = try #require(Network("\(Self.dotted(bits))/\(length)"))
            #expect(network.prefix == length)
            #expect(network.contains(try #require(Address("255.255.255.255"))))
            #expect(!network.contains(try #require(Address(Self.dotted(bits ^ (1 << UInt32(32 - length)))))))
            if length < 32 { #expect(Network("\(Self.dotted(bits | 1))/\(length)") == nil, "a bit behind /\(length)") }
        }
    }

    private static func dotted(_ bits: UInt32) -> String {
        [24, 16, 8, 0].map { String((bits >> UInt32($0)) & 0xFF) }.joined(separator: ".")
    }

    @Test(
        "What is no network is none",
        arguments: [
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/ 8", "10.0.0.0/8 ",
            "10.0.0.0/8/8",
            "10.0.0.0/a",
            "10.0.0.0/0008", "10.0.0.0/255.0.0.0", "10/8", "10.0.0.1/8", "10.0.0.0/7\0", "0.0.0.1/0", "192.0.2.129/25",
            "2001:db8::/129",
            "2001:db8::1/64", "fe80::%eth0/64", "fe80::/64%eth0", "::ffff:10.0.0.0/8", "::ffff:10.0.0.0/95",
            "::ffff:10.0.0.0/129",
            "::ffff:10.0.0.1/104", "example.com/8", "10.0.0.0/\u{668}", "10.0.0.0/999999999999999999999",
        ])
    func noNetwork(text: String) { #expect(Network(text) == nil) }

    @Test("Only a network without leading bits is everything", arguments: ["0.0.0.0/0", "::/0", "::ffff:0:0/96"])
    func everything(text: String) { #expect(Network(text)?.isEverything == true) }

    @Test(
        "A network with a leading bit is not everything",
        arguments: ["0.0.0.0/1", "128.0.0.0/1", "::/1", "0.0.0.0", "::"])
    func notEverything(text: String) { #expect(Network(text)?.isEverything == false) }
}

struct ExemptionTests {
    private func matches(
        _ exemption: Exemption, user: String = "backup", groups: Set<String> = ["robots"], service: String = "sshd",
        address: String? = "10.1.2.3"
    ) -> Bool {
        exemption.matches(user: user, groups: groups, service: service, address: address.flatMap { Address($0) })
    }

    private func networks(_ texts: String...) -> [Network] { texts.compactMap { Network($0) } }

    @Test("What is not named does not restrict")
    func absent() { #expect(matches(Exemption())) }

    @Test("Users are named one by one")
    func users() {
        let exemption = Exemption(users: ["root", "backup"])
        #expect(matches(exemption))
        #expect(!matches(Exemption(users: ["jos\u{E9}"]), user: "jose\u{301}"), "the system tells them apart")
        for user in ["Backup", "backup ", "back", "backups", "", "alice"] {
            #expect(!matches(exemption, user: user), "\(user)")
        }
    }

    @Test("Membership in one of the groups is enough")
    func groups() {
        let exemption = Exemption(groups: ["robots", "ops"])
        #expect(matches(exemption))
        #expect(matches(exemption, groups: ["users", "ops"]))
        #expect(!matches(exemption, groups: ["users"]))
        #expect(!matches(Exemption(groups: ["caf\u{E9}"]), groups: ["cafe\u{301}"]), "the system tells them apart")
        #expect(!matches(exemption, groups: []))
    }

    @Test("Services are named one by one")
    func services() {
        let exemption = Exemption(services: ["sshd"])
        #expect(matches(exemption))
        #expect(!matches(exemption, service: "sudo"))
        #expect(!matches(exemption, service: "SSHD"))
    }

    @Test("A client in one of the networks matches; one without a numeric address matches none")
    func addresses() {
        let exemption = Exemption(networks: networks("192.0.2.0/24", "10.0.0.0/8"))
        #expect(matches(exemption))
        #expect(matches(exemption, address: "::ffff:192.0.2.9"))
        #expect(!matches(exemption, address: "11.0.0.1"))
        #expect(!matches(exemption, address: nil))
        #expect(!matches(exemption, address: "trusted.example.com"))
        #expect(!matches(Exemption(networks: networks("0.0.0.0/0", "::/0")), address: nil))
    }

    @Test("All that is named must match")
    func all() {
        let exemption = Exemption(
            users: ["backup"], groups: ["robots"], services: ["sshd"], networks: networks("10.0.0.0/8"))
        #expect(matches(exemption))
        #expect(!matches(exemption, user: "alice"))
        #expect(!matches(exemption, groups: []))
        #expect(!matches(exemption, service: "sudo"))
        #expect(!matches(exemption, address: "192.0.2.1"))
    }

    @Test("An empty list matches nobody")
    func empty() {
        for exemption in [
            Exemption(users: []), Exemption(groups: []), Exemption(services: []), Exemption(networks: []),
        ] {
            #expect(!matches(exemption))
        }
    }
}
