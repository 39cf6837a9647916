import Delivery
import ServerSettings
import Testing

struct TwiML {
    private func twiml(code: String, text: String) -> String {
        var message = TheCourier.message
        (message.kind, message.code, message.text) = (.call, code, text)
        return Twilio.twiml(message)
    }

    @Test func `the code is said digit by digit, and all of it twice`() {
        let say = "<Say>Your code is 0, 1, 2. Once more: 0, 1, 2</Say>"
        let twiml = twiml(code: "012", text: "Your code is 012. Once more: 012")
        #expect(twiml == "<Response>\(say)<Pause length=\"1\"/>\(say)</Response>")
    }

    @Test func `a text without the code gets it at its end`() {
        #expect(twiml(code: "012", text: "Hello.").contains("<Say>Hello. 0, 1, 2.</Say>"))
    }

    @Test func `a text cannot leave its element`() {
        let text = twiml(code: "", text: "</Say><Dial>+1900</Dial>&\"'\u{0}\u{1B}")
        #expect(text.contains("<Say>&lt;/Say&gt;&lt;Dial&gt;+1900&lt;/Dial&gt;&amp;&quot;&apos;  </Say>"))
    }

    @Test func `of an error only its number is kept`() {
        #expect(
            Twilio.note(Array(#"{"code": 21211, "message": "The 'To' number +1555 is not valid"}"#.utf8))
                == ", Twilio error 21211")
        #expect(Twilio.note(Array(#"{"code":15551234567,"message":""}"#.utf8)) == "")
        #expect(Twilio.note(Array("<html>".utf8)) == "")
        #expect(Twilio.note([]) == "")
    }
}

struct AWebhook {
    @Test func `is signed over timestamp and body`() throws {
        let webhook = try Webhook(url: "https://hooks.example/sms", secret: Array("0123456789abcdef".utf8))
        let request = webhook.request(
            .init(message: TheCourier.message, id: "an-id", timeout: 5_000), at: 1_700_000_000)
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"id":"an-id","kind":"sms","to":"+15551234567","code":"012345","text":"012345 is your code.","#
                + #""application":"Example","at":1700000000}"#)
        #expect(request.headers.contains { $0 == ("X-Countersign-Timestamp", "1700000000") })
        #expect(
            request.headers.contains {
                $0 == ("X-Countersign-Signature", "5b8cfa4340cfa47d5b52a42e393bb8e5db173f7be7829d378cf9316a671bed95")
            })
        #expect(request.url == "https://hooks.example/sms" && request.timeout == 5_000)
    }

    @Test(arguments: ["http://hooks.example/", "ftp://hooks.example/", "https://user@hooks.example/", "hooks.example"])
    func `does not send codes in clear`(url: String) {
        #expect(throws: DeliveryError.self) { try Webhook(url: url, secret: Array("0123456789abcdef".utf8)) }
    }

    @Test(arguments: ["http://127.0.0.1:8080/", "http://[::1]:8080/", "http://localhost/a"])
    func `may stay on this machine in clear`(url: String) throws {
        _ = try Webhook(url: url, secret: Array("0123456789abcdef".utf8))
    }
}

struct AMail {
    private func mail(subject: String, text: String) -> String {
        Mail(
            from: "login@acme.example", to: "a@b.example", subject: subject, text: text, id: "an-id",
            date: 1_700_000_000
        ).text()
    }

    @Test func `has the headers that it needs`() {
        #expect(
            mail(subject: "Your code", text: "012345").split(separator: "\r\n", omittingEmptySubsequences: false) == [
                "From: <login@acme.example>", "To: <a@b.example>", "Subject: Your code",
                "Date: Tue, 14 Nov 2023 22:13:20 +0000",
                "Message-ID: <an-id@acme.example>", "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
                "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", "012345",
                "",
            ])
    }

    @Test func `a line end in the subject begins no header`() {
        let text = mail(subject: "Hello\r\nBcc: c@d.example\n\nbody", text: "")
        #expect(text.contains("\r\nSubject: Hello  Bcc: c@d.example  body\r\n"))
        #expect(!text.contains("\nBcc:"))
    }

    @Test func `other letters become encoded words of 75 at the most, cut between characters`() {
        #expect(HeaderText.of("Ihr Schlüssel") == "=?utf-8?B?SWhyIFNjaGzDvHNzZWw=?=")
        let words = HeaderText.of(String(repeating: "ü", count: 60)).split(separator: "\r\n ")
        #expect(words.count == 4)
        #expect(words.allSatisfy { $0.utf8.count <= 66 })
        #expect(HeaderText.of("=?utf-8?B?SGk=?=").hasPrefix("=?utf-8?B?PT91"))
        #expect(HeaderText.of(String(repeating: "a", count: 61)).hasPrefix("=?utf-8?B?"))
    }

    @Test func `the body's lines end in CRLF, are short and in ASCII`() {
        #expect(QuotedPrintable.of("a\nb\r\nc\rd") == "a\r\nb\r\nc\r\nd\r\n")
        #expect(QuotedPrintable.of("1=1 é \t") == "1=3D1 =C3=A9 =09\r\n")
        #expect(QuotedPrintable.of("blank \n.") == "blank=20\r\n.\r\n")
        let lines = QuotedPrintable.of(String(repeating: "é", count: 100)).split(separator: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 76 })
        #expect(lines.joined().replacing("=C3=A9", with: "").allSatisfy { "=C3A9".contains($0) })
    }
}

struct AProgram {
    @Test func `what is put in stays one argument and is not looked at again`() throws {
        let program = try CommandGateway(["/bin/send", "--kind={kind}", "{to}", "{to}{to}", "{code}", "{kind"])
        var message = TheCourier.message
        (message.kind, message.to) = (.email, "{kind} ; $(id)")
        #expect(
            program.arguments(message)
                == ["/bin/send", "--kind=email", "{kind} ; $(id)", "{kind} ; $(id){kind} ; $(id)", "{code}", "{kind"])
    }

    @Test(arguments: [[], ["send"], ["./send"], ["/bin/send", "a\u{0}b"]])
    func `it is named by an absolute path`(words: [String]) {
        #expect(throws: DeliveryError.self) { try CommandGateway(words) }
    }
}
