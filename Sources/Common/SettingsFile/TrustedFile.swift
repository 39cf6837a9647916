internal import CSyscalls
internal import Glibc

/// The owner and the group of settings that may be trusted (`system_trust`).
public struct Trust: Sendable {
    /// The uid that may own them, besides root.
    public let owner: UInt32
    /// The gid that may read them, besides the group of root.
    public let group: UInt32

    /// Takes uid and gid as they are.
    public init(owner: UInt32, group: UInt32) {
        self.owner = owner
        self.group = group
    }
}

/// Reads files that only root and a trusted owner can have changed.
package enum TrustedFile {
    /// The whole text of a file of settings, at most 256 KiB.
    ///
    /// - Parameters:
    ///   - path: the absolute path of the file.
    ///   - trust: the owner and the group that are trusted.
    ///   - isPublic: whether anybody may read the file; only write access is checked then.
    /// - Returns: the text.
    /// - Throws: `SettingsError` if the file is missing, unsafe, too long, unreadable, or not UTF-8.
    package static func text(_ path: String, trust: Trust, isPublic: Bool = false) throws(SettingsError) -> String {
        let bytes = try read(path, trust: trust, isPublic: isPublic, limit: longestText)
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsError(file: path, message: "this is no UTF-8 text; write it anew with a text editor")
        }
        return text
    }

    /// The longest text, in bytes.
    private static let longestText = 262_144

    /// The whole content of a file.
    ///
    /// - Parameters:
    ///   - path: the absolute path of the file.
    ///   - trust: the owner and the group that are trusted.
    ///   - isPublic: whether anybody may read the file; only write access is checked then.
    ///   - limit: the most bytes that the file may have.
    /// - Returns: the bytes.
    /// - Throws: `SettingsError` if the file is missing, unsafe, too long, or unreadable.
    package static func read(_ path: String, trust: Trust, isPublic: Bool = false, limit: Int) throws(SettingsError)
        -> [UInt8]
    {
        let descriptor = try open(path, trust: trust, isPublic: isPublic)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count <= limit {
            let more = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            if more < 0, errno == EINTR { continue }
            guard more >= 0 else {
                throw SettingsError(file: path, message: "cannot be read: \(String(cString: strerror(errno)))")
            }
            if more == 0 { break }
            count += more
        }
        guard count <= limit else { throw SettingsError(file: path, message: "longer than \(limit) bytes") }
        return Array(bytes.prefix(count))
    }

    private static func open(_ path: String, trust: Trust, isPublic: Bool) throws(SettingsError) -> CInt {
        var part = 0
        let rules = system_trust(owner: trust.owner, group: trust.group, public_file: isPublic ? 1 : 0)
        let descriptor = system_open_trusted(path, rules, 0, &part)
        guard descriptor >= 0 else {
            let place = String(decoding: path.utf8.prefix(part), as: UTF8.self)
            if descriptor == -EACCES, let folder = closed(above: place) {
                throw SettingsError(file: folder, message: "uid \(geteuid()) may not enter it")
            }
            throw SettingsError(
                file: path, message: reason(descriptor, at: place, of: path, trust: trust, isPublic: isPublic))
        }
        guard isPublic else { return descriptor }
        // That descriptor only names the file; this opens the very same one.
        defer { close(descriptor) }
        let readable = Glibc.open("/proc/self/fd/\(descriptor)", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard readable >= 0 else {
            throw SettingsError(
                file: path, message: reason(-errno, at: path, of: path, trust: trust, isPublic: isPublic))
        }
        return readable
    }

    /// The folder of a path if this process may not enter it, or else nil.
    private static func closed(above part: String) -> String? {
        guard let slash = part.utf8.lastIndex(of: 0x2F), slash != part.startIndex else { return nil }
        let folder = String(part[..<slash])
        guard faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) != 0 else { return nil }
        return folder
    }

    /// The message for a file that cannot be opened.
    ///
    /// - Parameters:
    ///   - error: the result of `system_open_trusted`, which is negative.
    ///   - part: the part of the path that the error is about.
    ///   - path: the whole path.
    ///   - trust: the owner and the group that are trusted.
    ///   - isPublic: whether anybody may read the file.
    /// - Returns: one sentence.
    package static func reason(
        _ error: CInt, at part: String, of path: String, trust: Trust, isPublic: Bool = false
    ) -> String {
        let owner = if trust.owner == 0 { "root" } else { "root or uid \(trust.owner)" }
        switch error {
        case SYSTEM_UNSAFE_FILE where isPublic:
            return "unsafe: it must belong to \(owner), and others must not be able to write it"
        case SYSTEM_UNSAFE_FILE:
            return "unsafe: it must belong to \(owner) and have mode 0640 at most, its group gid \(trust.group)"
        case SYSTEM_UNSAFE_FOLDER:
            return "\(part) is unsafe: it must belong to \(owner), and others must not be able to write it"
        case -ENOENT: return "\(part == path ? "this file" : part) is missing; create it"
        case -ELOOP: return "\(part) is a symlink, or the path is not absolute; name the file itself"
        case -EINVAL: return "not a regular file"
        case -EACCES where isPublic && part == path:
            return "uid \(geteuid()) may not read it: let its group or others read it"
        case -EACCES where part == path:
            return "uid \(geteuid()) may not open it: its group must be gid \(trust.group), its mode 0640"
        case -EACCES: return "uid \(geteuid()) may not open \(part): keep the file where that user may enter"
        default: return "cannot be opened: \(String(cString: strerror(-error)))"
        }
    }
}
