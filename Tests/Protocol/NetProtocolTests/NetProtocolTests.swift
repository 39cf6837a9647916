import CFrames
import Frames
import Identifiers
import Testing

@testable import NetProtocol

/// A frame as the other side receives it.
func received(_ frame: Frame) throws -> Frame { try #require(Frame(received: frame.bytes)) }

func authyID(_ value: Int64) throws -> AuthyID { try #require(AuthyID(value)) }

/// One request of each case, and of each field that may be absent.
func requests() throws -> [NetRequest] {
    let user = try authyID(4_711)
    let code = try #require(OneTimeCode(Array("0123456".utf8)))
    let confirmation = try #require(OneTimeCode(Array("7654321".utf8)))
    let phone = try #require(PhoneNumber(countryCode: "49", national: "15112345618"))
    var question = ApprovalQuestion(message: "Are you logging in to zoë?", seconds: 90, number: CheckNumber(42))
    question.details = [
        ApprovalQuestion.Detail(label: "User", value: "alice"), ApprovalQuestion.Detail(label: "User", value: ""),
    ]
    question.host = "web1"
    question.attempt = "1-2-3"
    return [
        .create(question, for: user), .create(ApprovalQuestion(message: "?", seconds: 1, number: nil), for: user),
        .poll(user, milliseconds: 15_000), .poll(user, milliseconds: 0),
        .verify(code, of: user, isProven: true, confirmation: confirmation),
        .verify(code, of: user, isProven: false, confirmation: nil),
        .sendCode(.sms, to: user), .sendCode(.call, to: user),
        .register(phone, email: "alice@example.com", sendsInstallLink: true),
        .register(phone, email: "alice@example.com", sendsInstallLink: false),
        .status(of: user),
        .report(
            ActivityReport(type: "t", email: "alice@example.com", user: "alice", host: "web1", address: "192.0.2.1"),
            of: user),
        .report(ActivityReport(type: "t", email: "a@b.example", user: "alice", host: "web1", address: nil), of: user),
        .sendPhoneCode(.sms, to: phone), .sendPhoneCode(.call, to: phone), .checkPhoneCode(code, of: phone), .checkKey,
        .join(secret: "AAAAAAAAAAAAAAAAAAAAAA"),
    ]
}

/// One result of each case, and of each field that may be absent.
func results() throws -> [NetResult] {
    [
        .created(try #require(ApprovalRequestID("0b9f5b5e-1c2d-4e3f-8a9b-0123456789ab"))), .pending, .approved, .denied,
        .expired, .valid, .wrong, .spent, .phoneConfirmed, .confirmationCode, .sent, .registered(try authyID(1)),
        .user(phone: "XXX-XXX-5618", hasApp: true), .user(phone: nil, hasApp: false), .user(phone: "", hasApp: nil),
        .noted, .joined(key: "secret-key-1", authority: "PEM", application: "Example Corp"),
        .joined(key: "secret-key-1", authority: nil, application: ""), .invalid("cellphone"), .unknownUser,
        .limited(seconds: 30), .limited(seconds: nil), .outage("timeout"),
        .unreached("no address"), .noDevice("no device"), .refused("400"),
    ]
}

let server = NetServer(
    url: "https://2fa.example.com", socket: "/run/x.sock", key: "secret-key-1", caFile: "/etc/ca.pem",
    proxy: "http://proxy:3128", pin: "AAAA", connectTimeout: 5, requestTimeout: 10, milliseconds: 90_000)

@Suite struct NetMessageTests {
    @Test func eachRequestIsReadAsItWasWritten() throws {
        for request in try requests() {
            let message = NetMessage.request(request, number: 12)
            #expect(NetMessage(try received(message.frame)) == message)
        }
    }

    @Test func theKindsOfTheRequestsDiffer() throws {
        let kinds = Set(try requests().map { NetMessage.request($0, number: 1).frame.kind })
        #expect(kinds.count == 13 && !kinds.contains(KIND_STOP))
    }

    @Test func theEndOfAPollIsReadAsItWasWritten() throws {
        #expect(NetMessage(try received(NetMessage.stopPolling.frame)) == .stopPolling)
    }

    @Test(arguments: [0, KIND_SERVER, KIND_RESULT, KIND_HELLO, KIND_ANSWER, 255])
    func aFrameOfAnotherKindIsRefused(kind: CInt) {
        var frame = Frame(kind)
        frame.add(FIELD_NUMBER, number: 1)
        frame.add(FIELD_AUTHY_ID, number: 1)
        frame.add(FIELD_COUNTRY_CODE, text: "49")
        frame.add(FIELD_PHONE, text: "15112345618")
        #expect(NetMessage(frame) == nil)
    }

    @Test(
        arguments: [
            (KIND_APPLICATION, []), (KIND_STATUS, [FIELD_NUMBER]), (KIND_POLL, [FIELD_NUMBER]),
            (KIND_SMS, [FIELD_AUTHY_ID]), (KIND_CREATE, [FIELD_NUMBER, FIELD_AUTHY_ID]),
            (KIND_VERIFY, [FIELD_NUMBER, FIELD_AUTHY_ID]), (KIND_REPORT, [FIELD_NUMBER, FIELD_AUTHY_ID]),
            (KIND_REGISTER, [FIELD_NUMBER, FIELD_COUNTRY_CODE]),
            (KIND_REGISTER, [FIELD_NUMBER, FIELD_COUNTRY_CODE, FIELD_PHONE]),
            (KIND_PHONE_CHECK, [FIELD_NUMBER, FIELD_COUNTRY_CODE, FIELD_PHONE]), (KIND_PHONE_SMS, [FIELD_NUMBER]),
            (KIND_JOIN, [FIELD_NUMBER]),
        ] as [(CInt, [CInt])])
    func aRequestWithoutAFieldThatItNeedsIsRefused(kind: CInt, fields: [CInt]) {
        var frame = Frame(kind)
        for field in fields { frame.add(field, text: "49151") }
        #expect(NetMessage(frame) == nil)
    }

    @Test(
        arguments: [
            (FIELD_NUMBER, "x"), (FIELD_AUTHY_ID, "0"), (FIELD_AUTHY_ID, "-1"), (FIELD_CODE, "12345"),
            (FIELD_CODE, "12345a"),
        ] as [(CInt, String)])
    func aMalformedFieldIsRefused(field: CInt, text: String) {
        var frame = Frame(KIND_VERIFY)
        frame.add(field, text: text)
        for (name, value) in [(FIELD_NUMBER, "1"), (FIELD_AUTHY_ID, "1"), (FIELD_CODE, "123456")] {
            frame.add(name, text: value)
        }
        #expect(NetMessage(frame) == nil)
    }
}

@Suite struct NetReplyTests {
    @Test func eachResultIsReadAsItWasWritten() throws {
        for result in try results() {
            let reply = NetReply(number: 3, result: result)
            #expect(NetReply(try received(reply.frame)) == reply)
        }
    }

    @Test func aLongReasonIsCut() throws {
        let reply = NetReply(number: 1, result: .refused(String(repeating: "ü", count: 150)))
        #expect(NetReply(try received(reply.frame))?.result == .refused(String(repeating: "ü", count: 100)))
    }

    @Test func whatIsNoResultOrHasNoNumberIsNoReply() {
        var other = Frame(KIND_ANSWER)
        other.add(FIELD_NUMBER, number: 1)
        #expect(NetReply(other) == nil)
        var unnumbered = Frame(KIND_RESULT)
        unnumbered.add(FIELD_RESULT, number: Int64(RESULT_APPROVED))
        #expect(NetReply(unnumbered) == nil)
    }

    @Test(arguments: [nil, "0", "23", "99999999999", "258", "x"])
    func anUnknownResultIsRefused(code: String?) {
        var frame = Frame(KIND_RESULT)
        frame.add(FIELD_NUMBER, number: 1)
        if let code { frame.add(FIELD_RESULT, text: code) }
        #expect(NetReply(frame)?.result == .refused("no reason was given"))
    }

    @Test(arguments: [RESULT_CREATED, RESULT_REGISTERED, RESULT_JOINED])
    func aResultWithoutItsFieldIsRefused(code: CInt) {
        var frame = Frame(KIND_RESULT)
        frame.add(FIELD_NUMBER, number: 1)
        frame.add(FIELD_RESULT, number: Int64(code))
        frame.add(FIELD_REQUEST, text: "not a UUID")
        frame.add(FIELD_AUTHY_ID, number: 0)
        #expect(NetReply(frame)?.result == .refused("malformed answer"))
    }
}

@Suite struct NetServerTests {
    @Test func theServerIsReadAsItWasWritten() throws {
        #expect(NetServer(try received(server.frame)) == server)
        let bare = NetServer(
            url: "http://localhost", key: "12345678", connectTimeout: 1, requestTimeout: 1, milliseconds: 0)
        #expect(NetServer(try received(bare.frame)) == bare)
    }

    @Test(arguments: [FIELD_URL, FIELD_KEY, FIELD_CONNECT_TIMEOUT, FIELD_REQUEST_TIMEOUT, FIELD_DEADLINE])
    func withoutAFieldItIsRefused(missing: CInt) {
        var frame = Frame(KIND_SERVER)
        server.frame.each { name, value in if name != missing { frame.add(name, bytes: value) } }
        #expect(NetServer(frame) == nil)
    }

    @Test func aTimeoutThatCannotBeCountedIsRefused() {
        var frame = Frame(KIND_SERVER)
        server.frame.each { name, value in if name != FIELD_REQUEST_TIMEOUT { frame.add(name, bytes: value) } }
        frame.add(FIELD_REQUEST_TIMEOUT, text: "999999999999999999")
        #expect(NetServer(frame) == nil)
    }

    @Test func theKeyIsNotShown() {
        var dumped = ""
        dump(server, to: &dumped)
        #expect(!"\(server) \(String(reflecting: server)) \(dumped)".contains("secret"))
    }
}

/// Bytes of the other side, whatever they are, are read or refused and never trap.
@Suite struct HostileFrameTests {
    /// Reads the bytes as each kind of frame; returns whether one of them accepts it.
    @discardableResult
    private func read(_ bytes: [UInt8]) -> Bool {
        guard let frame = Frame(received: bytes) else { return false }
        let message = NetMessage(frame)
        let reply = NetReply(frame)
        let named = NetServer(frame)
        // What was read can be written and read again, but for texts that are cut.
        if case .request(.poll, _)? = message { #expect(message.flatMap { NetMessage($0.frame) } == message) }
        return message != nil || reply != nil || named != nil
    }

    private func frames() throws -> [Frame] {
        try requests().map { NetMessage.request($0, number: 7).frame }
            + results().map { NetReply(number: 7, result: $0).frame } + [server.frame, NetMessage.stopPolling.frame]
    }

    @Test func aFrameThatIsCutShortIsReadOrRefused() throws {
        for frame in try frames() {
            for count in 0..<frame.bytes.count { read(Array(frame.bytes.prefix(count))) }
        }
    }

    @Test func aFrameWithOneOtherByteIsReadOrRefused() throws {
        for frame in try frames() {
            for index in frame.bytes.indices {
                for byte in [0, 1, 0x2D, 0x39, 0x7F, 0xFF] as [UInt8] {
                    var bytes = frame.bytes
                    bytes[index] = byte
                    read(bytes)
                }
            }
        }
    }

    @Test func randomFieldsAreReadOrRefused() {
        var generator = Generator(state: 42)
        let fields = Array(FIELD_NUMBER...FIELD_REQUEST) + Array(FIELD_USER...FIELD_HELLO_LAST)
        var accepted = 0
        for _ in 0..<20_000 {
            var frame = Frame(CInt.random(in: KIND_SERVER...KIND_RESULT, using: &generator))
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                let name = fields.randomElement(using: &generator) ?? FIELD_NUMBER
                if Bool.random(using: &generator) {
                    frame.add(
                        name,
                        number: Int64.random(in: -1...Int64.max, using: &generator)
                            >> Int64(
                                Int.random(in: 0...62, using: &generator)))
                } else {
                    let count = Int.random(in: 0...20, using: &generator)
                    frame.add(name, bytes: (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
                }
            }
            if read(frame.bytes) { accepted += 1 }
        }
        #expect(accepted > 100)
    }

    @Test func randomBytesAreReadOrRefused() {
        var generator = Generator(state: 7)
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if let first = bytes.indices.first { bytes[first] = 1 }
            read(bytes)
        }
    }
}

/// Numbers that look random and are the same in every run (xorshift64).
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
