internal import Glibc
public import SettingsFile

extension ServiceSettings {
    /// The path of the settings unless a command names another one.
    public static let usualFile = "/etc/countersign/countersignd.toml"

    /// Reads a file that only root and `trust.owner` could have changed.
    ///
    /// Others may read it: it names files with secrets, but contains none.
    ///
    /// - Parameters:
    ///   - path: absolute, with no symlink in any part; nil for `usualFile`, or the defaults if that is missing.
    ///   - trust: the owner and group that are trusted beside root.
    /// - Returns: the settings.
    /// - Throws: `SettingsError` if the file is missing, unsafe or unreadable, or at its first fault.
    public static func load(_ path: String? = nil, trust: Trust) throws(SettingsError) -> ServiceSettings {
        try load(path, orElse: usualFile, trust: trust)
    }

    /// Does the same with another default path.
    ///
    /// - Parameters:
    ///   - path: absolute, with no symlink in any part; nil for `usual`.
    ///   - usual: the default path; if it is missing, the defaults apply.
    ///   - trust: the owner and group that are trusted beside root.
    /// - Returns: the settings.
    /// - Throws: `SettingsError` as above.
    package static func load(_ path: String?, orElse usual: String, trust: Trust) throws(SettingsError)
        -> ServiceSettings
    {
        if path == nil, isMissing(usual) { return ServiceSettings() }
        let file = path ?? usual
        return try parse(TrustedFile.text(file, trust: trust, isPublic: true), file: file)
    }

    /// Whether the kernel reports ENOENT; any other error does not count as missing.
    private static func isMissing(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) != 0 && errno == ENOENT
    }
}
