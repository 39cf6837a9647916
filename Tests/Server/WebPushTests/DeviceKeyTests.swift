import Crypto
import Testing
import WebPush

struct DeviceKeyTests {
    private let privateKey = P256.Signing.PrivateKey()

    private func signature(_ text: String) throws -> [UInt8] {
        Array(try privateKey.signature(for: Array(text.utf8)).rawRepresentation)
    }

    private func deviceKey() throws -> DeviceKey {
        try #require(DeviceKey(uncompressedPoint: Array(privateKey.publicKey.x963Representation)))
    }

    @Test(arguments: ["", "approve", "größer \u{1F510}\u{0}"])
    func `what the device signed is valid`(text: String) throws {
        #expect(try deviceKey().isValid(signature: signature(text), of: text))
    }

    @Test func `another text is not`() throws {
        #expect(try !deviceKey().isValid(signature: signature("approve"), of: "approve "))
        // The same letters for a reader, other bytes.
        #expect(try !deviceKey().isValid(signature: signature("caf\u{E9}"), of: "cafe\u{301}"))
    }

    @Test func `the signature of another key is not`() throws {
        let other = try P256.Signing.PrivateKey().signature(for: Array("approve".utf8)).rawRepresentation
        #expect(try !deviceKey().isValid(signature: Array(other), of: "approve"))
    }

    @Test func `a signature with a wrong bit or of another length is not`() throws {
        let right = try signature("approve")
        let key = try deviceKey()
        for bit in 0..<right.count * 8 {
            var wrong = right
            wrong[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.isValid(signature: wrong, of: "approve"))
        }
        for wrong in [[], Array(right.dropLast()), right + [0], [0] + right] {
            #expect(!key.isValid(signature: wrong, of: "approve"))
        }
    }

    @Test func `numbers that no signature has are not`() throws {
        for byte: UInt8 in [0, 255] {
            #expect(try !deviceKey().isValid(signature: [UInt8](repeating: byte, count: 64), of: ""))
        }
        let der = Array(try privateKey.signature(for: Array("approve".utf8)).derRepresentation)
        #expect(try !deviceKey().isValid(signature: der, of: "approve"))
    }

    @Test func `only an uncompressed point on the curve is a key`() {
        let key = privateKey.publicKey
        var beside = Array(key.x963Representation)
        beside[64] ^= 1
        let hybrid = [6 + (beside[64] ^ 1) % 2] + key.rawRepresentation
        for point in [
            [], [0], [4], Array(key.rawRepresentation), Array(key.compressedRepresentation),
            Array(key.x963Representation) + [0], beside,
            hybrid,
            [UInt8](repeating: 0, count: 65), [4] + [UInt8](repeating: 255, count: 64),
        ] { #expect(DeviceKey(uncompressedPoint: point) == nil) }
    }
}
