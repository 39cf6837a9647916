public import ArgumentParser
internal import CommandSupport
internal import Glibc
public import Identifiers
public import OATH

struct SettingsOption: ParsableArguments {
    @Option(help: ArgumentHelp("The settings.", valueName: "path"))
    var config: Path = .settings

    /// Option that makes another command use the same settings; empty for the default path.
    var again: String { if config.text == Path.settings.text { "" } else { " --config \(config)" } }
}

/// A user known to the system.
struct UserName: ParsableArguments {
    @Argument(help: "Whose account: a user of this host.", completion: .users)
    var user: String

    func find() throws -> Person { try Self.find(user) }

    static func find(_ user: String) throws -> Person {
        if let known = try SystemUser.named(user) { return known.person }
        throw CommandError(
            "there is no user \(user) on this host", hint: "check the spelling; `getent passwd` lists the users")
    }
}

/// A user known to the system, or one of several people who share that user and have keys of their own.
struct UserArgument: ParsableArguments {
    @Argument(help: "Whose account: a user of this host.", completion: .users)
    var user: String

    @OptionGroup var key: KeyOption

    func find() throws -> Person { key.person(try UserName.find(user)) }
}

struct KeyOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The one who uses the account with this SSH key, as `ssh-keygen -lf` prints it.", valueName: "SHA256:..."))
    var key: KeyFingerprint?

    func person(_ person: Person) -> Person { Person(name: person.name, uid: person.uid, key: key) }
}

/// A user known to the system, now or in the past.
struct PastUserArgument: ParsableArguments {
    @Argument(help: "Whose account.", completion: .users)
    var user: String

    @Option(
        help: ArgumentHelp(
            "The account of this uid, for a user that the system no longer knows.", valueName: "number"))
    var uid: UInt32?

    @OptionGroup var key: KeyOption

    func find() throws -> Person {
        if let uid { return key.person(Person(name: user, uid: uid)) }
        if let known = try SystemUser.named(user) { return key.person(known.person) }
        throw CommandError(
            "there is no user \(user) on this host",
            hint: "check the spelling; for a user who is gone add --uid with the number that `countersign list` shows")
    }
}

/// An absolute path.
///
/// A path without a leading slash is taken from the working directory.
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
        let folder = String(cString: here)
        self.init(text: (folder == "/" ? "" : folder) + "/" + argument)
    }
}

extension CompletionKind {
    /// Root, and people, whose uids begin at 1000.
    static var users: CompletionKind { .shellCommand("getent passwd | awk -F: '$3 == 0 || $3 >= 1000 { print $1 }'") }
    static var services: CompletionKind { .shellCommand("ls /etc/pam.d") }
}

extension Person {
    /// Arguments that name the person on a command line.
    var typed: String { key.map { "\(name) --key \($0)" } ?? name }
}

extension AuthyID: ExpressibleByArgument {
    /// Parses an argument.
    ///
    /// - Parameter argument: 1 to 18 ASCII digits without a leading zero; anything else gives nil.
    public init?(argument: String) { self.init(argument) }
}

extension KeyFingerprint: ExpressibleByArgument {
    /// Parses an argument.
    ///
    /// - Parameter argument: fingerprint as `ssh-keygen -lf` prints it, `SHA256:` and 43 characters; anything else
    ///   gives nil.
    public init?(argument: String) { self.init(argument) }
}

extension Outcome: ExpressibleByArgument {}

extension Algorithm: ExpressibleByArgument {}

/// What a login tries first.
enum Preference: String, CaseIterable, ExpressibleByArgument {
    case sms, call, softtoken, onetouch, none

    var factor: Factor? { Factor(rawValue: rawValue) }
}
