import ServerSettings
import SettingsFile
import Testing

let twilio = "type = \"twilio\"\naccount = \"AC1\"\ntoken_file = \"/t\"\n"
let smtp = "type = \"smtp\"\nfrom = \"a@example.com\"\n"

struct GatewayTests {
    private func gateway(_ keys: String) throws -> Gateway? {
        let gateways = try ServiceSettings.parse("[[gateway]]\n\(keys)", file: "t").gateways
        #expect(gateways.count == 1)
        return gateways.first
    }

    @Test func `twilio needs an account, a token and a sender, and carries text messages and calls`() throws {
        let gateway = try #require(try gateway(twilio + "from = \"+15551234567\""))
        #expect(
            gateway.type
                == .twilio(account: "AC1", tokenFile: "/t", from: "+15551234567", url: "https://api.twilio.com"))
        #expect(gateway.kinds == [.sms, .call])
        #expect(gateway.name == "twilio")
        #expect(gateway.timeout == 10)
        #expect(gateway.retries == 1)
    }

    @Test(arguments: ["Example", "A 1", "Shop24", "12345", "123", "MG0123456789abcdef0123456789ABCDEF"])
    func `a sender that is no number carries text messages only`(name: String) throws {
        let gateway = try #require(try gateway(twilio + "from = \"\(name)\"\nurl = \"http://127.0.0.1:8080/\""))
        #expect(gateway.type == .twilio(account: "AC1", tokenFile: "/t", from: name, url: "http://127.0.0.1:8080"))
        #expect(gateway.kinds == [.sms])
    }

    @Test func `a webhook needs a URL and a secret, and carries everything`() throws {
        let gateway = try #require(
            try gateway("type = \"webhook\"\nurl = \"https://a/b\"\nsecret_file = \"/s\"\nname = \"hook 1\""))
        #expect(gateway.type == .webhook(url: "https://a/b", secretFile: "/s"))
        #expect(gateway.kinds == [.sms, .call, .email])
        #expect(gateway.name == "hook 1")
    }

    @Test func `smtp carries e-mail`() throws {
        let gateway = try #require(try gateway(smtp + "url = \"SMTP://Mail.example.com:587\""))
        #expect(
            gateway.type
                == .smtp(
                    url: "smtp://mail.example.com:587", from: "a@example.com", user: nil, passwordFile: nil,
                    smsDomain: nil))
        #expect(gateway.kinds == [.email])
    }

    @Test func `smtp carries text messages too where their domain is known`() throws {
        let keys = "url = \"smtps://[::1]\"\nuser = \"u\"\npassword_file = \"/p\"\nsms_domain = \"SMS.example.com\""
        let gateway = try #require(try gateway(smtp + keys))
        #expect(
            gateway.type
                == .smtp(
                    url: "smtps://[::1]", from: "a@example.com", user: "u", passwordFile: "/p",
                    smsDomain: "sms.example.com"))
        #expect(gateway.kinds == [.sms, .email])
    }

    @Test func `a command keeps its words as they are`() throws {
        let gateway = try #require(
            try gateway("type = \"command\"\ncommand = [\"/bin/send\", \"--to={to}\", \"{kind}\", \"{ } $(x)\", \"\"]"))
        #expect(gateway.type == .command(["/bin/send", "--to={to}", "{kind}", "{ } $(x)", ""]))
        #expect(gateway.kinds == [.sms, .call, .email])
    }

    @Test func `gateways keep their order, and what they carry`() throws {
        let text =
            "[[gateway]]\ntype = \"log\"\nfor = [\"email\", \"sms\"]\ntimeout = 3\nretries = 4\n"
            + "[[gateway]]\ntype = \"log\"\nname = \"b\""
        let gateways = try ServiceSettings.parse(text, file: "t").gateways
        #expect(gateways.map(\.name) == ["log", "b"])
        #expect(gateways.first?.kinds == [.email, .sms])
        #expect(gateways.first?.timeout == 3)
        #expect(gateways.first?.retries == 4)
    }

    @Test(arguments: badGateways) func `a gateway that cannot work is refused with what it needs`(bad: BadCase) {
        #expect(complaint(about: "[[gateway]]\n\(bad.text)") == bad.error)
    }

    @Test(arguments: ["s3cr3t:pass@", "a/?token=s3cr3t", "a#s3cr3t", "s3cr3t "]) func `no error shows a URL`(
        rest: String
    ) {
        for scheme in ["https", "http", "smtp", "smtps"] {
            let url = "url = \"\(scheme)://\(rest)x\"\n"
            for keys in [
                smtp + url, twilio + "from = \"+15551234567\"\n" + url,
                "type = \"webhook\"\nsecret_file = \"/s\"\n" + url,
            ] {
                #expect(complaint(about: "[[gateway]]\n\(keys)")?.contains("s3cr3t") == false)
            }
        }
    }
}

private let badGateways = [
    BadCase("name = \"a\"", "t:1: gateway[1]: type is missing; write type = \"twilio\", webhook, smtp, command or log"),
    BadCase(
        "type = \"twillio\"",
        "t:2: gateway[1].type: expected \"twilio\", \"webhook\", \"smtp\", \"command\" or \"log\", "
            + "found \"twillio\"; did you mean \"twilio\"?"
    ),
    BadCase(twilio, "t:1: gateway[1]: from is missing; this gateway needs it"),
    BadCase("type = \"twilio\"", "t:1: gateway[1]: account is missing; this gateway needs it"),
    BadCase("type = \"twilio\"\naccount = \"AC1\"", "t:1: gateway[1]: token_file is missing; this gateway needs it"),
    BadCase(
        "type = \"webhook\"\nurl = \"https://a\"", "t:1: gateway[1]: secret_file is missing; this gateway needs it"),
    BadCase("type = \"webhook\"\nsecret_file = \"/s\"", "t:1: gateway[1]: url is missing; this gateway needs it"),
    BadCase("type = \"command\"", "t:1: gateway[1]: command is missing; this gateway needs it"),
    BadCase(smtp, "t:1: gateway[1]: url is missing; this gateway needs it"),
    BadCase("type = \"smtp\"\nurl = \"smtp://a\"", "t:1: gateway[1]: from is missing; this gateway needs it"),
    BadCase(
        smtp + "url = \"smtp://a\"\nuser = \"u\"", "t:1: gateway[1]: password_file is missing; this gateway needs it"),
    BadCase(
        smtp + "url = \"smtp://a\"\npassword_file = \"/p\"", "t:1: gateway[1]: user is missing; this gateway needs it"),
    BadCase(
        "type = \"twilio\"\nacount = \"AC1\"",
        "t:3: gateway[1].acount: unknown key \"acount\"; did you mean \"account\"?"),
    BadCase(
        "type = \"log\"\nurl = \"https://a\"",
        "t:3: gateway[1].url: unknown key \"url\"; known here: type, name, for, timeout, retries"),
    BadCase(
        twilio + "from = \"+15551234567\"\nfor = [\"email\"]",
        "t:6: gateway[1].for: twilio carries sms and call; take smtp for email"),
    BadCase(
        twilio + "from = \"Example\"\nfor = [\"sms\", \"call\"]",
        "t:6: gateway[1].for: a call comes from a number such as +15551234567"),
    BadCase(
        smtp + "url = \"smtp://a\"\nfor = [\"call\"]",
        "t:5: gateway[1].for: smtp carries email, and sms with sms_domain"),
    BadCase(
        smtp + "url = \"smtp://a\"\nfor = [\"sms\"]",
        "t:5: gateway[1].for: for sms by smtp, sms_domain says at which domain the numbers have mailboxes"),
    BadCase(
        "type = \"log\"\nfor = []", "t:3: gateway[1].for: this list is empty; name something, or leave out the key"),
    BadCase(
        "type = \"log\"\nfor = [\"SMS\"]",
        "t:3: gateway[1].for[1]: expected \"sms\", \"call\" or \"email\", found \"SMS\"; did you mean \"sms\"?"),
    BadCase(
        "type = \"log\"\n[[gateway]]\ntype = \"log\"",
        "t:3: gateway[2]: a gateway above is called \"log\" too; give this one a name of its own"),
    BadCase(
        "type = \"log\"\nname = \"a\"\n[[gateway]]\ntype = \"log\"\nname = \"a\"",
        "t:6: gateway[2].name: a gateway above is called \"a\" too; give this one a name of its own"),
    BadCase(
        "type = \"log\"\nname = \"a/b\"",
        "t:3: gateway[1].name: the name of a gateway has 1 to 64 letters, digits, blanks and - . _ in it"),
    BadCase(
        "type = \"webhook\"\nsecret_file = \"s\"",
        "t:3: gateway[1].secret_file: expected an absolute path such as /etc/countersign/webhook-secret"),
    BadCase(
        "type = \"webhook\"\nurl = \"http://192.0.2.1\"",
        "t:3: gateway[1].url: codes would go there unencrypted; "
            + "write https://, or http:// for localhost, 127.0.0.1 and [::1] only"
    ),
    BadCase(
        smtp + "url = \"mail.example.com\"",
        "t:4: gateway[1].url: expected a URL that begins with smtps:// or smtp://"),
    BadCase(
        smtp + "url = \"smtp://a/x\"", "t:4: gateway[1].url: the URL of a mail server has no path"),
    BadCase(
        "type = \"smtp\"\nfrom = \"Boss <a@b>\"",
        "t:3: gateway[1].from: this is no e-mail address; write it without a name, brackets and letters beyond ASCII"),
    BadCase(
        "type = \"command\"\ncommand = [\"send\"]",
        "t:3: gateway[1].command: expected an absolute path such as /usr/local/bin/send"),
    BadCase(
        "type = \"command\"\ncommand = [\"/bin/../x\"]",
        "t:3: gateway[1].command: a path here is written without . and .. in it"),
    BadCase(
        "type = \"command\"\ncommand = [\"/bin/{to}\"]",
        "t:3: gateway[1].command: nothing is put into the program's own path"),
    BadCase(
        "type = \"command\"\ncommand = [\"/a\", \"{code}\"]",
        "t:3: gateway[1].command[2]: the message comes on standard input; every user can read arguments"),
    BadCase(
        "type = \"command\"\ncommand = [\"/a\", \"{number}\"]",
        "t:3: gateway[1].command[2]: {number} is not known in a command; known here: {kind}, {to}"),
    BadCase(
        "type = \"command\"\ncommand = [\"/a\", \"b\\u001B\"]",
        "t:3: gateway[1].command[2]: this word is too long or has a control character in it"),
    BadCase(
        "type = \"command\"\ncommand = \"/a b\"", "t:3: gateway[1].command: expected a list in brackets, found a text"),
]

struct SenderTests {
    @Test(arguments: [
        "", "+", "+0123456789", "15551234567", "+1555123456789012", "+123456", "+1 555 1234567", "+15551234567\\n",
        "12", "012345",
        "123456789",
        "MG0000000000000000000000000000000", "MG0000000000000000000000000000000g", "AC00000000000000000000000000000000",
        "TwelveLetter",
        " Name", "Name ", "Näme", "A<B", "A&B",
    ])
    func `what is neither a number nor a name sends nothing`(from: String) {
        let error =
            "t:5: gateway[1].from: expected a number such as +15551234567, a short code, "
            + "a messaging service (MG...), or a name of up to 11 letters and digits"
        #expect(complaint(about: "[[gateway]]\n\(twilio)from = \"\(from)\"") == error)
    }

    @Test(arguments: [
        "a", "@b", "a@", "a@b@c", "a@b c", "a b@c", ".a@b", "a.@b", "a..b@c", "a@-b", "a@b\\r\\nBcc: c@d",
        "\\\"a\\\"@b", "ä@b",
        "a@[127.0.0.1]",
    ])
    func `what is no e-mail address sends nothing`(from: String) {
        #expect(
            complaint(about: "[[gateway]]\ntype = \"smtp\"\nfrom = \"\(from)\"")?.hasPrefix("t:3: gateway[1].from: ")
                == true)
    }

    @Test(arguments: ["root@localhost", "a.b+c=d@Mail.Example.com", "x@192.0.2.1"]) func `plain addresses are taken`(
        from: String
    ) {
        #expect(complaint(about: "[[gateway]]\ntype = \"smtp\"\nurl = \"smtp://localhost\"\nfrom = \"\(from)\"") == nil)
    }
}
