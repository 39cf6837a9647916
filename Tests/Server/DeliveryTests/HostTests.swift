import Delivery
import HTTPTransport
import Testing

private let hosts = HostList([
    "push.example", "*.notify.example", "local.example:8443", "[::1]:9443", "*", "*.", "", "bad.example:x",
])

private func allows(_ url: String) -> Bool { ParsedURL(url).map { hosts.allows($0) } ?? false }

struct AHostList {
    @Test(arguments: [
        "https://push.example/abc?d=e", "https://PUSH.Example/abc", "https://push.example:443/",
        "https://a.notify.example/x",
        "https://a.b.notify.example/x", "https://local.example:8443/", "https://[::1]:9443/", "https://push.example",
    ]) func `what it names may be called`(url: String) { #expect(allows(url)) }

    @Test(arguments: [
        // Other schemes, ports and hosts.
        "http://push.example/", "HTTPS+x://push.example/", "ftp://push.example/", "file:///etc/passwd",
        "https://push.example:8443/",
        "https://push.example:0/", "https://push.example:65979/", "https://local.example/", "https://other.example/",
        "https://127.0.0.1/", "https://0x7f.1/", "https://2130706433/", "https://[::1]/", "https://localhost/",
        // Names that only look similar.
        "https://notify.example/", "https://evilnotify.example/", "https://.notify.example/",
        "https://push.example.evil.test/",
        "https://evil.test/push.example", "https://evil.test?push.example", "https://evil.test#push.example",
        "https://push.example./",
        "https://a.notify.example./", "https://push..example/", "https://bad.example/",
        // User information, and forms that only some parsers take for it.
        "https://user@push.example/", "https://user:pass@push.example/", "https://push.example@evil.test/",
        "https://@push.example/",
        "https://:@push.example/", "https://push.example:443@evil.test/", "https://evil.test\\@push.example/",
        "https://evil.test\\.push.example/", "https://push.example%2eevil.test/", "https://push%2eexample/",
        "https://push.example%00.evil.test/",
        // Wrong shapes.
        "https:push.example", "https:/push.example/", "https:///push.example/", "https:\\\\push.example/",
        "//push.example/",
        "push.example",
        " https://push.example/", "https://push.example/\r\nHost: evil.test", "https://push.example/ a",
        "https://push.example\t/",
        "https://pu\u{73}h.ex\u{430}mple/", "https://push\u{3002}example/", "https://push.example/\u{0}", "",
        "https://", "https://?",
        "https://*/",
    ]) func `nothing else may`(url: String) { #expect(!allows(url)) }

    @Test func `an endless URL is refused`() {
        #expect(!allows("https://push.example/" + String(repeating: "a", count: 16_384)))
    }

    @Test func `an empty list allows nothing`() throws {
        let url = try #require(ParsedURL("https://push.example/"))
        #expect(!HostList([]).allows(url))
    }
}

struct ARecipient {
    @Test(arguments: ["+15551234567", "+4915112345678", "+1234567", "+123456789012345"])
    func `phone numbers are E.164`(text: String) { #expect(Recipient.isPhone(text)) }

    @Test(arguments: [
        "", "+", "15551234567", "+0555123456", "+123456", "+1234567890123456", "+1555-123-4567", "-15551234567",
        "+1555123456\n",
        "+1555123456٣", "+1 5551234567",
    ])
    func `other numbers are refused`(text: String) { #expect(!Recipient.isPhone(text)) }

    @Test(arguments: ["a@b.example", "first.last+tag@mail.example.org", "A_B-c=d@xn--bcher-kva.example"])
    func `plain e-mail addresses are taken`(text: String) { #expect(Recipient.isMail(text)) }

    @Test(arguments: [
        "", "a", "@b.example", "a@", "a@b", "a@b@c.example", "-a@b.example", ".a@b.example", "a..b@c.example",
        "a.@b.example",
        "a b@c.example",
        "a@b.example\r\nBcc: c@d.example", "\"a\"@b.example", "<a@b.example>", "a@[127.0.0.1]", "a@127.0.0.1",
        "a@-b.example",
        "a@b..example",
        "a@b.example.", "ä@b.example", "a@bü.example", "a,b@c.example", "a;b@c.example", "a@b.example>",
        "$(id)@b.example", "a%b@c.example",
    ])
    func `others are refused`(text: String) { #expect(!Recipient.isMail(text)) }

    @Test func `a long address is refused`() {
        #expect(!Recipient.isMail(String(repeating: "a", count: 65) + "@b.example"))
    }
}

struct ALine {
    /// Returns a line with these items, given with their server and deadline.
    private func line(_ limits: FairQueue<Int>.Limits, _ places: [(item: Int, server: String, deadline: Int64)]) -> (
        FairQueue<Int>, [Bool]
    ) {
        var line = FairQueue<Int>(limits)
        let taken = places.map { line.join($0.item, server: $0.server, deadline: $0.deadline) }
        return (line, taken)
    }

    @Test func `one server takes no more than its share`() {
        var (line, _) = line(
            .init(running: 3, runningAtOneServer: 2),
            [
                (1, "slow", 100), (2, "slow", 100), (3, "slow", 100), (4, "slow", 100), (5, "other", 100),
                (6, "third", 100),
            ])
        var started = [line.next(at: 0).start]
        line.leave("other")
        started.append(line.next(at: 0).start)
        line.leave("slow")
        started.append(line.next(at: 0).start)
        #expect(started == [[1, 2, 5], [6], [3]])
    }

    @Test func `who waited too long is told so, and is gone`() {
        var (line, _) = line(.init(running: 0), [(1, "a", 100), (2, "a", 200)])
        let turn = line.next(at: 100)
        #expect(turn.start == [] && turn.late == [1])
        let left = line.clear()
        #expect(left == [2])
        #expect(line.isEmpty)
    }

    @Test func `a full line takes no more`() {
        #expect(line(.init(waiting: 1), [(1, "a", 1), (2, "a", 1)]).1 == [true, false])
    }
}
