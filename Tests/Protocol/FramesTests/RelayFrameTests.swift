import CFrames
import Frames
import Testing

/// The relay's own reader and writer of frames; its files are compiled into these tests too.
@Suite struct RelayFrameTests {
    /// Calls `body` with the frame that the relay reads from these bytes.
    private func reading<R>(_ bytes: [UInt8], _ body: (ReceivedFrame?) -> R) -> R {
        var memory = bytes + [0xFF]  // Beyond the end, never to be read.
        return memory.withUnsafeMutableBufferPointer { memory in
            body(memory.baseAddress.flatMap { ReceivedFrame(Bytes(UnsafePointer($0), count: bytes.count)) })
        }
    }

    /// The frame that the relay writes into memory of this size.
    private func writing(_ capacity: Int, _ body: (inout SentFrame) -> Void) -> [UInt8] {
        var memory = [UInt8](repeating: 0xFF, count: capacity + 1)
        let count = memory.withUnsafeMutableBufferPointer { memory in
            guard let start = memory.baseAddress else { return 0 }
            var frame = SentFrame(KIND_ANSWER, in: Buffer(start, capacity: capacity))
            body(&frame)
            return frame.buffer.count
        }
        #expect(memory.last == 0xFF)
        return Array(memory.prefix(count))
    }

    private func array(_ bytes: Bytes?) -> [UInt8]? {
        bytes.map { bytes in (0..<bytes.count).compactMap { bytes[$0] } }
    }

    @Test func itReadsWhatTheHelpersWrite() {
        var frame = Frame(KIND_READY)
        frame.add(FIELD_SECONDS, number: 90)
        frame.add(FIELD_TEXT, text: "zoë")
        reading(frame.bytes) { received in
            #expect(received?.kind == KIND_READY)
            #expect(received?.number(FIELD_SECONDS) == 90)
            #expect(array(received?.value(FIELD_TEXT)) == Array("zoë".utf8))
            #expect(received?.value(FIELD_NAME)?.count == nil)
        }
    }

    @Test func theHelpersReadWhatItWrites() throws {
        let bytes = writing(64) { frame in
            var text: [UInt8] = [1, 2, 3]
            text.withUnsafeMutableBufferPointer { text in
                guard let start = text.baseAddress else { return }
                frame.add(FIELD_TEXT, value: Bytes(UnsafePointer(start), count: text.count))
            }
            let isTaken = frame.add(FIELD_NAME, most: 10) { place, most in
                place[0] = UInt8(most)
                return 1
            }
            #expect(isTaken)
        }
        let received = try #require(Frame(received: bytes))
        #expect(received.kind == KIND_ANSWER)
        #expect(received.value(FIELD_TEXT) == [1, 2, 3] && received.value(FIELD_NAME) == [10])
    }

    @Test(arguments: [(-1, false), (4, false), (0, true)] as [(CInt, Bool)])
    func aFieldThatIsEmptyOrCannotBeWrittenOrClaimsMoreThanItMayIsLeftOut(written: CInt, isTaken: Bool) {
        let bytes = writing(64) { frame in
            let taken = frame.add(FIELD_NAME, most: 3) { _, _ in written }
            #expect(taken == isTaken)
        }
        #expect(bytes.count == 2)
    }

    @Test(arguments: 0...8)
    func whatDoesNotFitIsLeftOutWhole(capacity: Int) {
        let bytes = writing(capacity) { frame in
            var text: [UInt8] = [7, 7, 7]
            text.withUnsafeMutableBufferPointer { text in
                guard let start = text.baseAddress else { return }
                let isTaken = frame.add(FIELD_TEXT, value: Bytes(UnsafePointer(start), count: 3))
                let isTakenToo = frame.add(FIELD_NAME, most: 3) { _, _ in 3 }
                #expect(isTaken == (capacity >= 8) && !isTakenToo)
            }
        }
        #expect(bytes.count == (capacity >= 8 ? 8 : min(capacity, 2)))
    }

    @Test func anyBytesAreReadAsTheHelpersReadThemAndNeverTrap() {
        var generator = Generator(state: 7)
        for _ in 0..<50_000 {
            var bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            for index in bytes.indices where index % 3 == 1 { bytes[index] &= 7 }
            if !bytes.isEmpty { bytes[0] = 1 }
            let frame = Frame(received: bytes)
            reading(bytes) { received in
                #expect((received == nil) == (frame == nil))
                guard let received, let frame else { return }
                for name in CInt(0)...8 {
                    #expect(array(received.value(name)) == frame.value(name).map(Array.init))
                    #expect(received.number(name) == frame.number(name))
                }
            }
        }
    }
}
