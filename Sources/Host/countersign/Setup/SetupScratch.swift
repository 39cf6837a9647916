internal import CommandSupport
internal import Glibc

/// A private directory for files that are planned, so that libpam's walk and sshd read them before they are live.
final class SetupScratch {
    let folder: String

    /// Makes the directory in /run.
    ///
    /// - Throws: `CommandError` if it cannot be made.
    init() throws {
        var name = Array("/run/countersign-setup.XXXXXX".utf8CString)
        guard let made = mkdtemp(&name) else {
            throw CommandError("no directory can be made in /run: \(systemReason())", hint: "nothing was changed")
        }
        folder = String(cString: made)
    }

    deinit {
        for name in Folder.names(folder, hidden: true) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    /// Writes a file, and returns its path.
    ///
    /// - Throws: `CommandError` if it cannot be written.
    func write(_ text: String, as name: String) throws -> String {
        let path = "\(folder)/\(name)"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw CommandError("\(path) cannot be made: \(systemReason())") }
        defer { close(file) }
        guard SystemFile.write(Array(text.utf8), to: file) else {
            throw CommandError("\(path) cannot be written: \(systemReason())", hint: "nothing was changed")
        }
        return path
    }

    /// The stack that the text of a service's file makes, with the files of this host that it includes.
    ///
    /// - Throws: `CommandError` if it cannot be written.
    func stack(_ text: String) throws -> AuthStack? { AuthStack(of: try write(text, as: "stack")) }

    /// A message about a planned file, with the path that the file is going to have.
    func naming(_ message: String, path: String) -> String { message.replacing("\(folder)/stack", with: path) }
}
