import Testing

struct BadTests {
    @Test(arguments: badTops) func `what is not known, or of the wrong type, is refused with its line`(bad: BadCase) {
        #expect(complaint(about: bad.text) == bad.error)
    }

    @Test(arguments: badServers) func `a server that would be open or out of reach is refused`(bad: BadCase) {
        #expect(complaint(about: "[server]\n" + bad.text) == bad.error)
    }

    @Test(arguments: badTexts) func `a message that cannot carry its code is refused`(bad: BadCase) {
        #expect(complaint(about: "[codes]\n" + bad.text) == bad.error)
    }

    @Test(arguments: [
        "", "8555", ":8555", "*:8555", "localhost:8555", "example.com:1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
        "127.0.0.1:+1",
        "127.0.0.1:１", "127.1:80", "0127.0.0.1:80", "::1:80", "[::1]", "[::1]80", "[127.0.0.1]:80", "[fe80::1%lo]:80",
        "[]:80", "[:80",
        "127.0.0.1:8555 ", " 127.0.0.1:8555", "http://127.0.0.1:8555", "unix:", "unix:run/a", "unix:/run/../a",
        "UNIX:/a",
    ])
    func `what is no address to listen on is refused at its place`(text: String) {
        #expect(
            complaint(about: "[server]\nlisten = [\"unix:/a\",\n\"\(text)\"]")?.hasPrefix("t:3: server.listen[2]: ")
                == true)
    }

    @Test(arguments: [
        "", "*", "*.", "*.com", "*.*.com", "a.*", "*a.com", "https://a.com", "a.com/", "a.com:", "a.com:0",
        "a.com:65536", "a.com:1:2",
        "a_b",
        "a.com.", "[::1]", "*.1.2.3.4", "user@a.com", "a.com\\u0000", "a .com", "ä.com",
    ])
    func `what is no host is never called for a phone`(host: String) {
        let error = complaint(about: "[push]\nhosts = [\"\(host)\"]")
        #expect(error?.hasPrefix("t:2: ") == true)
    }

    @Test(arguments: ["", "mailto:", "mailto:a", "a@b", "http://a", "https://", "mailto:a@b\\n"])
    func `who runs the server can be reached`(
        subject: String
    ) {
        #expect(complaint(about: "[push]\nsubject = \"\(subject)\"")?.hasPrefix("t:2: push.subject: ") == true)
    }

    @Test(arguments: [
        "", "/", "k", "/a/../b", "credential:", "credential:a/b", "credential:..", "credential:a b", "credential:/a",
        "credential:a:b",
    ])
    func `a master key has a path or a name`(text: String) {
        #expect(complaint(about: "\nmaster_key = \"\(text)\"")?.hasPrefix("t:2: master_key: ") == true)
    }
}

private let badTops = [
    BadCase("stat = \"/a\"", "t:1: stat: unknown key \"stat\"; did you mean \"state\"?"),
    BadCase("\n[sever]", "t:2: sever: unknown key \"sever\"; did you mean \"server\"?"),
    BadCase("[server]\nlistn = []", "t:2: server.listn: unknown key \"listn\"; did you mean \"listen\"?"),
    BadCase("[codes]\ndrift = 1", "t:2: codes.drift: unknown key \"drift\"; known here: " + codeKeys),
    BadCase(
        "[limits]\nwrong_code = 1",
        "t:2: limits.wrong_code: unknown key \"wrong_code\"; did you mean \"wrong_codes\"?"),
    BadCase("[phone]\nx = 1", "t:2: phone.x: unknown key \"x\"; known here: link_lifetime"),
    BadCase("[push]\nhost = []", "t:2: push.host: unknown key \"host\"; did you mean \"hosts\"?"),
    BadCase(
        "retention_days = \"90\"",
        "t:1: retention_days: expected a whole number from 1 to 3650, found a text; leave out the quotes"),
    BadCase("state = \"var\"", "t:1: state: expected an absolute path such as /var/lib/countersignd"),
    BadCase("[gateway]\ntype = \"log\"", "t:1: gateway: expected a list of tables, found a table; write [[gateway]]"),
    BadCase("server = 1", "t:1: server: expected a table, found a whole number; write [server]"),
]

private let codeKeys =
    "onecode_lifetime, drift_steps, sms_text, call_text, email_subject, email_text, link_subject, link_text"

private let way =
    "set certificate and private_key, or behind_proxy = true where only a proxy that speaks TLS can reach it"

private let badServers = [
    BadCase("listen = []", "t:2: server.listen: this list is empty; name something, or leave out the key"),
    BadCase(
        "behind_proxy = true\npublic_url = \"https://a.example\"\nlisten = [\"[::]:1\"]\nmetrics = \"127.0.0.1:1\"",
        "t:5: server.metrics: [::]:1 in listen has 127.0.0.1:1 in it; give it a port of its own"),
    BadCase("listen = \"127.0.0.1:1\"", "t:2: server.listen: expected a list in brackets, found a text"),
    BadCase(
        "listen = [\"localhost:80\"]",
        "t:2: server.listen[1]: expected a numeric address and a port such as 127.0.0.1:8555, "
            + "[::1]:8555 or unix:/run/countersignd/api.sock; "
            + "did you mean \"127.0.0.1:80\"?"),
    BadCase(
        "listen = [\"127.0.0.1:1\", \"[::]:80\"]",
        "t:2: server.listen: [::]:80 without TLS is open to others; listen on 127.0.0.1, or \(way)"),
    BadCase(
        "listen = [\"0.0.0.0:80\"]\npublic_url = \"https://a\"",
        "t:2: server.listen: 0.0.0.0:80 without TLS is open to others; listen on 127.0.0.1, or \(way)"),
    BadCase(
        "listen = [\"[::1]:1\", \"[0::1]:1\"]", "t:2: server.listen: [::1]:1 stands there twice; keep one of the two"),
    BadCase(
        "metrics = \"0.0.0.0:9555\"",
        "t:2: server.metrics: 0.0.0.0:9555 is open to others; write an address of loopback or a socket"),
    BadCase(
        "metrics = \"127.0.0.1:8555\"",
        "t:2: server.metrics: 127.0.0.1:8555 stands in listen too; give it an address of its own"),
    BadCase(
        "listen = [\"unix:/a\", \"unix:/a\"]", "t:2: server.listen: unix:/a stands there twice; keep one of the two"),
    BadCase(
        "behind_proxy = true",
        "t:2: server.behind_proxy: a proxy in front of it speaks TLS; write its public_url = \"https://...\" too"),
    BadCase(
        "public_url = \"http://localhost\"\nbehind_proxy = true",
        "t:3: server.behind_proxy: a proxy in front of it speaks TLS; write its public_url = \"https://...\" too"),
    BadCase(
        "certificate = \"/c\"",
        "t:2: server.certificate: private_key is missing; a certificate is of no use without its key"),
    BadCase(
        "private_key = \"/c\"",
        "t:2: server.private_key: certificate is missing; a key is of no use without its certificate"),
    BadCase(
        "public_url = \"http://localhost\"\ncertificate = \"/c\"\nprivate_key = \"/k\"",
        "t:2: server.public_url: with a certificate it speaks TLS; write https://"),
    BadCase("public_url = \"https://a/\"", "t:2: server.public_url: write public_url without the slash at its end"),
    BadCase(
        "public_url = \"https://a/b\"",
        "t:2: server.public_url: public_url has no path; give the server a host of its own"),
    BadCase("public_url = \"https://a?b\"", "t:2: server.public_url: a URL here has no query (?) and no fragment (#)"),
    BadCase(
        "public_url = \"2fa.example.com\"",
        "t:2: server.public_url: expected a URL that begins with https:// or http://"),
    BadCase(
        "public_url = \"http://127.0.0.2\"",
        "t:2: server.public_url: http:// is taken for localhost, 127.0.0.1 and [::1] only; phones need https://"),
    BadCase(
        "public_url = \"http://localhost.example.com\"",
        "t:2: server.public_url: http:// is taken for localhost, 127.0.0.1 and [::1] only; phones need https://"),
    BadCase(
        "trusted_proxies = [\"10.0.0.1/8\"]",
        "t:2: server.trusted_proxies[1]: \"10.0.0.1/8\" has bits set behind its prefix; did you mean \"10.0.0.0/8\"?"),
    BadCase(
        "trusted_proxies = [\"proxy\"]",
        "t:2: server.trusted_proxies[1]: \"proxy\" is no network; write it as \"10.0.0.0/8\" or \"2001:db8::/32\""),
    BadCase(
        "trusted_proxies = [\"0.0.0.0/0\"]",
        "t:2: server.trusted_proxies: everybody could then say where he comes from; name the proxies only"),
]

private let badTexts = [
    BadCase("sms_text = \"\"", "t:2: codes.sms_text: this text has 1 to 480 characters"),
    BadCase("sms_text = \"Hello\"", "t:2: codes.sms_text: {code} is missing in this text"),
    BadCase("call_text = \"{application}\"", "t:2: codes.call_text: {code} is missing in this text"),
    BadCase("email_text = \"{Code}\"", "t:2: codes.email_text: {Code} is not known in this text; did you mean {code}?"),
    BadCase(
        "link_text = \"{code}\"",
        "t:2: codes.link_text: {code} is not known in this text; known here: {link}, {application}"),
    BadCase("link_text = \"{application}\"", "t:2: codes.link_text: {link} is missing in this text"),
    BadCase(
        "email_subject = \"{code}\"",
        "t:2: codes.email_subject: {code} is not known in this text; known here: {application}"),
    BadCase(
        "email_subject = \"a\\nBcc: b@c\"",
        "t:2: codes.email_subject: there is a control character in this text; take it out"),
    BadCase(
        "sms_text = \"{code}\\u001B\"", "t:2: codes.sms_text: there is a control character in this text; take it out"),
    BadCase("sms_text = \"{code}\\r\"", "t:2: codes.sms_text: there is a control character in this text; take it out"),
    BadCase(
        "sms_text = \"{code}\(String(repeating: "x", count: 475))\"",
        "t:2: codes.sms_text: this text has 1 to 480 characters"),
]
