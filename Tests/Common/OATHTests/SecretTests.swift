import OATH
import Synchronization
import Testing

struct SecretTests {
    @Test("Ten to 128 bytes make a secret", arguments: [10, 16, 20, 128])
    func sizes(count: Int) throws {
        let bytes = (0..<count).map { UInt8($0) }
        let secret = try #require(Secret(bytes: bytes))
        #expect(secret.withUnsafeBytes { Array($0) } == bytes)
    }

    @Test("Fewer or more do not", arguments: [0, 1, 9, 129, 4096])
    func otherSizes(count: Int) {
        #expect(Secret(bytes: [UInt8](repeating: 7, count: count)) == nil)
    }

    @Test("Secrets with the same bytes are equal")
    func equal() throws {
        #expect(try Seed.secret(.sha1) == Seed.secret(.sha1))
        #expect(try Seed.secret(.sha1) != Seed.secret(.sha256))
    }

    @Test("One bit makes another secret", arguments: [0, 9, 19], 0..<8)
    func oneBit(index: Int, bit: UInt8) throws {
        var bytes = Seed.bytes(.sha1)
        bytes[index] ^= 1 << bit
        #expect(try #require(Secret(bytes: bytes)) != Seed.secret(.sha1))
    }

    @Test("Nothing that prints a secret shows a byte of it")
    func notPrinted() throws {
        let secret = try #require(Secret(bytes: [UInt8](repeating: 0x41, count: 20)))
        var dumped = ""
        dump([secret], to: &dumped)
        for text in [
            dumped, "\(secret)", String(reflecting: secret), String(describing: Optional(secret)), "\([secret])",
        ] {
            #expect(text.contains("secret"))
            for trace in ["AAAA", "65", "0x", "41", "Storage", secret.base32] {
                #expect(!text.contains(trace), "\(text)")
            }
        }
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }

    @Test("The bytes are overwritten when the last copy goes, and not before")
    func wiped() throws {
        let seen = Mutex<[UInt8]?>(nil)
        do {
            var first = Secret(bytes: Seed.bytes(.sha1)) { memory in
                seen.withLock { $0 = Array(memory) }
                memory.deallocate()
            }
            let second = first
            first = nil
            #expect(seen.withLock { $0 } == nil)
            #expect(try second == Seed.secret(.sha1))
        }
        #expect(seen.withLock { $0 } == [UInt8](repeating: 0, count: 20))
    }
}
