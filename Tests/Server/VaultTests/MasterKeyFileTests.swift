import Glibc
import Testing
import Vault

/// A temporary directory for each test, removed at its end.
private final class Folder {
    let path: String

    init() throws {
        var name = Array("/tmp/countersign-vault-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&name).map { String(cString: $0) })
    }

    var file: String { path + "/master.key" }

    func write(_ text: String, mode: mode_t = 0o600) throws {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count)
        try #require(fchmod(descriptor, mode) == 0)
    }

    /// The error, or nil if the key was read.
    func refusal() -> MasterKeyError? {
        do {
            _ = try MasterKey.read(file: file)
            return nil
        } catch { return error }
    }

    deinit {
        for name in ["master.key", "other"] { if unlink("\(path)/\(name)") != 0 { rmdir("\(path)/\(name)") } }
        rmdir(path)
    }
}

struct MasterKeyFileTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    @Test func `a key that was made is read again`() throws {
        let key = try MasterKey.create(file: folder.file)
        #expect(try MasterKey.read(file: folder.file).text == key.text)
    }

    @Test func `a new file is its owner's alone`() throws {
        _ = try MasterKey.create(file: folder.file)
        var found = stat()
        try #require(lstat(folder.file, &found) == 0)
        #expect(found.st_mode == S_IFREG | 0o600)
    }

    @Test func `a file that is there is never written over`() throws {
        let key = try MasterKey.create(file: folder.file)
        let error = #expect(throws: MasterKeyError.self) { try MasterKey.create(file: folder.file) }
        #expect(error?.message == "there is such a file already")
        #expect(try MasterKey.read(file: folder.file).text == key.text)
    }

    @Test func `a key is not made through a symlink`() throws {
        try #require(symlink("\(folder.path)/other", folder.file) == 0)
        #expect(throws: MasterKeyError.self) { try MasterKey.create(file: folder.file) }
        #expect(access("\(folder.path)/other", F_OK) != 0)
    }

    @Test(arguments: ["", "/", "/tmp/", "/tmp/.", "/tmp/..", "/tmp/a\u{0}b"])
    func `a key is not made where no file is named`(file: String) {
        let error = #expect(throws: MasterKeyError.self) { try MasterKey.create(file: file) }
        #expect(error?.message == "this names no file")
    }

    @Test func `a folder that is missing is said to be`() {
        let error = #expect(throws: MasterKeyError.self) {
            try MasterKey.create(file: "\(folder.path)/none/master.key")
        }
        #expect(error?.message == "its folder cannot be opened: No such file or directory")
    }

    @Test func `a file that is missing says so and what to do`() {
        #expect(
            folder.refusal()?.description
                == "\(folder.file): there is no such file; put it back; without it nothing sealed can be read")
    }

    @Test(arguments: [0o604, 0o602, 0o620, 0o610, 0o601, 0o666] as [mode_t])
    func `a file that others may touch is refused`(mode: mode_t) throws {
        try folder.write(MasterKey().text, mode: mode)
        #expect(folder.refusal()?.message == "others may read or write it")
    }

    @Test(arguments: [0o600, 0o400, 0o700] as [mode_t])
    func `a file that its owner alone may touch is read`(mode: mode_t) throws {
        try folder.write(MasterKey().text, mode: mode)
        #expect(folder.refusal() == nil)
    }

    @Test(
        .enabled(if: geteuid() == 0, "only root gives files away"),
        arguments: [(0, 0, true), (0, 1, false), (1, 0, false)] as [(uid_t, gid_t, Bool)])
    func `a group may read it only where it is root's, and the file too`(owner: uid_t, group: gid_t, isTaken: Bool)
        throws
    {
        try folder.write(MasterKey().text, mode: 0o440)
        try #require(chown(folder.file, owner, group) == 0)
        #expect((folder.refusal() == nil) == isTaken)
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives files away"))
    func `a file of somebody else's is refused`() throws {
        try folder.write(MasterKey().text)
        try #require(chown(folder.file, 12345, 0) == 0)
        #expect(folder.refusal()?.message == "it belongs to uid 12345")
    }

    @Test func `a symlink is refused`() throws {
        try folder.write(MasterKey().text)
        try #require(rename(folder.file, "\(folder.path)/other") == 0 && symlink("other", folder.file) == 0)
        #expect(folder.refusal()?.message == "this is a symlink")
    }

    @Test func `a folder and a pipe are refused, without waiting`() throws {
        try #require(mkdir(folder.file, 0o700) == 0)
        #expect(folder.refusal()?.message == "this is no regular file")
        try #require(rmdir(folder.file) == 0 && mkfifo(folder.file, 0o600) == 0)
        #expect(folder.refusal()?.message == "this is no regular file")
    }

    @Test(arguments: ["", "\n", "secret", String(repeating: "a", count: 100_000)])
    func `a file that holds no key is refused, and nothing of it is said`(text: String) throws {
        try folder.write(text)
        #expect(
            folder.refusal()?.description == "\(folder.file): this is no master key; put back the file that was in use")
    }

    @Test func `a key with more behind it is refused`() throws {
        try folder.write(MasterKey().text + "\n" + String(repeating: "\n", count: 500))
        #expect(folder.refusal()?.message == "this is no master key")
    }

    @Test func `a name with a zero byte is not opened`() throws {
        try folder.write(MasterKey().text)
        #expect(throws: MasterKeyError.self) { try MasterKey.read(file: folder.file + "\u{0}.old") }
    }
}
