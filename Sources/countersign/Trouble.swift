internal import Accounts
internal import Glibc
internal import Settings

/// Why a command could not do what it was asked for, and what to do about it.
struct Trouble: Error {
    let message: String
    let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    init(_ error: any Error) {
        switch error {
        case let trouble as Trouble: self = trouble
        case let error as SettingsError: self.init(error.description, hint: Self.hint(error))
        case let error as AccountsError: self.init(error.description, hint: Self.hint(error))
        default: self.init("the accounts cannot be used: \(error)", hint: "nothing was changed; see that the disk has room, and try again")
        }
    }

    func report() {
        Output.error(message)
        if let hint { Output.hint(hint) }
    }

    private static func hint(_ error: SettingsError) -> String {
        switch (error.line, Keeper.isRoots) {
        case (_?, _): "countersign.toml(5) explains every key; until this is right nobody is let in"
        case (nil, true): "logins read it as the user \(SystemUser.login): it should be root:\(SystemUser.login), mode 0640"
        case (nil, false): "run this as root, or name settings of your own with --config"
        }
    }

    private static func hint(_ error: AccountsError) -> String? {
        switch error {
        case .missing(let path): "make it with: \(StateFolder.command(path))"
        case .file: "`countersign check`, run by root, says what the state directory must be like"
        case .damaged: "put back a copy of accounts.db; a new one would forget who must show a factor"
        case .newer: "use the version of Countersign that wrote the accounts"
        case .invalid: nil
        }
    }
}

/// What the last call to the system failed of.
func systemReason(_ error: CInt = errno) -> String { String(cString: strerror(error)) }
