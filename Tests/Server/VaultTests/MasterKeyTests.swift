import Encoding
import Testing
import Vault

struct MasterKeyTests {
    static let label = "countersign-master-key-1:"
    /// The same key twice.
    static let letters = "ABEiM0RVZneImaq7zN3u_wARIjNEVWZ3iJmqu8zd7v8"
    static let digits = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

    @Test func `a key is the same again from its text, with a line end or without`() throws {
        let key = MasterKey()
        let wrapped = try Vault.create(masterKey: key).wrappedDataKey
        #expect(key.text.hasPrefix(Self.label) && key.text.utf8.count == Self.label.utf8.count + 43)
        for text in [key.text, key.text + "\n"] {
            let again = try #require(MasterKey(text: text))
            #expect(again.text == key.text)
            _ = try Vault(masterKey: again, wrappedDataKey: wrapped)
        }
    }

    @Test func `64 hexadecimal digits are a key too`() throws {
        let key = try #require(MasterKey(text: Self.digits + "\n"))
        #expect(key.text == Self.label + Self.letters)
    }

    @Test func `two keys are two`() {
        #expect(MasterKey().text != MasterKey().text)
    }

    @Test(arguments: [
        "", "\n", label, label + "\n", letters, label + letters + "=", label + letters + "\n\n",
        label + letters + "\r\n",
        " " + label + letters, label + letters.dropLast(), label + letters.dropLast() + "9", label + letters + "A",
        "countersign-master-key-2:" + letters, String(digits.dropLast()), digits.dropLast() + "g", digits + "0",
        digits + "\n\n",
    ])
    func `another text is no key`(text: String) {
        #expect(MasterKey(text: text) == nil)
    }

    @Test func `what version 1 wrote still opens`() throws {
        let key = try #require(MasterKey(text: Self.label + Self.letters))
        let wrapped = try #require(
            Base64URL.decode(
                "y1ItvPVq2twBzGdzqH5IxDSNrWJKJIXUWtohyYEKvyVCneAM6uGVipdWcBWfwO7ZSX_X-XopqteS1gxpj21gOrx67XUZ"))
        let vault = try Vault(masterKey: key, wrappedDataKey: wrapped)
        let sealed = try #require(
            Base64URL.decode("AXjZ8mIHabxNYXajxG4SLREnL_TV5AlJSOME8juQ4O93RMYBCgz5yvvMM_izRcS5ig"))
        #expect(try vault.open(sealed, as: "member.secret 3 123456") == Array("12345678901234567890".utf8))
        #expect(Base64URL.encode(vault.index("+15551234567")) == "-3XJI_r1Hlg5j86je9Z9YjdT9VCTK7dvQNeUJ5CTMdg")
    }
}
