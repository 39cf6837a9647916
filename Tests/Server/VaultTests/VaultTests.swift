import Testing
import Vault

struct VaultTests {
    static let purpose = "member.secret 3 123456"
    let vault: Vault
    let masterKey = MasterKey()
    let wrapped: [UInt8]

    init() throws { (vault, wrapped) = try Vault.create(masterKey: masterKey) }

    @Test(arguments: [0, 1, 20, 64, 5000])
    func `what is sealed opens for the same purpose`(count: Int) throws {
        let plain = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let sealed = try vault.seal(plain, as: Self.purpose)
        #expect(try vault.open(sealed, as: Self.purpose) == plain)
        #expect(sealed.count == plain.count + 29)
    }

    @Test(arguments: ["member.secret 3 123457", "member.secret 2 123456", "", "member.secret 3 123456 "])
    func `what is moved to another place does not open`(other: String) throws {
        let sealed = try vault.seal([1, 2, 3], as: Self.purpose)
        #expect(throws: VaultError.damaged) { try vault.open(sealed, as: other) }
    }

    @Test func `one bit anywhere makes it damaged`() throws {
        let sealed = try vault.seal([1, 2, 3], as: Self.purpose)
        for bit in 0..<sealed.count * 8 {
            var other = sealed
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: VaultError.damaged) { try vault.open(other, as: Self.purpose) }
        }
    }

    @Test func `what is cut or lengthened is damaged`() throws {
        let sealed = try vault.seal([1, 2, 3], as: Self.purpose)
        for count in 0..<sealed.count {
            #expect(throws: VaultError.damaged) { try vault.open(Array(sealed.prefix(count)), as: Self.purpose) }
        }
        #expect(throws: VaultError.damaged) { try vault.open(sealed + [0], as: Self.purpose) }
    }

    @Test func `the same is never sealed twice alike`() throws {
        let all = try (0..<100).map { _ in try vault.seal([1, 2, 3], as: Self.purpose) }
        #expect(Set(all).count == 100)
    }

    @Test func `another vault opens nothing of it`() throws {
        let other = try Vault.create(masterKey: masterKey).vault
        let sealed = try vault.seal([1, 2, 3], as: Self.purpose)
        #expect(throws: VaultError.damaged) { try other.open(sealed, as: Self.purpose) }
    }

    @Test func `the wrapped data key brings the vault back`() throws {
        let sealed = try vault.seal([1, 2, 3], as: Self.purpose)
        let again = try Vault(masterKey: masterKey, wrappedDataKey: wrapped)
        #expect(try again.open(sealed, as: Self.purpose) == [1, 2, 3])
        #expect(again.index("+15551234567") == vault.index("+15551234567"))
    }

    @Test func `after a rotation the new master key opens and the old one is the wrong one`() throws {
        let sealed = try vault.seal([1, 2, 3], as: Self.purpose)
        let new = MasterKey()
        let rewrapped = try vault.dataKeyWrapped(under: new)
        #expect(try Vault(masterKey: new, wrappedDataKey: rewrapped).open(sealed, as: Self.purpose) == [1, 2, 3])
        #expect(throws: VaultError.wrongMasterKey) { try Vault(masterKey: masterKey, wrappedDataKey: rewrapped) }
    }

    @Test func `a wrapped data key with a wrong bit is refused`() throws {
        for bit in 0..<wrapped.count * 8 {
            var other = wrapped
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            let error: VaultError = bit < 64 ? .wrongMasterKey : .damaged
            #expect(throws: error) { try Vault(masterKey: masterKey, wrappedDataKey: other) }
        }
    }

    @Test func `a wrapped data key of another length is damaged`() {
        for other in [[], Array(wrapped.dropLast()), wrapped + [0]] {
            #expect(throws: VaultError.damaged) { try Vault(masterKey: masterKey, wrappedDataKey: other) }
        }
    }

    @Test func `an index is the same for the same text only`() {
        #expect(vault.index("+15551234567") == vault.index("+15551234567"))
        #expect(vault.index("+15551234567") != vault.index("+15551234568"))
        #expect(vault.index("").count == 32)
    }

    @Test func `an index of another vault is another`() throws {
        #expect(try Vault.create(masterKey: masterKey).vault.index("+15551234567") != vault.index("+15551234567"))
    }

    @Test func `nothing that prints a vault or a master key shows a byte of it`() {
        #expect("\(vault)" == "vault" && String(reflecting: vault) == "vault")
        #expect("\(masterKey)" == "master key" && String(reflecting: masterKey) == "master key")
        var dumped = ""
        dump([(vault, masterKey)], to: &dumped)
        #expect(!dumped.contains("SymmetricKey") && !dumped.contains("Box"))
        #expect(Mirror(reflecting: vault).children.isEmpty && Mirror(reflecting: masterKey).children.isEmpty)
    }
}
