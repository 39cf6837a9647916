import CFrames
import Frames
import Testing

@Suite struct FrameTests {
    @Test func whatWasAddedIsReadBackInOrder() throws {
        var frame = Frame(KIND_HELLO)
        frame.add(FIELD_USER, text: "zoë")
        frame.add(FIELD_UID, number: 1_000)
        frame.add(FIELD_NAME, bytes: [])
        frame.add(FIELD_NAME, bytes: [0, 255])
        let received = try #require(Frame(received: frame.bytes))
        #expect(received.kind == KIND_HELLO)
        #expect(received.text(FIELD_USER) == "zoë")
        #expect(received.number(FIELD_UID) == 1_000)
        var names: [[UInt8]] = []
        received.each { if $0 == FIELD_NAME { names.append(Array($1)) } }
        #expect(names == [[], [0, 255]])
    }

    @Test(
        arguments: [
            [], [1], [2, 1], [0, 1], [1, 1, 5], [1, 1, 5, 0], [1, 1, 5, 1, 0], [1, 1, 5, 255, 255, 0],
            [1, 1, 5, 0, 0, 6],
        ] as [[UInt8]])
    func whatIsCutShortOrOfAnotherVersionIsNoFrame(bytes: [UInt8]) {
        #expect(Frame(received: bytes) == nil)
    }

    @Test func aFrameLongerThanTheCapIsNoFrame() {
        let most =
            [1, 1, 5] + [UInt8(truncatingIfNeeded: FRAME_MAX - 5), UInt8((FRAME_MAX - 5) >> 8)]
            + [UInt8](repeating: 0, count: Int(FRAME_MAX) - 5)
        #expect(Frame(received: most) != nil)
        #expect(Frame(received: most + [0]) == nil)
    }

    @Test func aFieldThatDoesNotFitIsLeftOutAndTheRestStaysWhole() {
        var frame = Frame(KIND_TELL)
        let taken =
            [5_000, 5_000, 70_000].map { frame.add(FIELD_TEXT, bytes: [UInt8](repeating: 65, count: $0)) } + [
                frame.add(FIELD_NAME, bytes: [1])
            ]
        #expect(taken == [true, false, false, true])
        #expect(Frame(received: frame.bytes)?.value(FIELD_NAME) == [1])
    }

    @Test func ofManyTextsThoseThatDoNotFitAreNamed() {
        var frame = Frame(KIND_MATCH_GROUPS)
        let long = String(repeating: "a", count: 5_000)
        #expect(frame.add(FIELD_NAME, texts: [long, long + "b", "c"]) == [long + "b"])
        var names: [String] = []
        frame.each { names.append(String(decoding: $1, as: UTF8.self)) }
        #expect(names == [long, "c"])
    }

    @Test(arguments: ["", "-1", "+1", "1 ", "0x1", "1234567890123456789", "１"])
    func whatIsNoDecimalNumberIsNoNumber(text: String) {
        var frame = Frame(KIND_READY)
        frame.add(FIELD_SECONDS, text: text)
        #expect(frame.number(FIELD_SECONDS) == nil)
    }

    @Test(arguments: [0, 7, 90, 1_234_567_890_123] as [Int64])
    func numbersAreReadBack(number: Int64) {
        var frame = Frame(KIND_READY)
        frame.add(FIELD_SECONDS, number: number)
        #expect(frame.number(FIELD_SECONDS) == number)
    }

    @Test func anyBytesAreTakenOrRefusedAndNeverTrap() {
        var generator = Generator(state: 42)
        for _ in 0..<50_000 {
            var bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if !bytes.isEmpty { bytes[0] = 1 }
            guard let frame = Frame(received: bytes) else { continue }
            var total = 2
            frame.each { total += 3 + $1.count }
            #expect(total == bytes.count)
        }
    }
}

/// Numbers that look random and are the same in every run (xorshift64).
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
