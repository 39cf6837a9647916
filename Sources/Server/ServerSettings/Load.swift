internal import Glibc
public import SettingsFile

extension ServerSettings {
    /// Where the settings are when nobody says otherwise.
    public static let usualFile = "/etc/countersign/countersignd.toml"

    /// Reads a file that nobody but root and `trust.owner` could have changed; anything else about it is an error. Others may read it: it
    /// names files with secrets, but holds none.
    /// - Parameter path: absolute, without a symlink in any part of it; nil for the usual file, without which the defaults hold.
    public static func load(_ path: String? = nil, trust: Trust) throws(SettingsError) -> ServerSettings {
        try load(path, orElse: usualFile, trust: trust)
    }

    package static func load(_ path: String?, orElse usual: String, trust: Trust) throws(SettingsError)
        -> ServerSettings
    {
        if path == nil, isMissing(usual) { return ServerSettings() }
        let file = path ?? usual
        return try parse(TrustedFile.text(file, trust: trust, isPublic: true), file: file)
    }

    /// Only where the kernel says so: what cannot be looked at is not missing.
    private static func isMissing(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) != 0 && errno == ENOENT
    }
}
