import AuthyWire
import Testing

private func body(token: String = #""is valid""#, success: String = #""true""#, message: String = "Token is valid.")
    -> String
{
    #"{"message":"\#(message)","token":\#(token),"success":\#(success),"device":{"id":1,"os_type":"android"}}"#
}

private func refusal(_ code: String?, message: String = "Token is invalid", token: String? = "is invalid") -> String {
    let code = code.map { #","error_code":\#($0)"# } ?? ""
    let token = token.map { #","token":"\#($0)""# } ?? ""
    return #"{"message":"\#(message)"\#(token),"success":false,"errors":{"message":"\#(message)"}\#(code)}"#
}

struct VerifyAnswerTests {
    @Test(
        "A code is right if status, literal and success say so",
        arguments: [body(), body(success: "true"), #"{"token":"is valid","success":"true"}"#])
    func valid(json: String) {
        #expect(VerifyAnswer(status: 200, body: decoded(json)) == .valid)
    }

    @Test("The confirmation code of a new phone is told from a code of a factor, whether it was taken or not")
    func confirmation() {
        let extensions = #","countersign":{"factor":"confirmation"}}"#
        #expect(VerifyAnswer(status: 200, body: decoded(body().dropLast() + extensions)) == .phoneConfirmed)
        #expect(
            VerifyAnswer(status: 401, body: decoded(refusal(#""60020""#).dropLast() + extensions)) == .confirmationCode)
        // It does not make a wrong answer right.
        #expect(
            VerifyAnswer(status: 200, body: decoded(body(success: "false").dropLast() + extensions))
                == .error(.malformed))
        #expect(VerifyAnswer(status: 401, body: decoded(refusal(#""60019""#).dropLast() + extensions)) == .spent)
    }

    @Test(
        "What else a server says of a code changes nothing",
        arguments: [
            #"{"factor":"onecode"}"#, #"{"factor":true}"#, #"{"Factor":"confirmation"}"#, #""confirmation""#, "[]",
            "null",
        ])
    func otherFactor(extensions: String) {
        #expect(
            VerifyAnswer(status: 200, body: decoded(body().dropLast() + #","countersign":\#(extensions)}"#)) == .valid)
    }

    @Test(
        "With anything wrong in it, an answer with status 200 says nothing",
        arguments: [
            nil, "", "<html>is valid</html>", "null", "[]", "{}", "true", #""is valid""#, body(token: #""is invalid""#),
            body(token: #""Is valid""#),
            body(token: #""is valid ""#), body(token: #"" is valid""#), body(token: #""is valid\u0000""#),
            body(token: "true"),
            body(token: "null"),
            body(token: #"["is valid"]"#), body(token: #""""#), body(success: "false"), body(success: #""false""#),
            body(success: "1"),
            body(success: #""1""#), body(success: #""True""#), body(success: #""TRUE""#), body(success: "null"),
            body(success: #"["true"]"#),
            #"{"token":"is valid"}"#, #"{"success":"true"}"#, #"{"message":"Token is valid.","success":"true"}"#,
            "[\(body())]",
            #"{"body":\#(body())}"#, #"{"Token":"is valid","success":"true"}"#, refusal(#""60020""#),
            refusal(#""60019""#),
            refusal(#""60001""#),
        ])
    func malformed(json: String?) {
        #expect(VerifyAnswer(status: 200, body: decoded(json)) == .error(.malformed))
    }

    @Test(
        "A good body with another status is not a right code",
        arguments: [
            (0, .malformed), (201, .malformed), (204, .malformed), (302, .malformed), (401, .keyRefused),
            (404, .notFound), (429, .limited),
            (500, .serverError(500)), (503, .serverError(503)),
        ] as [(Int, AuthyError)])
    func otherStatus(status: Int, fault: AuthyError) {
        #expect(VerifyAnswer(status: status, body: decoded(body())) == .error(fault))
    }

    @Test(
        "A code is called wrong or spent only where the answer says so",
        arguments: [
            (refusal(#""60020""#), .wrong), (refusal("60020"), .wrong),
            (refusal(#""60020""#, message: "x", token: nil), .wrong),
            (refusal(#""60019""#, message: "Token is invalid. Token was used recently."), .spent),
            (refusal("60019"), .spent),
            (refusal(nil), .wrong), (refusal("null"), .wrong), (refusal(nil, message: "Token is invalid."), .wrong),
        ] as [(String, VerifyAnswer)])
    func saidSo(json: String, answer: VerifyAnswer) {
        #expect(VerifyAnswer(status: 401, body: decoded(json)) == answer)
    }

    @Test(
        "A refused key never counts as a wrong code",
        arguments: [
            nil, "", "invalid key", "<html>", "{}", "[]", "null", refusal(#""60001""#), refusal("60001"),
            refusal(#""60001""#, message: "Invalid API key", token: nil),
            refusal(#""60047""#), refusal(nil, message: "Invalid API key"),
            refusal(nil, message: "Invalid API key", token: nil),
            refusal(nil, message: "", token: "is invalid"), refusal(nil, message: "Token is invalid", token: nil),
            refusal(nil, token: "is valid"),
            refusal("null", message: "Invalid API key"), #"{"token":"is invalid"}"#, #"{"message":"Token is invalid"}"#,
            #"{"token":"is invalid","message":["Token is invalid"]}"#,
        ])
    func keyRefused(json: String?) {
        #expect(VerifyAnswer(status: 401, body: decoded(json)) == .error(.keyRefused))
    }

    @Test(
        "An error number that is none says nothing",
        arguments: [#""""#, #""x""#, #""60020 ""#, #"["60020"]"#, "true", "{}", "0", "60020.5"])
    func noNumber(code: String) {
        #expect(VerifyAnswer(status: 401, body: decoded(refusal(code))) == .error(.malformed))
    }

    @Test("A wrong code comes with status 401 and no other", arguments: [400, 403, 422], [60020, 60019])
    func wrongElsewhere(status: Int, code: Int) throws {
        let answer = VerifyAnswer(status: status, body: decoded(refusal("\(code)")))
        #expect(answer == .error(.refused(status: status, error: try number(code))))
    }

    @Test(
        "Why there is no verdict is told apart",
        arguments: [
            (401, "60016", .unknownUser), (404, "60026", .unknownUser), (404, "60016", .unknownUser),
            (400, "60050", .unknownUser),
            (401, "60026", .unknownUser),
            (403, "60001", .error(.keyRefused)), (429, "60003", .error(.limited)), (401, "60003", .error(.limited)),
            (429, "60020", .error(.limited)),
            (429, "60016", .error(.limited)), (404, "60002", .error(.notFound)),
            (500, "60020", .error(.serverError(500))),
            (503, "60016", .error(.serverError(503))),
        ] as [(Int, String, VerifyAnswer)])
    func faults(status: Int, code: String, answer: VerifyAnswer) {
        #expect(VerifyAnswer(status: status, body: decoded(refusal(code))) == answer)
    }

    @Test("A page that is not there says nothing of the user", arguments: [nil, "<html>", "{}"])
    func notFound(json: String?) {
        #expect(VerifyAnswer(status: 404, body: decoded(json)) == .error(.notFound))
    }
}
