internal import CSyscalls
internal import Glibc
public import SettingsFile

extension Settings {
    /// Reads a file that nobody but root and `trust.owner` could have changed; anything else about it is an error.
    /// - Parameter path: absolute, without a symlink in any part of it.
    public static func load(_ path: String, trust: Trust) throws(SettingsError) -> Settings {
        try parse(TrustedFile.text(path, trust: trust), file: path)
    }
}

extension Settings.Server {
    /// The API key, from where the settings say that it is; a file is trusted as the settings are.
    public func key(trust: Trust) throws(SettingsError) -> APIKey {
        switch apiKey {
        case .inline(let key): return key
        case .file(let path): return try APIKey.parse(TrustedFile.read(path, trust: trust, limit: 4_096), file: path)
        }
    }
}

extension Settings.Server {
    /// Whom the unit of a server on this host runs it as: systemd makes `/run/countersignd` for that user.
    private static let serverUser = "_countersignd"

    /// Checks that only root, `trust.owner` and, in root's logins, the server's own user could have put a socket there. A folder that is
    /// missing below trusted ones is that of a server that is not running.
    /// - Throws: where anybody else could have put one there, or that cannot be seen.
    public func checkSocket(trust: Trust) throws(SettingsError) {
        guard case .unixSocket(let path) = endpoint, let slash = path.utf8.lastIndex(of: 0x2F) else { return }
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        var part = 0
        let descriptor = system_open_trusted(
            folder, system_trust(owner: trust.owner, group: trust.group, public_file: 0), 1, &part)
        guard descriptor < 0 else {
            close(descriptor)
            return
        }
        // What is above the folder is trusted where the error is about all of its path.
        let isAboutFolder = part == folder.utf8.count
        if isAboutFolder, descriptor == -ENOENT { return }
        if isAboutFolder, descriptor == SYSTEM_UNSAFE_FOLDER, trust.owner == 0, Self.belongsToServer(folder) { return }
        let place = String(decoding: folder.utf8.prefix(part), as: UTF8.self)
        throw SettingsError(
            file: path, key: "server.url", message: TrustedFile.reason(descriptor, place, of: path, trust))
    }

    /// Whether a folder, in one of root's, is the server's and nobody else may write it.
    private static func belongsToServer(_ folder: String) -> Bool {
        guard let server = uid(of: serverUser), server != 0 else { return false }
        var found = stat()
        guard lstat(folder, &found) == 0, found.st_mode & S_IFMT == S_IFDIR else { return false }
        return found.st_uid == server && found.st_mode & 0o022 == 0
    }

    /// By /etc/passwd, where system users are: a login's helper is static, and has no other way to ask.
    private static func uid(of name: String) -> uid_t? {
        guard let file = fopen("/etc/passwd", "re") else { return nil }
        defer { fclose(file) }
        while let entry = fgetpwent(file) {
            if strcmp(entry.pointee.pw_name, name) == 0 { return entry.pointee.pw_uid }
        }
        return nil
    }
}
