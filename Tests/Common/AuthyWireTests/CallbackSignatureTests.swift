import AuthyWire
import Encoding
import Foundation
import Testing

/// Vectors made for this project, confirmed with ActiveSupport and with Authy's client for Python.
private let key = "test-app-key-0123456789abcdef"
private let nonce = "1700000000"
private let url = "https://pam.example.net/authy/callback"
private let post = """
    {"authy_id":1635,"callback_action":"approval_request_status","uuid":"6f1d2c30-0000-4000-8000-000000000001",\
    "status":"approved",
    "device_uuid":null,"approval_request":{"transaction":{"details":{"Host name":"db-1/eu","IP":"192.0.2.7"},\
    "hidden_details":{},
    "encrypted":false,"message":"Log in as zoe & root?","created_at_time":1700000000},"logos":[
    {"res":"default","url":"https://cdn.example/a.png"},{"res":"low","url":"https://cdn.example/b.png"}],\
    "expiration_timestamp":0},
    "device":{"enabled_unlock_methods":["pin","fingerprint"]}}
    """
private let postText = """
    approval_request%5Bexpiration_timestamp%5D=0&approval_request%5Blogos%5D%5B%5D%5Bres%5D=default&\
    approval_request%5Blogos%5D%5B%5D%5Burl%5D=https%3A%2F%2Fcdn.example%2Fa.png&\
    approval_request%5Blogos%5D%5B%5D%5Bres%5D=low&\
    approval_request%5Blogos%5D%5B%5D%5Burl%5D=https%3A%2F%2Fcdn.example%2Fb.png&\
    approval_request%5Btransaction%5D%5Bcreated_at_time%5D=1700000000&\
    approval_request%5Btransaction%5D%5Bdetails%5D%5BHost+name%5D=db-1%2Feu&\
    approval_request%5Btransaction%5D%5Bdetails%5D%5BIP%5D=192.0.2.7&\
    approval_request%5Btransaction%5D%5Bencrypted%5D=false&\
    approval_request%5Btransaction%5D%5Bmessage%5D=Log+in+as+zoe+%26+root%3F&authy_id=1635&\
    callback_action=approval_request_status&\
    device%5Benabled_unlock_methods%5D%5B%5D=pin&device%5Benabled_unlock_methods%5D%5B%5D=fingerprint&\
    device_uuid=&status=approved&\
    uuid=6f1d2c30-0000-4000-8000-000000000001
    """
private let postSignature = "12sh1T7NLLMPlCLSiID10MS6SeKMvbOmb85TprUsppo="
private let get = [
    (name: "authy_id", value: "1635"), (name: "callback_action", value: "approval_request_status"),
    (name: "status", value: "denied"),
    (name: "uuid", value: "6f1d2c30-0000-4000-8000-000000000001"),
]
private let getSignature = "PGs2k8r+HK9laGephe2ucICsQVUKl5ZdDrFG60RFP5M="

struct CallbackSignatureTests {
    private func posted(nonce: String = nonce, url: String = url, body: String = post) throws -> CallbackSignature {
        CallbackSignature(nonce: nonce, method: .post, url: url, body: try #require(decoded(body)))
    }

    @Test("A POST has the canonical text and the signature of the vector")
    func postVector() throws {
        #expect(CanonicalText.of(try #require(decoded(post))) == postText)
        let signature = try posted()
        #expect(signature.stringToSign == "\(nonce)|POST|\(url)|\(postText)")
        #expect(signature.text(key: key.utf8) == postSignature)
        #expect(signature.matches(postSignature, key: key.utf8))
    }

    @Test("A GET has the signature of the vector, in whatever order its parameters came")
    func getVector() {
        for query in [get, get.reversed()] {
            let signature = CallbackSignature(nonce: nonce, method: .get, url: url, query: query)
            #expect(signature.text(key: key.utf8) == getSignature)
            #expect(signature.matches(getSignature, key: key.utf8))
        }
    }

    @Test("A query or a fragment of the URL is not signed", arguments: ["?authy_id=1", "?", "#x", "?a#b"])
    func query(suffix: String) throws {
        #expect(try posted(url: url + suffix).text(key: key.utf8) == postSignature)
    }

    @Test("Anything else that changes makes another signature")
    func changes() throws {
        let changed = [
            try posted(nonce: "1700000001"), try posted(nonce: "1700000000.0"),
            try posted(url: "http://pam.example.net/authy/callback"),
            try posted(url: url + "/"), try posted(body: post.replacingOccurrences(of: "approved", with: "denied")),
            try posted(body: post.replacingOccurrences(of: "1635", with: "1636")),
            CallbackSignature(nonce: nonce, method: .get, url: url, body: try #require(decoded(post))),
        ]
        for signature in changed {
            #expect(!signature.matches(postSignature, key: key.utf8))
        }
        #expect(try !posted().matches(postSignature, key: "test-app-key-0123456789abcdeF".utf8))
    }

    @Test(
        "A signature that differs anywhere does not match",
        arguments: [
            "", "=", "02sh1T7NLLMPlCLSiID10MS6SeKMvbOmb85TprUsppo=", "12sh1T7NLLMPlCLSiID10MS6SeKMvbOmb85TprUspp0=",
            "12sh1T7NLLMPlCLSiID10MS6SeKMvbOmb85TprUsppo",
            "12sh1T7NLLMPlCLSiID10MS6SeKMvbOmb85TprUsppo= ", "12SH1T7NLLMPLCLSIID10MS6SEKMVBOMB85TPRUSPPO=",
            getSignature,
            "12sh1T7NLLMPlCLSiID10MS6SeKMvbOmb85TprUsppp=",
        ])
    func mismatch(signature: String) throws {
        #expect(try !posted().matches(signature, key: key.utf8))
    }
}
