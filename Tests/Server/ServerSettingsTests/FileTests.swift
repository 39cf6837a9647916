import Foundation
import ServerSettings
import SettingsFile
import Testing

/// The installed file from docs/.
private func documented() throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: "docs/countersignd.toml"), encoding: .utf8)
}

/// With the # removed from every line that is a key or a header.
private func awake(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.hasPrefix("#") && !$0.hasPrefix("# ") && $0 != "#" ? $0.dropFirst() : $0 }.joined(separator: "\n")
}

struct DocumentedFileTests {
    @Test func `the documented file says the defaults as it stands`() throws {
        #expect(try ServiceSettings.parse(documented(), file: "countersignd.toml") == ServiceSettings())
    }

    @Test func `the documented file is right with every line taken into use`() throws {
        let settings = try ServiceSettings.parse(
            awake(documented()), file: "countersignd.toml")
        #expect(settings.gateways.map(\.name) == ["twilio", "webhook", "smtp", "command", "log"])
        #expect(settings.server.listen.count == 1)
        #expect(settings.codes == ServiceSettings.Codes())
        #expect(settings.limits == ServiceSettings.Limits())
        #expect(settings.push == ServiceSettings.Push())
        #expect(settings.phone == ServiceSettings.Phone())
    }
}

/// A temporary directory for one test.
private final class Folder {
    let path: String

    init() throws {
        // If TMPDIR leads through a symlink, the file is not trusted.
        path = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().appending(path: UUID().uuidString)
            .path()
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ text: String, mode: Int = 0o600) throws -> String {
        try text.write(toFile: path + "/a.toml", atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path + "/a.toml")
        return path + "/a.toml"
    }
}

struct LoadTests {
    /// Root does not trust directories that others may write, even with a sticky bit, and the tests' directory is in
    /// one.
    private let trust = Trust(owner: geteuid() == 0 ? 1 : geteuid(), group: getegid())

    private func complaint(_ path: String?, orElse usual: String = "/nonexistent/a.toml") -> String? {
        do throws(SettingsError) {
            _ = try ServiceSettings.load(path, orElse: usual, trust: trust)
            return nil
        } catch { return error.description }
    }

    @Test func `a missing file at the usual place means the defaults`() throws {
        let folder = try Folder()
        #expect(
            try ServiceSettings.load(nil, orElse: folder.path + "/a.toml", trust: trust) == ServiceSettings())
        #expect(
            try ServiceSettings.load(nil, orElse: folder.path + "/b/a.toml", trust: trust) == ServiceSettings())
    }

    @Test func `a missing file that was named is an error`() throws {
        let folder = try Folder()
        #expect(complaint(folder.path + "/a.toml") == "\(folder.path)/a.toml: this file is missing; create it")
        #expect(complaint("/nonexistent/a.toml") == "/nonexistent/a.toml: /nonexistent is missing; create it")
    }

    @Test func `a file is read from either place`() throws {
        let folder = try Folder()
        let file = try folder.file("retention_days = 7")
        #expect(try ServiceSettings.load(file, orElse: "/nonexistent", trust: trust).retentionDays == 7)
        #expect(try ServiceSettings.load(nil, orElse: file, trust: trust).retentionDays == 7)
    }

    @Test func `a fault in the file is told with its name`() throws {
        let folder = try Folder()
        let kept = try folder.file("\nstat = \"/a\"")
        #expect(complaint(kept) == "\(kept):2: stat: unknown key \"stat\"; did you mean \"state\"?")
    }

    @Test(arguments: [0o660, 0o602, 0o666, 0o777]) func `a file that others could change is unsafe at either place`(
        mode: Int
    )
        throws
    {
        let folder = try Folder()
        let file = try folder.file("", mode: mode)
        #expect(complaint(file)?.hasPrefix("\(file): unsafe: ") == true)
        #expect(complaint(nil, orElse: file)?.hasPrefix("\(file): unsafe: ") == true)
    }

    @Test(arguments: [0o600, 0o640, 0o644]) func `a file that others can only read is taken`(mode: Int) throws {
        let folder = try Folder()
        #expect(complaint(try folder.file("", mode: mode)) == nil)
    }

    @Test func `a folder is no file`() throws {
        let folder = try Folder()
        #expect(complaint(folder.path)?.hasPrefix("\(folder.path): ") == true)
    }

    @Test func `a link to nowhere at the usual place is no missing file`() throws {
        let folder = try Folder()
        let link = folder.path + "/link.toml"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path + "/none")
        #expect(complaint(nil, orElse: link)?.contains("is a symlink") == true)
    }

    @Test func `a relative path is refused`() {
        #expect(complaint("a.toml") != nil)
    }

    @Test func `a file that is no text is refused`() throws {
        let folder = try Folder()
        let file = try folder.file("# a\0b")
        #expect(complaint(file) == "\(file): this is no UTF-8 text; write it anew with a text editor")
    }
}
