internal import CSyscalls
internal import Glibc
public import SettingsFile

extension Settings {
    /// Reads and checks the settings (countersign.toml(5)).
    ///
    /// - Parameters:
    ///   - path: an absolute path without a symlink in any part of it.
    ///   - trust: who may own the file, and which group may read it.
    /// - Returns: the settings.
    /// - Throws: `SettingsError` if the file cannot be read, if anybody but root and `trust.owner` could have changed
    ///   it, or with the first fault in it.
    public static func load(_ path: String, trust: Trust) throws(SettingsError) -> Settings {
        try parse(TrustedFile.text(path, trust: trust), file: path)
    }
}

extension Settings.Server {
    /// Returns the API key from the settings or from `api_key_file`.
    ///
    /// - Parameter trust: who may own the file, and which group may read it.
    /// - Returns: the key.
    /// - Throws: `SettingsError` if the file cannot be read, if anybody but root and `trust.owner` could have changed
    ///   it, or if it does not hold a valid key.
    public func key(trust: Trust) throws(SettingsError) -> APIKey {
        switch apiKey {
        case .inline(let key): return key
        case .file(let path): return try APIKey.parse(TrustedFile.read(path, trust: trust, limit: 4_096), file: path)
        }
    }
}

extension Settings.Server {
    /// The user of a server on this host: its systemd unit creates `/run/countersignd` for that user.
    private static let serverUser = "_countersignd"

    /// Checks that nobody else could have created the server's Unix socket.
    ///
    /// Only root, `trust.owner` and, in logins of root's programs, the server's own user may be able to. A missing
    /// folder below trusted ones is accepted: the server is not running. Other endpoints are not checked.
    ///
    /// - Parameter trust: who may own the folders.
    /// - Throws: `SettingsError` if anybody else could have created the socket, or if that cannot be determined.
    public func checkSocket(trust: Trust) throws(SettingsError) {
        guard case .unixSocket(let path) = endpoint, let slash = path.utf8.lastIndex(of: 0x2F) else { return }
        let folder = if slash == path.startIndex { "/" } else { String(path[..<slash]) }
        var part = 0
        let descriptor = system_open_trusted(
            folder, system_trust(owner: trust.owner, group: trust.group, public_file: 0), 1, &part)
        guard descriptor < 0 else {
            close(descriptor)
            return
        }
        // The folders above are trusted if the error is about the whole path.
        let isAboutFolder = part == folder.utf8.count
        if isAboutFolder, descriptor == -ENOENT { return }
        if isAboutFolder, descriptor == SYSTEM_UNSAFE_FOLDER, trust.owner == 0, Self.belongsToServer(folder) { return }
        let place = String(decoding: folder.utf8.prefix(part), as: UTF8.self)
        throw SettingsError(
            file: path, key: "server.url", message: TrustedFile.reason(descriptor, at: place, of: path, trust: trust))
    }

    /// Whether a folder below trusted ones belongs to the server's user, and no other user may write it.
    private static func belongsToServer(_ folder: String) -> Bool {
        guard let server = uid(of: serverUser), server != 0 else { return false }
        var found = stat()
        guard lstat(folder, &found) == 0, found.st_mode & S_IFMT == S_IFDIR else { return false }
        return found.st_uid == server && found.st_mode & 0o022 == 0
    }

    /// Looks a system user up in /etc/passwd (passwd(5)): countersign-login is static and cannot use nsswitch.conf(5).
    private static func uid(of name: String) -> uid_t? {
        guard let file = fopen("/etc/passwd", "re") else { return nil }
        defer { fclose(file) }
        while let entry = fgetpwent(file) {
            if strcmp(entry.pointee.pw_name, name) == 0 { return entry.pointee.pw_uid }
        }
        return nil
    }
}
