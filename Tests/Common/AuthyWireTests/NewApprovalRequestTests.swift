import AuthyWire
import Encoding
import Identifiers
import Testing

private typealias Detail = NewApprovalRequest.Detail

struct NewApprovalRequestTests {
    @Test("The body has the fields in order, and details in the order given")
    func body() throws {
        let request = try #require(
            NewApprovalRequest(
                message: "Log in to db-1 as \"zoe\"?",
                details: [Detail("User", "zoe"), Detail("Host", "db-1"), Detail("Address", "192.0.2.7")],
                hiddenDetails: [Detail("attempt", "7")], secondsToExpire: 80, number: CheckNumber(17)))
        let expected =
            #"{"message":"Log in to db-1 as \"zoe\"?","details":{"Number":"17","User":"zoe","#
            + #""Host":"db-1","Address":"192.0.2.7"},"#
            + #""hidden_details":{"attempt":"7"},"seconds_to_expire":80,"countersign":{"number":"17"}}"#
        #expect(request.json == expected)
    }

    @Test("What is not there is not sent")
    func leastBody() throws {
        let request = try #require(NewApprovalRequest(message: "?", secondsToExpire: 30))
        #expect(request.json == #"{"message":"?","seconds_to_expire":30}"#)
    }

    @Test("A request without a message is none")
    func noMessage() {
        #expect(NewApprovalRequest(message: "", secondsToExpire: 30) == nil)
    }

    @Test("No request lives for ever", arguments: [(0, 1), (-5, 1), (.min, 1), (1, 1), (86400, 86400)])
    func expiry(asked: Int, sent: Int) throws {
        #expect(try #require(NewApprovalRequest(message: "?", secondsToExpire: asked)).secondsToExpire == sent)
    }

    @Test(
        "A text is cut between characters, at the length that every client takes, and says that more was there",
        arguments: [
            ("a", 144), ("é", 144), ("日", 144), ("🔑", 72), ("e\u{301}", 72), ("👩‍👩‍👧‍👦", 13), ("🇩🇪", 36), ("\r\n", 72),
        ])
    func cut(character: String, count: Int) throws {
        func message(_ count: Int) throws -> String {
            try #require(NewApprovalRequest(message: String(repeating: character, count: count), secondsToExpire: 1))
                .message
        }
        #expect(try message(count) == String(repeating: character, count: count))
        let beginning = String(repeating: character, count: 141 / character.utf16.count)
        #expect(try message(count + 1) == beginning + "...")
        #expect(try message(1000) == beginning + "...")
    }

    @Test("A single character without end is cut between its scalars")
    func heap() throws {
        let heap = "a" + String(repeating: "\u{301}", count: 500)
        let request = try #require(NewApprovalRequest(message: heap, secondsToExpire: 1))
        #expect(
            Array(request.message.unicodeScalars) == Array(heap.unicodeScalars.prefix(141))
                + Array("...".unicodeScalars))
    }

    @Test("Names are cut at 20 and values at 200")
    func details() throws {
        let long = String(repeating: "x", count: 300)
        let request = try #require(
            NewApprovalRequest(
                message: "?", details: [Detail(long, long)], hiddenDetails: [Detail(long, long)], secondsToExpire: 1))
        let cut = Detail(String(repeating: "x", count: 20), String(repeating: "x", count: 197) + "...")
        #expect(request.details == [cut])
        #expect(request.hiddenDetails == [cut])
    }

    @Test("Of details with one name the first is kept, and a detail without a name is dropped")
    func sameNames() throws {
        let long = String(repeating: "n", count: 20)
        let details = [
            Detail(long + "1", "a"), Detail("", "b"), Detail(long + "2", "c"), Detail("d", ""), Detail("d", "e"),
        ]
        let request = try #require(NewApprovalRequest(message: "?", details: details, secondsToExpire: 1))
        #expect(request.details == [Detail(long, "a"), Detail("d", "")])
    }

    @Test("Nothing else can pass as the number")
    func numberOnce() throws {
        let details = [Detail("Number", "11"), Detail("User", "zoe")]
        let request = try #require(
            NewApprovalRequest(message: "?", details: details, secondsToExpire: 1, number: CheckNumber(42)))
        #expect(request.details == [Detail("Number", "42"), Detail("User", "zoe")])
    }

    @Test("Hostile texts stay inside their strings", arguments: ["\",\"x\":\"", "\\", "\n\u{0}", "\u{2028}", "🔑\""])
    func hostile(text: String) throws {
        let request = try #require(
            NewApprovalRequest(
                message: text, details: [Detail(text, text)], hiddenDetails: [Detail(text, text)], secondsToExpire: 9))
        let expected: JSONValue = .object([
            "message": .string(text), "details": .object([text: .string(text)]),
            "hidden_details": .object([text: .string(text)]),
            "seconds_to_expire": .integer(9),
        ])
        #expect(decoded(request.json) == expected)
    }
}
