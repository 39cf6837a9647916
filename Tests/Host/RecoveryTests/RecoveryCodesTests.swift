import Identifiers
import Recovery
import Testing

@Test func tenCodesAreMadeAndNoneTwice() {
    let codes = RecoveryCodes.make()
    #expect(codes.count == 10)
    #expect(Set(codes.map(\.text)).count == 10)
    #expect(codes.allSatisfy { $0.text.count == 12 })
}

@Test func aCodeIsFoundAsItIsPrintedAndAsPeopleTypeIt() throws {
    let codes = RecoveryCodes.make()
    let hashes = try #require(RecoveryCodes.hashes(of: codes))
    let printed = RecoveryCodes.spelled(codes[3])
    #expect(printed.split(separator: "-").map(\.count) == [4, 4, 4])
    let misread = printed.uppercased().replacing("0", with: "O").replacing("1", with: "l").replacing("-", with: " ")
    for typed in [printed, misread, codes[3].text] {
        let code = try #require(RecoveryCode(Array(typed.utf8)))
        #expect(RecoveryCodes.match(code, among: hashes) == 3)
    }
}

@Test func aCodeOfAnotherSetIsNotFound() throws {
    let hashes = try #require(RecoveryCodes.hashes(of: RecoveryCodes.make()))
    #expect(RecoveryCodes.match(RecoveryCodes.make()[0], among: hashes) == nil)
    #expect(RecoveryCodes.match(RecoveryCodes.make()[0], among: []) == nil)
}

@Test func hashesAreYescryptOfOneSaltAndDifferBetweenSets() throws {
    let code = RecoveryCodes.make()[0]
    let first = try #require(RecoveryCodes.hashes(of: [code, code]))
    let second = try #require(RecoveryCodes.hashes(of: [code]))
    #expect(first[0].hasPrefix("$y$"))
    #expect(first[0] == first[1])
    #expect(first[0] != second[0])
    #expect(!first[0].contains(code.text))
}

@Test(arguments: ["", "*0", "$y$", "$y$j9T$x", "plain"]) func aHashThatIsNoneMatchesNothing(hash: String) {
    #expect(RecoveryCodes.match(RecoveryCodes.make()[0], among: [hash]) == nil)
}

@Test(arguments: ["1234567", "1234567890123456789012345678901234567", "1234-567!", "", "ümlaut-code-12"])
func whatIsNoRecoveryCodeIsNone(typed: String) {
    #expect(RecoveryCode(Array(typed.utf8)) == nil)
}

@Test func aRecoveryCodeIsNotPrinted() throws {
    let code = try #require(RecoveryCode(Array("k7tq-2m4x-9hpd".utf8)))
    #expect(!"\(code) \(String(reflecting: code))".contains("k7tq"))
}
