import AuthyWire
import Identifiers
import Testing

/// An answer as the server sends it, with one part replaced by other JSON.
private func answer(
    status: String = #""approved""#, uuid: String = "\"\(Asked.uuid)\"", user: String = "1635", success: String = "true"
) -> String {
    """
    {"approval_request":{"_app_name":"a","_authy_id":\(user),"_id":"x","notified":true,"processed_at":null,\
    "seconds_to_expire":90,
    "status":\(status),"user_id":"y","uuid":\(uuid)},"success":\(success)}
    """
}

private let other = "6f1d2c30-0000-4000-8000-000000000002"

struct ApprovalAnswerTests {
    private func judge(_ status: Int, _ json: String?) throws -> ApprovalAnswer {
        ApprovalAnswer(status: status, body: decoded(json), request: try Asked.request(), user: try Asked.user())
    }

    @Test("Each status is read, for this request and this user", arguments: ApprovalStatus.allCases)
    func statuses(standing: ApprovalStatus) throws {
        #expect(try judge(200, answer(status: "\"\(standing.rawValue)\"")) == .status(standing))
    }

    @Test("A request's name may come in capitals")
    func capitals() throws {
        #expect(try judge(200, answer(uuid: "\"\(Asked.uuid.uppercased())\"")) == .status(.approved))
    }

    @Test(
        "An approval with anything wrong in it is none",
        arguments: [
            nil, "", "<html>approved</html>", "null", "[]", "{}", "true", #""approved""#,
            #"{"status":"approved","success":true}"#,
            answer(status: #""APPROVED""#), answer(status: #""Approved""#), answer(status: #"" approved""#),
            answer(status: #""approved\u0000""#),
            answer(status: #""approved\n""#), answer(status: "true"), answer(status: "null"),
            answer(status: #"["approved"]"#),
            answer(status: #""""#),
            answer(uuid: "\"\(other)\""), answer(uuid: "null"), answer(uuid: #""""#), answer(uuid: "1"),
            answer(uuid: "\"\(Asked.uuid) \""),
            answer(uuid: "\"{\(Asked.uuid)}\""), answer(user: "1636"), answer(user: #""1635""#), answer(user: "1635.5"),
            answer(user: "-1635"),
            answer(user: "true"), answer(user: "null"), answer(user: "[1635]"), answer(user: "1635000000000000000000"),
            answer(success: #""true""#), answer(success: "false"), answer(success: "1"), answer(success: "null"),
            "[\(answer())]",
            #"{"approval_request":{"status":"approved","uuid":"\#(Asked.uuid)"},"success":true}"#,
            #"{"approval_request":{"status":"approved","_authy_id":1635},"success":true}"#,
            #"{"approval_request":{"uuid":"\#(Asked.uuid)","_authy_id":1635},"success":true}"#,
            #"{"approval_request":{"status":"approved","uuid":"\#(Asked.uuid)","_authy_id":1635}}"#,
            #"{"approval_request":[{"status":"approved","uuid":"\#(Asked.uuid)","_authy_id":1635}],"success":true}"#,
            #"""
            {"approval_request":{"transaction":{"status":"approved","uuid":"\#(Asked.uuid)","_authy_id":1635}},\#
            "success":true}
            """#,
        ])
    func malformed(json: String?) throws {
        #expect(try judge(200, json) == .error(.malformed))
    }

    @Test(
        "An approval with another status than 200 is none",
        arguments: [
            (0, .malformed), (100, .malformed), (201, .malformed), (202, .malformed), (206, .malformed),
            (302, .malformed),
            (400, .refused(status: 400, error: nil)),
            (401, .keyRefused), (403, .refused(status: 403, error: nil)), (404, .notFound), (429, .limited),
            (500, .serverError(500)),
            (503, .serverError(503)), (600, .malformed),
        ] as [(Int, AuthyError)])
    func otherStatus(status: Int, fault: AuthyError) throws {
        #expect(try judge(status, answer()) == .error(fault))
    }

    @Test("A request that the server does not know is not found")
    func notFound() throws {
        let body = #"{"message":"Approval request not found: x","success":false,"errors":{},"error_code":"60049"}"#
        #expect(try judge(404, body) == .error(.notFound))
        #expect(try judge(400, body) == .error(.notFound))
        #expect(try judge(404, nil) == .error(.notFound))
    }

    @Test("The number of a user is compared to its last digit")
    func longNumbers() throws {
        let user = try #require(AuthyID("900719925474099301"))
        for (written, counts) in [
            ("900719925474099301", true), ("900719925474099302", false), ("900719925474099300", false),
        ] {
            let judged = ApprovalAnswer(
                status: 200, body: decoded(answer(user: written)), request: try Asked.request(), user: user)
            #expect(judged == (counts ? .status(.approved) : .error(.malformed)), "\(written)")
        }
    }
}
