internal import CommandSupport
internal import Glibc
internal import Roster

/// Files of pam_google_authenticator, read with the rights of the caller or of their users.
enum GoogleAuthenticatorFiles {
    private static let file = ".google_authenticator"

    /// Reads a directory with one file for each user, named after the user.
    static func folder(_ path: Path, name: String) throws -> [RosterLine] {
        let folder = open(path.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            throw CommandError(
                "\(name): \(systemReason())", hint: "name a folder with one file for each user, or use --homes")
        }
        defer { close(folder) }
        return Folder.names(path.text).sorted().compactMap { user in
            line("\(name)/\(user)", user: user) { () throws(RosterError) in
                try read(openat(folder, user, how), owners: nil)
            }
        }
    }

    /// Reads `~/.google_authenticator` of every user that the system lists.
    static func homes() throws -> [RosterLine] {
        guard ServiceUser.isRoots else {
            throw CommandError("--homes is for root, who may become every user", hint: "name a folder with the files")
        }
        var users: [(user: SystemUser, home: String)] = []
        setpwent()
        while let entry = getpwent() {
            let user = SystemUser(
                name: String(cString: entry.pointee.pw_name), uid: entry.pointee.pw_uid, gid: entry.pointee.pw_gid)
            users.append((user, String(cString: entry.pointee.pw_dir)))
        }
        endpwent()
        return try users.compactMap { user, home in
            let path = "\(home)/\(file)"
            let descriptor = try asUser(user) { openHow(path) }
            // A user who may not read the file cannot have logged in with it.
            if descriptor == -EACCES {
                Output.warning("\(path): \(user.name) may not read it; passed over")
                return nil
            }
            let line = line(path, user: user.name) { () throws(RosterError) in
                try read(descriptor, owners: [0, user.uid])
            }
            // The file belongs to the user, so a fault in it does not stop the others.
            if let line, case .failure(let fault) = line.result {
                Output.warning("\(line.place): \(fault.message); \(user.name) is passed over")
                return nil
            }
            return line
        }
    }

    /// A FIFO must not block this process, and a symlink is not followed.
    private static let how = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY

    /// Returns a descriptor, or the negated errno.
    private static func openHow(_ path: String) -> CInt {
        let descriptor = open(path, how)
        return if descriptor < 0 { -errno } else { descriptor }
    }

    /// Runs `body` with only that user's rights, so that no file is read that the user could not read.
    private static func asUser(_ user: SystemUser, body: () -> CInt) throws -> CInt {
        var groups = [gid_t](repeating: 0, count: 65_536)
        let count = getgroups(CInt(groups.count), &groups)
        let gid = getegid()
        defer {
            // Without root's rights back, the process must not go on.
            if seteuid(0) != 0 || setegid(gid) != 0 || setgroups(Int(max(0, count)), groups) != 0 { _exit(1) }
        }
        guard count >= 0, initgroups(user.name, user.gid) == 0, setegid(user.gid) == 0, seteuid(user.uid) == 0 else {
            throw CommandError("cannot become \(user.name): \(systemReason())")
        }
        return body()
    }

    /// Returns nil if there is no file.
    private static func line(_ place: String, user: String, read: () throws(RosterError) -> [UInt8]?) -> RosterLine? {
        do throws(RosterError) {
            guard let bytes = try read() else { return nil }
            let (token, notes) = try GoogleAuthenticatorFile.token(bytes)
            var entry = Entry(line: 1, user: user, factor: .softToken(token))
            entry.notes = notes
            return RosterLine(place: "\(place):1", result: .success(entry))
        } catch { return RosterLine(place: "\(place):\(error.line)", result: .failure(error)) }
    }

    /// Reads a file; `owners` nil allows any owner.
    ///
    /// Returns nil if there is no file.
    private static func read(_ descriptor: CInt, owners: [uid_t]?) throws(RosterError) -> [UInt8]? {
        guard descriptor >= 0 else {
            let error = if descriptor == -1 { errno } else { -descriptor }
            if error == ENOENT || error == ENOTDIR { return nil }
            throw RosterError(1, error == ELOOP ? "a symlink" : systemReason(error))
        }
        defer { close(descriptor) }
        var found = stat()
        guard fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
            throw RosterError(1, "not a regular file")
        }
        if let owners, !owners.contains(found.st_uid) {
            throw RosterError(1, "owned by uid \(found.st_uid), not by the user")
        }
        guard found.st_size <= GoogleAuthenticatorFile.limit else { throw RosterError(1, "longer than 64 kB") }
        var bytes = [UInt8](repeating: 0, count: GoogleAuthenticatorFile.limit + 1)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw RosterError(1, systemReason()) }
        return Array(bytes.prefix(count))
    }
}
