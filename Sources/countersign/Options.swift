public import ArgumentParser
internal import Glibc
public import LoginFlow
public import OATH

struct SettingsOption: ParsableArguments {
    @Option(help: ArgumentHelp("The settings.", valueName: "path"))
    var config: Path = .settings

    /// What names the same settings to another command.
    var again: String { config.text == Path.settings.text ? "" : " --config \(config)" }
}

struct OutputOption: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false
}

/// A user whom the system knows.
struct UserArgument: ParsableArguments {
    @Argument(help: "Whose account: a user of this host.", completion: .users)
    var user: String

    func find() throws -> Person {
        if let known = try SystemUser.named(user) { return known.person }
        throw Trouble("there is no user \(user) on this host", hint: "check the spelling; `getent passwd` lists the users")
    }
}

/// A user whom the system knows, or has forgotten.
struct PastUserArgument: ParsableArguments {
    @Argument(help: "Whose account.", completion: .users)
    var user: String

    @Option(help: ArgumentHelp("The account of this uid, for a user whom the system does not know any more.", valueName: "number"))
    var uid: UInt32?

    func find() throws -> Person {
        if let uid { return Person(name: user, uid: uid) }
        if let known = try SystemUser.named(user) { return known.person }
        throw Trouble(
            "there is no user \(user) on this host",
            hint: "check the spelling; for a user who is gone add --uid with the number that `countersign list` shows")
    }
}

/// An absolute path. What is written without a slash at its beginning starts at the working directory.
struct Path: ExpressibleByArgument, CustomStringConvertible {
    let text: String
    var description: String { text }

    static let settings = Path(text: "/etc/countersign/countersign.toml")
    static let helpers = Path(text: "/usr/libexec/countersign")

    static var defaultCompletionKind: CompletionKind { .file() }

    private init(text: String) { self.text = text }

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        if argument.hasPrefix("/") {
            self.init(text: argument)
            return
        }
        guard let here = getcwd(nil, 0) else { return nil }
        defer { free(here) }
        self.init(text: String(cString: here) + "/" + argument)
    }
}

extension CompletionKind {
    static var users: CompletionKind { .shellCommand("getent passwd | cut -d: -f1") }
}

extension AuthyID: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension Algorithm: ExpressibleByArgument {}
