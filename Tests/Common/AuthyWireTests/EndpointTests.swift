import AuthyWire
import Identifiers
import Testing

struct EndpointTests {
    @Test("Each call has its method and its path")
    func paths() throws {
        let user = try Asked.user()
        let request = try Asked.request()
        let code = try #require(OneTimeCode("012345".utf8))
        let expected: [(Endpoint, Endpoint.Method, String)] = [
            (.createApprovalRequest(for: user), .post, "/onetouch/json/users/1635/approval_requests"),
            (.readApprovalRequest(request), .get, "/onetouch/json/approval_requests/\(Asked.uuid)"),
            (.cancelApprovalRequest(request), .delete, "/onetouch/json/approval_requests/\(Asked.uuid)"),
            (.verify(code, of: user), .get, "/protected/json/verify/012345/1635?force=true"),
            (
                .verify(code, of: user, isProven: true), .get,
                "/protected/json/verify/012345/1635?force=true&countersign%5Bproven%5D=true"
            ),
            (
                .verify(code, of: user, isProven: true, confirmation: code), .get,
                """
                /protected/json/verify/012345/1635?force=true&countersign%5Bproven%5D=true\
                &countersign%5Bconfirmation%5D=012345
                """
            ),
            (.sms(to: user), .get, "/protected/json/sms/1635?force=true"),
            (.call(to: user), .get, "/protected/json/call/1635?force=true"),
        ]
        for (endpoint, method, target) in expected {
            #expect(endpoint.method == method)
            #expect(endpoint.target == target)
        }
    }

    @Test("A request's name enters the path in small letters")
    func lowerCase() throws {
        let request = try #require(ApprovalRequestID(Asked.uuid.uppercased()))
        #expect(Endpoint.readApprovalRequest(request).target.hasSuffix(Asked.uuid))
    }

    @Test("Methods are sent in capitals")
    func methods() {
        #expect(Endpoint.Method.allCases.map(\.rawValue) == ["GET", "POST", "DELETE"])
    }

    @Test(
        "A wait is asked for in whole seconds, never fewer than none",
        arguments: [(0, "wait=0"), (20, "wait=20"), (-3, "wait=0")])
    func wait(seconds: Int, text: String) {
        #expect(Header.wait(seconds: seconds) == text)
    }

    @Test("Headers are spelled as case-sensitive clients look for them")
    func headers() {
        let names = [Header.apiKey, Header.prefer, Header.signature, Header.signatureNonce]
        #expect(names == ["X-Authy-API-Key", "Prefer", "X-Authy-Signature", "X-Authy-Signature-Nonce"])
    }

    @Test(
        "A status counts only to the letter",
        arguments: ["APPROVED", "Approved", " approved", "approved ", "approved\0", "", "yes", "аpproved"])
    func otherStatuses(word: String) {
        #expect(ApprovalStatus(rawValue: word) == nil)
    }
}
