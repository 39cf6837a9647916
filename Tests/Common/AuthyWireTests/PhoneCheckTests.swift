import AuthyWire
import Identifiers
import Testing

struct PhoneCheckTests {
    // swift-format-ignore: NeverForceUnwrap
    private let mobile = PhoneNumber(countryCode: "49", national: "15112345678")!

    @Test func `A number is sent in its two parts, and the code is as long as others`() {
        #expect(
            NewPhoneCheck(phone: mobile, way: .call).json
                == #"{"via":"call","country_code":"49","phone_number":"15112345678","code_length":7}"#)
    }

    @Test func `A code is checked for the number`() throws {
        let code = try #require(OneTimeCode(Array("1234567".utf8)))
        #expect(Endpoint.startPhoneCheck.target == "/protected/json/phones/verification/start")
        #expect(
            Endpoint.checkPhone(code, of: mobile).target
                == "/protected/json/phones/verification/check?country_code=49&phone_number=15112345678"
                + "&verification_code=1234567"
        )
    }

    @Test(arguments: ["true", #""true""#]) func `A right code is one that the server calls a success`(success: String) {
        let body = decoded(#"{"message":"Verification code is correct.","success":\#(success)}"#)
        #expect(PhoneCheckAnswer(status: 200, body: body) == .valid)
    }

    @Test(
        arguments: [
            (401, "60022", .wrong), (404, "60023", .wrong),
            (401, "60023", .error(.refused(status: 401, error: ErrorNumber(60023)))),
            (401, "60001", .error(.keyRefused)), (404, "60022", .error(.notFound)), (200, "60022", .error(.malformed)),
            (500, "60022", .error(.serverError(500))), (429, "60022", .error(.limited)),
            (401, nil, .error(.keyRefused)),
            (404, nil, .error(.notFound)), (200, nil, .error(.malformed)),
        ] as [(Int, String?, PhoneCheckAnswer)])
    func `A code is called wrong only where the answer says so`(status: Int, error: String?, answer: PhoneCheckAnswer) {
        let number = error.map { #","error_code":"\#($0)""# } ?? ""
        #expect(PhoneCheckAnswer(status: status, body: decoded(#"{"success":false\#(number)}"#)) == answer)
    }

    @Test func `What is no object says nothing`() {
        for body in [nil, decoded("[]"), decoded("true")] {
            #expect(PhoneCheckAnswer(status: 200, body: body) == .error(.malformed))
        }
    }
}
