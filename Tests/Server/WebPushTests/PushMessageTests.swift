import Crypto
import Encoding
import Testing
import WebPush

/// RFC 8291, section 5 and appendix A.
private enum Example {
    static let plain = Array("When I grow up, I want to be a watermelon".utf8)
    static let serverKey = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
    static let browserKey = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
    static let publicKey = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    static let salt = "DGv6ra1nlYgDCS1FRnbzlw"
    static let authentication = "BTBZMqHH6r4Tts7J_aSIgg"
    static let body =
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3"
        + "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"

    static func bytes(_ text: String) throws -> [UInt8] { try #require(Base64URL.decode(text)) }

    static func subscription() throws -> PushSubscription {
        try #require(PushSubscription(publicKey: bytes(publicKey), authentication: bytes(authentication)))
    }

    /// Decrypts a body as a browser does (RFC 8291, section 3.4; RFC 8188, section 2.2) into the content with delimiter
    /// and padding.
    static func opened(_ body: [UInt8]) throws -> [UInt8] {
        let sender = try P256.KeyAgreement.PublicKey(x963Representation: body[21..<86])
        let ours = try P256.KeyAgreement.PrivateKey(rawRepresentation: bytes(browserKey))
        let input = try ours.sharedSecretFromKeyAgreement(with: sender).hkdfDerivedSymmetricKey(
            using: SHA256.self, salt: bytes(authentication),
            sharedInfo: Array("WebPush: info\0".utf8) + bytes(publicKey) + body[21..<86],
            outputByteCount: 32)
        let key = derived(input, body[..<16], "Content-Encoding: aes128gcm\0", 16)
        let nonce = try AES.GCM.Nonce(
            data: derived(input, body[..<16], "Content-Encoding: nonce\0", 12).withUnsafeBytes { Array($0) })
        let box = try AES.GCM.SealedBox(nonce: nonce, ciphertext: body[86...].dropLast(16), tag: body.suffix(16))
        return try Array(AES.GCM.open(box, using: key))
    }

    private static func derived(_ input: SymmetricKey, _ salt: ArraySlice<UInt8>, _ info: String, _ size: Int)
        -> SymmetricKey
    {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: input, salt: salt, info: Array(info.utf8), outputByteCount: size)
    }
}

struct PushMessageTests {
    @Test func `the example of RFC 8291 comes out byte for byte`() throws {
        let body = try PushMessage.encrypt(
            unpadded: Example.plain, for: Example.subscription(), privateKey: Example.bytes(Example.serverKey),
            salt: Example.bytes(Example.salt))
        #expect(Base64URL.encode(body) == Example.body)
    }

    @Test(arguments: [0, 1, 254, 255, 256, 3838, 3839, 3840, 3992, 3993])
    func `the browser reads what was written`(count: Int) throws {
        let plain = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let body = try PushMessage.encrypt(plain, for: Example.subscription())
        let content = try Example.opened(body)
        #expect(content.starts(with: plain + [2]))
        #expect(content.dropFirst(count + 1).allSatisfy { $0 == 0 })
    }

    @Test(arguments: [(0, 256), (1, 256), (255, 256), (256, 512), (3839, 3840), (3840, 3994), (3993, 3994)])
    func `the length of the body tells little of the content's`(count: Int, size: Int) throws {
        let body = try PushMessage.encrypt([UInt8](repeating: 1, count: count), for: Example.subscription())
        #expect(body.count == 86 + size + 16)
    }

    @Test func `a body is never longer than a push service takes`() throws {
        #expect(PushMessage.longest == 3993)
        let longest = [UInt8](repeating: 1, count: PushMessage.longest)
        #expect(try PushMessage.encrypt(longest, for: Example.subscription()).count == 4096)
        #expect(throws: PushMessageError.tooLong) {
            try PushMessage.encrypt(longest + [1], for: Example.subscription())
        }
    }

    @Test func `every message has a key and a salt of its own`() throws {
        let subscription = try Example.subscription()
        let bodies = try (0..<20).map { _ in try PushMessage.encrypt(Example.plain, for: subscription) }
        #expect(Set(bodies.map { Array($0[..<16]) }).count == 20)
        #expect(Set(bodies.map { Array($0[21..<86]) }).count == 20)
        #expect(bodies.allSatisfy { $0[16..<21] == [0, 0, 0x10, 0, 65] })
    }

    @Test func `a key or a salt that is none makes no message`() throws {
        let subscription = try Example.subscription()
        let (key, salt) = try (Example.bytes(Example.serverKey), Example.bytes(Example.salt))
        for (key, salt) in [(key, []), ([], salt), (key, salt + [0]), ([UInt8](repeating: 0, count: 32), salt)] {
            #expect(throws: PushMessageError.unencryptable) {
                try PushMessage.encrypt(unpadded: Example.plain, for: subscription, privateKey: key, salt: salt)
            }
        }
    }
}

struct PushSubscriptionTests {
    @Test func `a point that is not on the curve is refused`() throws {
        let auth = try Example.bytes(Example.authentication)
        var point = try Example.bytes(Example.publicKey)
        point[64] ^= 1
        #expect(PushSubscription(publicKey: point, authentication: auth) == nil)
        #expect(PushSubscription(publicKey: [4] + [UInt8](repeating: 0, count: 64), authentication: auth) == nil)
    }

    @Test(arguments: [0, 2, 3, 6, 7, 5] as [UInt8])
    func `another form of a point is refused`(form: UInt8) throws {
        let auth = try Example.bytes(Example.authentication)
        let point = try Example.bytes(Example.publicKey)
        #expect(PushSubscription(publicKey: [form] + point.dropFirst(), authentication: auth) == nil)
        #expect(PushSubscription(publicKey: [form] + point[1...32], authentication: auth) == nil)
        #expect(PushSubscription(publicKey: [form], authentication: auth) == nil)
    }

    @Test(arguments: [0, 15, 17, 32])
    func `a secret that is not 16 bytes is refused`(count: Int) throws {
        #expect(
            try PushSubscription(
                publicKey: Example.bytes(Example.publicKey), authentication: [UInt8](repeating: 1, count: count)) == nil
        )
    }

    @Test func `a subscription is not printed`() throws {
        #expect(try "\(Example.subscription())" == "push subscription")
        #expect(try Mirror(reflecting: Example.subscription()).children.isEmpty)
    }
}
