import AuthyWire
import Identifiers
import Testing

// swift-format-ignore: NeverForceUnwrap
private let mobile = PhoneNumber(countryCode: "49", national: "15112345678")!

struct NewUserTests {
    @Test func `The body has the names that Authy has, and no number with a leading plus`() throws {
        let user = NewUser(phone: mobile, email: "a\"@example.com", sendsInstallLink: false)
        #expect(
            user.json
                == #"{"user":{"email":"a\"@example.com","cellphone":"15112345678","country_code":"49"},"#
                + #""send_install_link_via_sms":false}"#
        )
    }

    @Test(arguments: ["a@b.cc", "first.last+tag@example.com", "o'neil@mail-1.example.xn--p1ai", "a_b@1.example"])
    func `An address is one`(
        text: String
    ) { #expect(NewUser.isEmail(text)) }

    @Test(arguments: [
        "", "a", "@b.cc", "a@", "a@b@c.cc", "a b@c.cc", "-a@b.cc", "a@b.cc\n", "ä@b.cc", "<a@b.cc>", "a,b@c.cc",
        "test@authy",
        "root@localhost",
        "a@b.c", "a@.cc", "a@b..cc", "a@-b.cc", "a@b-.cc", "a@b.cc.", "a@192.0.2.7", "a@[192.0.2.7]", "a@b_c.cc",
        ".a@b.cc", "a.@b.cc",
        "a..b@c.cc",
    ])
    func `What is no address is none`(text: String) { #expect(!NewUser.isEmail(text)) }

    @Test func `The answer's number counts as an integer and as digits`() throws {
        let id = try #require(AuthyID(1635))
        for number in ["1635", "\"1635\""] {
            let body = decoded(#"{"message":"User created successfully.","user":{"id":\#(number)},"success":true}"#)
            #expect(NewUserAnswer(status: 200, body: body) == .registered(id))
        }
    }

    @Test(arguments: [
        #"{"user":{"id":0},"success":true}"#, #"{"user":{"id":-3},"success":true}"#,
        #"{"user":{"id":"../7"},"success":true}"#,
        #"{"user":{"id":7},"success":false}"#, #"{"user":{},"success":true}"#, "{}", "[]",
    ])
    func `An answer without a number that can be one registers nobody`(json: String) {
        #expect(NewUserAnswer(status: 200, body: decoded(json)) == .error(.malformed))
    }

    @Test func `The fields that a server blames are named, wherever it names them`() {
        let body = decoded(
            #"{"message":"User was not valid","success":false,"errors":{"message":"x","email":"is invalid"},"#
                + #""cellphone":"is invalid","error_code":"60027"}"#
        )
        #expect(NewUserAnswer(status: 400, body: body) == .invalid(["cellphone", "email"]))
        #expect(NewUserAnswer(status: 429, body: body) == .error(.limited))
    }
}

struct StatusAnswerTests {
    private func answer(_ status: String) throws -> StatusAnswer {
        StatusAnswer(
            status: 200, body: decoded(#"{"success":true,"status":\#(status)}"#), user: try #require(AuthyID(1635)))
    }

    @Test(
        arguments: [
            (#"{"registered":true,"devices":[]}"#, true), (#"{"registered":false,"devices":[]}"#, false),
            (#"{"registered":false,"devices":["sms"]}"#, false), (#"{"registered":false,"devices":["iphone"]}"#, true),
            (#"{"authy_id":1635}"#, nil),
        ] as [(String, Bool?)])
    func `A device takes requests where the person is registered or has one that is not SMS`(
        status: String, hasApp: Bool?
    ) throws {
        guard case .user(let user) = try answer(status) else { return #expect(Bool(false)) }
        #expect(user.hasApp == hasApp)
    }

    @Test func `An answer about somebody else is none`() throws {
        #expect(try answer(#"{"authy_id":1636,"registered":true}"#) == .error(.malformed))
    }

    @Test func `The masked number is made plain and short`() throws {
        let text = "XXX-\\u001b[31m" + String(repeating: "9", count: 90)
        guard case .user(let user) = try answer(#"{"phone_number":"\#(text)"}"#) else { return #expect(Bool(false)) }
        #expect(user.phone?.utf8.count == 40)
        #expect(user.phone?.hasPrefix("XXX-?[31m") == true)
    }

    @Test func `A user unknown to the server is told apart from a server that has no such call`() throws {
        let user = try #require(AuthyID(1635))
        #expect(
            StatusAnswer(status: 404, body: decoded(#"{"error_code":"60026","success":false}"#), user: user)
                == .unknownUser)
        #expect(StatusAnswer(status: 404, body: nil, user: user) == .error(.notFound))
    }
}

@Test func `An activity says what, from where, on which host and as which user`() {
    let activity = UserActivity(
        type: UserActivity.enrolled, email: "zoe@example.com", address: "192.0.2.7", host: "gate", user: "zoe")
    #expect(
        activity.json
            == #"{"type":"countersign_enrolled","user_ip":"192.0.2.7","#
            + #""data":{"email":"zoe@example.com","host":"gate","user":"zoe"}}"#
    )
}
