import AuthyWire
import Testing

struct ErrorNumberTests {
    @Test(
        "A number is read from a string of digits or an integer",
        arguments: [
            (#"{"error_code":"60020"}"#, 60020), (#"{"error_code":60020}"#, 60020), (#"{"error_code":"6000"}"#, 6000),
            (#"{"error_code":"1"}"#, 1),
        ])
    func read(json: String, code: Int) {
        #expect(ErrorNumber(in: decoded(json))?.code == code)
    }

    @Test(
        "Anything else is no number",
        arguments: [
            nil, "null", "{}", "[]", #""60020""#, "60020", #"{"error_code":null}"#, #"{"error_code":""}"#,
            #"{"error_code":" 60020"}"#,
            #"{"error_code":"60020 "}"#, #"{"error_code":"+6002"}"#, #"{"error_code":"-6002"}"#,
            #"{"error_code":"600200"}"#,
            #"{"error_code":"0060020"}"#,
            #"{"error_code":"٦٠٠٢٠"}"#, #"{"error_code":"0x1"}"#, #"{"error_code":0}"#, #"{"error_code":-60020}"#,
            #"{"error_code":"0"}"#,
            #"{"error_code":100000}"#, #"{"error_code":9223372036854775807}"#, #"{"error_code":60020.5}"#,
            #"{"error_code":true}"#,
            #"{"error_code":["60020"]}"#, #"{"errors":{"error_code":"60020"}}"#, #"{"Error_Code":"60020"}"#,
        ])
    func unread(json: String?) {
        #expect(ErrorNumber(in: decoded(json)) == nil)
    }

    @Test(
        "The table gives meaning and HTTP status",
        arguments: [
            (60000, 400, "generic error"), (60001, 401, "API key invalid"), (60007, 503, "SMS disabled"),
            (60019, 401, "token reused"),
            (60049, 404, "approval request not found"), (60051, nil, "OneTouch: user has no device"),
            (60072, nil, "access keys and application keys"), (60131, nil, "state of a user's deletion"),
            (60133, nil, "CLNPC message"),
        ] as [(Int, Int?, String)])
    func table(code: Int, status: Int?, meaning: String) throws {
        #expect(try number(code).httpStatus == status)
        #expect(try number(code).meaning == meaning)
    }

    @Test("What Authy gave no meaning to has none", arguments: [1, 59999, 60039, 60048, 60062, 60134, 99999])
    func noMeaning(code: Int) throws {
        #expect(try number(code).meaning == nil)
        #expect(try number(code).httpStatus == nil)
    }

    @Test("Every number has one meaning, and the known ones are in order")
    func known() {
        let codes = ErrorNumber.known.map(\.code)
        #expect(codes.count == 121)
        #expect(zip(codes, codes.dropFirst()).allSatisfy { $0 < $1 })
        #expect(ErrorNumber.known.allSatisfy { $0.meaning?.isEmpty == false })
    }
}

struct AuthyErrorTests {
    private static func body(_ code: String) -> String {
        #"{"message":"no","success":false,"errors":{},"error_code":"\#(code)"}"#
    }

    @Test(
        "A status and an error number make one fault",
        arguments: [
            (429, nil, .limited), (429, body("60001"), .limited), (429, "<html>", .limited),
            (429, body("60020"), .limited),
            (401, body("60001"), .keyRefused), (400, body("60001"), .keyRefused), (500, body("60001"), .keyRefused),
            (403, body("60047"), .keyRefused),
            (401, nil, .keyRefused), (401, "<html>", .keyRefused), (401, "{}", .keyRefused),
            (401, body("none"), .keyRefused),
            (503, body("60003"), .limited), (400, body("60009"), .limited), (400, body("60010"), .limited),
            (403, body("60011"), .limited),
            (503, body("60012"), .limited), (400, body("60120"), .limited), (500, nil, .serverError(500)),
            (502, "<html>", .serverError(502)),
            (503, body("60000"), .serverError(503)), (599, "{}", .serverError(599)),
            (504, body("60049"), .serverError(504)),
            (404, nil, .notFound), (404, "<html>", .notFound), (404, body("60049"), .notFound),
            (404, body("60026"), .notFound),
            (400, body("60049"), .notFound),
        ] as [(Int, String?, AuthyError)])
    func faults(status: Int, json: String?, fault: AuthyError) {
        #expect(AuthyError(status: status, body: decoded(json)) == fault)
    }

    @Test(
        "Other refusals keep their status and their number",
        arguments: [(400, 60002), (403, 60063), (401, 60020), (410, 60079), (499, 1)])
    func refused(status: Int, code: Int) throws {
        #expect(
            AuthyError(status: status, body: decoded(Self.body("\(code)")))
                == .refused(status: status, error: try number(code)))
    }

    @Test("A refusal without a number is one all the same", arguments: [400, 402, 403, 405, 499])
    func refusedWithoutNumber(status: Int) {
        #expect(AuthyError(status: status, body: nil) == .refused(status: status, error: nil))
    }

    @Test(
        "A number says nothing where the status is that of no error",
        arguments: [Int.min, -1, 0, 100, 199, 200, 201, 204, 299, 301, 302, 399, 600, Int.max],
        [nil, "{}", body("60001"), body("60003"), body("60049")])
    func malformed(status: Int, json: String?) {
        #expect(AuthyError(status: status, body: decoded(json)) == .malformed)
    }
}
