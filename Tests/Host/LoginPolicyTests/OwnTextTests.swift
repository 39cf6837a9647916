import Testing

@testable import Identifiers
@testable import LoginPolicy

/// Texts that replace the English ones.
struct OwnTextTests {
    private func texts(_ wording: Wording, for id: TextID) throws -> Texts {
        var texts = Texts()
        try texts.set(wording, for: id)
        return texts
    }

    private func message(_ wording: Wording, for id: TextID) -> String? {
        do throws(TextError) {
            var texts = Texts()
            try texts.set(wording, for: id)
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `every English text is valid`() throws {
        var texts = Texts()
        for id in TextID.allCases {
            try texts.set(id.english, for: id)
            #expect(texts.wording(id) == id.english)
        }
        #expect(Texts().ambiguousLabels == [])
    }

    @Test func `an own text takes the place of the English one, with its values`() throws {
        let own = try texts("Zahl {number} eingeben", for: .waitingNumber)
        #expect(own.waiting(number: CheckNumber(42), enter: false) == "Zahl 42 eingeben")
        #expect(own.waiting(number: nil, enter: false) == "Check your phone to approve.")
        #expect(own.isOwn(.waitingNumber) && !own.isOwn(.waiting))
    }

    @Test func `a prompt gets its blank, however many the file has`() throws {
        for text in ["Code:", "Code: ", "  Code:   "] {
            let own = try texts(Wording(other: text), for: .promptCode)
            #expect(own.prompt(approves: false, number: nil, codes: true, words: []) == "Code: ")
        }
    }

    @Test(arguments: [(1, "1 Code"), (0, "0 Codes"), (2, "2 Codes"), (11, "11 Codes"), (-1, "-1 Codes")])
    func `a number selects the plural form`(count: Int, text: String) throws {
        let own = try texts(Wording(one: "{count} Code", other: "{count} Codes"), for: .wrongCodes)
        #expect(own.wrongCodes(count) == text)
    }

    @Test func `one form stands for every number, and the form for one may leave the number out`() throws {
        #expect(try texts("Codes: {count}", for: .wrongCodes).wrongCodes(1) == "Codes: 1")
        #expect(
            try texts(Wording(one: "Ein Code", other: "{count} Codes"), for: .wrongCodes).wrongCodes(1) == "Ein Code")
    }

    @Test func `a value is never read as a text with places`() throws {
        let own = try texts("{host}?", for: .phoneLogin)
        #expect(own.question(service: "sshd", host: "{number}{host}") == "{number}{host}?")
    }

    @Test func `words are joined in the language`() throws {
        let own = try texts("{first} oder {second}", for: .wordOrWord)
        let prompt = own.prompt(approves: false, number: nil, codes: false, words: [.sms, .call, .skip])
        #expect(prompt == "Type sms oder call oder skip: ")
    }

    @Test(arguments: [
        (Wording(other: ""), TextID.again, "this text is empty"),
        (Wording(other: "   "), .again, "this text is empty"),
        (Wording(other: String(repeating: "x", count: 401)), .again, "this text is too long"),
        (Wording(other: String(repeating: "x", count: 21)), .labelUser, "this text is too long"),
        (Wording(other: "Los."), .waitingNumber, "the place {number} is missing"),
        (Wording(other: "{number} {number}"), .waitingNumber, "the place {number} stands here twice"),
        (Wording(other: "{number} {nummer}"), .waitingNumber, "there is no place {nummer} in this text"),
        (Wording(other: "{number} {host}"), .waitingNumber, "there is no place {host} in this text"),
        (Wording(other: "{count}"), .again, "there is no place {count} in this text"),
        (Wording(other: "{}"), .again, "there is no place {} in this text"),
        (Wording(other: "{number"), .waitingNumber, "a brace here belongs to no place"),
        (Wording(other: "number}"), .waitingNumber, "a brace here belongs to no place"),
        (Wording(other: "{{number}}"), .waitingNumber, "a brace here belongs to no place"),
        (Wording(one: "x", other: "y"), .again, "this text has one form"),
        (Wording(one: "x", other: "y"), .wrongCodes, "the place {count} is missing"),
        (Wording(one: "{day}", other: "{count}"), .wrongCodes, "there is no place {day} in this text"),
    ])
    func `a text with a fault is refused`(wording: Wording, id: TextID, reason: String) {
        #expect(message(wording, for: id) == reason)
    }

    @Test(arguments: [
        "\u{1B}[31m", "\u{7}", "a\nb", "a\u{0}b", "\u{7F}", "\u{9B}31m", "\u{A0}", "\u{AD}", "u\u{308}", "\u{202E}",
        "\u{200B}", "\u{2028}", "\u{FEFF}", "\u{1F600}", "\u{4E2D}", "\u{378}",
    ])
    func `at a terminal no character stands that could do anything but show as itself`(text: String) {
        #expect(message(Wording(other: text), for: .again)?.contains("which may not stand here") == true)
    }

    @Test func `letters with accents stand at a terminal, and all that can be seen on the phone`() throws {
        for text in ["äöüßÄÖÜ", "áéíóúñ¿¡", "őűłżčšœ", "Ελληνικά", "Русский"] {
            #expect(try texts(Wording(other: text), for: .again)[.again] == text)
        }
        #expect(try texts("用户", for: .labelUser)[.labelUser] == "用户")
        #expect(message("a\u{202E}b", for: .labelUser) != nil)
    }

    @Test func `labels that are the same, or those of the number, are found`() throws {
        var own = try texts("Service", for: .labelUser)
        #expect(own.ambiguousLabels == [.labelUser, .labelService])
        own.reset(.labelUser)
        #expect(own.ambiguousLabels == [])
        try own.set("Number", for: .labelCaller)
        #expect(own.ambiguousLabels == [.labelCaller])
    }
}
