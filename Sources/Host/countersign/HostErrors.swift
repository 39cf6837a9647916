internal import Accounts
internal import CommandSupport
internal import Glibc
internal import SettingsFile

extension CommandError {
    /// Makes an error of anything that a command throws.
    init(_ error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case let error as SettingsError:
            self = Self.rootsOnly(error) ?? CommandError(ServiceUser.named(error.description), hint: Self.hint(error))
        case let error as AccountsError: self.init(error.description, hint: Self.hint(error))
        default:
            self.init(
                "the accounts cannot be used: \(error)",
                hint: "nothing was changed; see that the disk has room, and try again")
        }
    }

    /// An ordinary user needs no advice on owner and mode of files that belong to others.
    private static func rootsOnly(_ error: SettingsError) -> CommandError? {
        var found = stat()
        guard !ServiceUser.isRoots, access(error.file, R_OK) != 0, errno == EACCES, lstat(error.file, &found) == 0,
            found.st_uid != geteuid()
        else { return nil }
        let verb = if isFolder(error.file) { "enter" } else { "read" }
        let hint =
            if error.file.hasPrefix(Folder.settings) {
                "run it as root; for your own account: sudo countersign self show"
            } else {
                "run it as root, or name settings of your own with --config"
            }
        return CommandError("only root may \(verb) \(error.file)", hint: hint)
    }

    private static func hint(_ error: SettingsError) -> String {
        let file = error.file
        if error.line != nil || error.key != nil {
            return "countersign.toml(5) explains every key; until this is right nobody is let in"
        }
        guard ServiceUser.isRoots else { return "run this as root, or name settings of your own with --config" }
        let serviceUser = SystemUser.login
        let elsewhere =
            "logins read it as \(serviceUser): keep it in \(Folder.settings), which nobody but root may write"
        // It is not known what else another directory holds.
        if isFolder(file) { return if file == Folder.settings { "chmod 755 \(file)" } else { elsewhere } }
        switch lookUp(file) {
        case ENOENT: return "install -m 640 -g \(serviceUser) /usr/share/doc/countersign/countersign.toml \(file)"
        case 0 where error.message.hasPrefix("an API key"):
            return
                "write the server's API key into \(file), and nothing else "
                + "(countersignd app create, or rotate, prints it)"
        case 0 where error.message.hasPrefix("unsafe"): return "chown root:\(serviceUser) \(file); chmod 640 \(file)"
        case 0 where !error.message.hasPrefix("/"):
            return "logins read it as \(serviceUser): chgrp \(serviceUser) \(file); chmod 640 \(file)"
        default: return elsewhere
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var found = stat()
        return lstat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFDIR
    }

    /// Returns 0 if there is such a file, else errno.
    private static func lookUp(_ file: String) -> CInt {
        var found = stat()
        return if lstat(file, &found) == 0 { 0 } else { errno }
    }

    private static func hint(_ error: AccountsError) -> String? {
        switch error {
        case .missing(let path): "make it with: \(StateFolder.command(path))"
        case .lost, .other, .altered: "countersign init says what can be done"
        case .unprepared: "countersign init"
        case .notABackup: "name a file that `countersign backup` has written"
        case .exchanged: "see who may write to it, look at the backup again, and run the same command again"
        case .file: "`countersign check`, run by root, says what the state directory must be like"
        case .damaged: "restore a backup; new accounts would forget who must show a factor"
        case .newer: "use the version of Countersign that wrote the accounts"
        case .invalid: nil
        }
    }
}
