import AuthyWire
import Testing

private func refusal(_ code: String?, message: String = "no") -> String {
    #"{"message":"\#(message)","success":false,"errors":{}\#(code.map { #","error_code":"\#($0)""# } ?? "")}"#
}

struct OneCodeAnswerTests {
    @Test(
        "A OneCode is on its way if status and success say so",
        arguments: [
            (
                #"{"success":true,"message":"SMS token was sent","cellphone":"+57-XXX-XXX-XX12"}"#,
                .sent(message: "SMS token was sent", cellphone: "+57-XXX-XXX-XX12")
            ),
            (
                #"{"success":"true","message":"Call started...","ignored":false}"#,
                .sent(message: "Call started...", cellphone: nil)
            ),
            (#"{"success":true,"ignored":null,"device":null}"#, .sent(message: nil, cellphone: nil)),
            (#"{"success":true,"message":5,"cellphone":["1"]}"#, .sent(message: nil, cellphone: nil)),
        ] as [(String, OneCodeAnswer)])
    func sent(json: String, answer: OneCodeAnswer) {
        #expect(OneCodeAnswer(status: 200, body: decoded(json)) == answer)
    }

    @Test(
        "An ignored OneCode was not sent, however that is written",
        arguments: ["true", #""true""#, "1", "0", #""false""#, #""""#, "[]", "{}"])
    func ignored(value: String) {
        let json =
            #"{"success":true,"ignored":\#(value),"device":"android","#
            + #""message":"Ignored: SMS is not needed for smartphones."}"#
        #expect(OneCodeAnswer(status: 200, body: decoded(json)) == .ignored(device: "android"))
    }

    @Test(
        "An ignored OneCode need not name a device",
        arguments: [#"{"success":true,"ignored":true}"#, #"{"success":true,"ignored":true,"device":7}"#])
    func ignoredWithoutDevice(json: String) {
        #expect(OneCodeAnswer(status: 200, body: decoded(json)) == .ignored(device: nil))
    }

    @Test(
        "With anything wrong in it, an answer with status 200 says nothing",
        arguments: [
            nil, "", "<html>", "null", "[]", "{}", "true", #"{"message":"SMS token was sent"}"#, #"{"success":false}"#,
            #"{"success":"false"}"#,
            #"{"success":1}"#, #"{"success":"TRUE"}"#, #"{"success":null}"#, #"[{"success":true}]"#, refusal("60007"),
            refusal("60003"),
        ])
    func malformed(json: String?) {
        #expect(OneCodeAnswer(status: 200, body: decoded(json)) == .error(.malformed))
    }

    @Test(
        "What a server does not offer is told from a server that is down", arguments: ["60006", "60007"],
        [400, 403, 500, 503])
    func notEnabled(code: String, status: Int) {
        #expect(OneCodeAnswer(status: status, body: decoded(refusal(code))) == .notEnabled)
    }

    @Test("What no gateway took is no outage of the server", arguments: [60014, 60015])
    func notSent(code: Int) {
        let answer = OneCodeAnswer(status: 503, body: decoded(refusal(String(code))))
        #expect(answer == .error(.refused(status: 503, error: ErrorNumber(code))))
    }

    @Test(
        "Without a number, the text of a 503 tells it",
        arguments: [
            (refusal(nil, message: "SMS is not enabled"), .notEnabled),
            (refusal(nil, message: "Calls are not yet enabled here"), .notEnabled),
            (refusal(nil, message: "enabled, but not now"), .error(.serverError(503))),
            (refusal(nil, message: "Service unavailable"), .error(.serverError(503))),
            (refusal("60000", message: "SMS is not enabled"), .error(.serverError(503))),
            ("SMS is not enabled", .error(.serverError(503))),
        ] as [(String, OneCodeAnswer)])
    func notEnabledByText(json: String, answer: OneCodeAnswer) {
        #expect(OneCodeAnswer(status: 503, body: decoded(json)) == answer)
    }

    @Test(
        "Only of a 503",
        arguments: [(500, .serverError(500)), (404, .notFound), (401, .keyRefused), (200, .malformed), (429, .limited)]
            as [(Int, AuthyError)])
    func notEnabledElsewhere(status: Int, fault: AuthyError) {
        #expect(
            OneCodeAnswer(status: status, body: decoded(refusal(nil, message: "SMS is not enabled"))) == .error(fault))
    }

    @Test(
        "Limits, unknown users and refused keys are told apart",
        arguments: [
            (400, "60009", .error(.limited)), (503, "60010", .error(.limited)), (403, "60011", .error(.limited)),
            (400, "60012", .error(.limited)),
            (400, "60120", .error(.limited)), (429, "60003", .error(.limited)), (429, "60007", .error(.limited)),
            (404, "60026", .unknownUser), (400, "60033", .invalidNumber), (400, "60078", .invalidNumber),
            (400, "60082", .invalidNumber),
            (400, "60083", .invalidNumber), (429, "60033", .error(.limited)), (500, "60033", .error(.serverError(500))),
            (401, "60016", .unknownUser), (429, "60026", .error(.limited)), (500, "60026", .error(.serverError(500))),
            (401, "60001", .error(.keyRefused)),
            (503, "60000", .error(.serverError(503))), (404, "60002", .error(.notFound)),
            (302, "60007", .error(.malformed)),
        ] as [(Int, String, OneCodeAnswer)])
    func refusals(status: Int, code: String, answer: OneCodeAnswer) {
        #expect(OneCodeAnswer(status: status, body: decoded(refusal(code))) == answer)
    }
}
