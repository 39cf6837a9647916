import AuthyWire
import Identifiers
import Testing

private func created(_ uuid: String = "\"\(Asked.uuid)\"", success: String = "true") -> String {
    #"{"approval_request":{"uuid":\#(uuid)},"success":\#(success)}"#
}

private func refusal(_ code: String) -> String {
    #"{"message":"no","success":false,"error_code":"\#(code)","errors":{}}"#
}

struct CreateAnswerTests {
    @Test(
        "A request was created if status, success and name say so",
        arguments: [
            created(), created("\"\(Asked.uuid.uppercased())\""),
            #"{"success":true,"approval_request":{"uuid":"\#(Asked.uuid)","x":1},"message":"m"}"#,
        ])
    func good(json: String) throws {
        #expect(CreateAnswer(status: 200, body: decoded(json)) == .created(try Asked.request()))
    }

    @Test(
        "With anything wrong in it, an answer with status 200 creates nothing",
        arguments: [
            nil, "", "<html>", "null", "[]", "{}", "true", created(success: "\"true\""), created(success: "1"),
            created(success: "false"),
            created(success: "null"), created("null"), created("1"), created("\"\""), created("\"../users/1\""),
            created("\"\(Asked.uuid)/\""),
            created("\" \(Asked.uuid)\""), created("[\"\(Asked.uuid)\"]"), #"{"uuid":"\#(Asked.uuid)","success":true}"#,
            #"{"approval_request":"\#(Asked.uuid)","success":true}"#,
            #"{"approval_request":[{"uuid":"\#(Asked.uuid)"}],"success":true}"#,
            #"{"approval_request":{"uuid":"\#(Asked.uuid)"}}"#, "[\(created())]", refusal("60051"), refusal("60001"),
        ])
    func malformed(json: String?) {
        #expect(CreateAnswer(status: 200, body: decoded(json)) == .error(.malformed))
    }

    @Test(
        "A good body with another status creates nothing",
        arguments: [
            (201, .malformed), (204, .malformed), (302, .malformed), (401, .keyRefused), (404, .notFound),
            (429, .limited),
            (500, .serverError(500)),
        ] as [(Int, AuthyError)])
    func otherStatus(status: Int, fault: AuthyError) {
        #expect(CreateAnswer(status: status, body: decoded(created())) == .error(fault))
    }

    @Test(
        "Why no request was created is told apart",
        arguments: [
            (400, "60051", .noDevice), (404, "60051", .noDevice), (404, "60026", .unknownUser),
            (400, "60050", .unknownUser),
            (401, "60016", .unknownUser),
            (400, "60085", .notEnabled), (403, "60065", .notEnabled), (401, "60001", .error(.keyRefused)),
            (403, "60001", .error(.keyRefused)),
            (429, "60003", .error(.limited)), (429, "60051", .error(.limited)), (400, "60003", .error(.limited)),
            (404, "60049", .error(.notFound)),
            (404, "", .error(.notFound)), (401, "", .error(.keyRefused)), (503, "60085", .error(.serverError(503))),
            (500, "60051", .error(.serverError(500))),
        ] as [(Int, String, CreateAnswer)])
    func refusals(status: Int, code: String, answer: CreateAnswer) {
        #expect(CreateAnswer(status: status, body: decoded(refusal(code))) == answer)
    }

    @Test("A refusal for another reason keeps its number")
    func otherRefusal() throws {
        #expect(
            CreateAnswer(status: 400, body: decoded(refusal("60004")))
                == .error(.refused(status: 400, error: try number(60004))))
    }
}
