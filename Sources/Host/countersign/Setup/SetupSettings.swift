internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Glibc
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import SettingsFile

/// Settings for a host that has none yet.
struct SetupSettings: ParsableArguments {
    @Option(help: ArgumentHelp("The 2FA server, where there are no settings yet. (default: none)", valueName: "url"))
    var server: String?
    @Option(
        help: ArgumentHelp("The file with the server's API key, which is copied.", valueName: "path"),
        completion: .file())
    var apiKeyFile: Path?
    @Option(
        help: ArgumentHelp(
            "Connect this host to a 2FA server with a code of `countersignd app invite`. Other users can see "
                + "arguments: - reads it from standard input.", valueName: "code"))
    var join: String?
    @Option(help: ArgumentHelp("Logins without a factor for each user. (default: 5)", valueName: "number"))
    var grace: Int?
    @Option(
        help: ArgumentHelp(
            "Factors on offer, with commas between them, such as onetouch,softtoken. (default: all)",
            valueName: "names"))
    var factors: String?

    static let file = Path.settings.text
    private static let models = ["/usr/share/countersign", "/usr/share/doc/countersign"].map {
        "\($0)/countersign.toml"
    }
    private static let key = "\(Folder.settings)/api-key"

    func validate() throws {
        if let grace, !(0...1000).contains(grace) { throw ValidationError("--grace takes a number from 0 to 1000.") }
        if let server, server.contains(where: { "\"\\\n".contains($0) }) {
            throw ValidationError("--server takes a URL.")
        }
        guard (server == nil) == (apiKeyFile == nil) else {
            throw ValidationError("--server and --api-key-file go together.")
        }
        guard server == nil || join == nil else { throw ValidationError("--server and --join exclude each other.") }
        let names = factors?.split(separator: ",", omittingEmptySubsequences: false) ?? []
        if let wrong = names.first(where: { Factor(rawValue: String($0)) == nil }) {
            throw ValidationError("there is no factor \(wrong)")
        }
    }

    /// Whether there are options that are only for a host without settings.
    var areGiven: Bool { server != nil || grace != nil || factors != nil }
    static var exist: Bool { access(file, F_OK) == 0 }

    /// Asks for what was not given as an option.
    mutating func ask() throws {
        if server == nil, join == nil {
            let typed = Self.answer(
                "A code of countersignd app invite, the URL of a 2FA server, or Enter for codes of this host alone: ")
            if typed.hasPrefix(JoinCode.prefix) {
                join = typed
            } else if !typed.isEmpty {
                server = typed
                let file = Self.answer("File with the server's API key: ")
                apiKeyFile = Path(argument: file)
            }
        }
        if grace == nil {
            let typed = Self.answer("Logins that each user has without a second factor [5]: ")
            if !typed.isEmpty {
                guard let number = Int(typed) else {
                    throw CommandError("\(typed) is not a number", hint: "nothing was changed")
                }
                grace = number
            }
        }
        do { try validate() } catch { throw CommandError("\(error)", hint: "nothing was changed") }
    }

    private static func answer(_ question: String) -> String {
        Output.ask(question)
        return readLine() ?? ""
    }

    /// Reads the code, if it is on standard input; returns the server that it is of, or nil without a code.
    ///
    /// - Throws: `CommandError` if it is no code.
    mutating func readCode() throws -> String? {
        guard let given = join else { return nil }
        let code = if given == "-" { try JoinCommand.readCode() } else { given }
        join = code
        return try HostJoin.parse(code).url
    }

    /// The text of the settings, with their comments.
    ///
    /// - Throws: `CommandError` if the file that is their model is not there.
    func text(services: [String]) throws -> String {
        guard var text = try Self.models.lazy.compactMap({ try SystemFile.text($0) }).first else {
            throw CommandError(
                "there are no settings, and \(Self.models[1]), which is their model, is missing",
                hint: "copy docs/countersign.toml of the source to \(Self.file), root:\(SystemUser.login), mode 640")
        }
        if let server {
            text = text.replacing("\n#[server]\n", with: "\n[server]\n", maxReplacements: 1)
            text = Self.set("url", to: "\"\(server)\"", in: text)
            text = Self.set("api_key_file", to: "\"\(Self.key)\"", in: text)
        }
        if let grace { text = Self.set("grace_logins", to: String(grace), in: text) }
        if let factors {
            let names = factors.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ", ")
            text = Self.set("factors", to: "[\(names)]", in: text)
        }
        for service in services where service == "su" || service == "su-l" {
            let table = "[login.service.\(service)]\n"
            text = text.replacing(
                "\n#\(table)#factor_of", with: "\n\(table)factor_of", maxReplacements: 1)
        }
        return text
    }

    /// Sets the first line that has the key, which is a comment in the model.
    private static func set(_ key: String, to value: String, in text: String) -> String {
        var isSet = false
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard !isSet, line.hasPrefix("#\(key) = ") else { return String(line) }
            isSet = true
            return "\(key) = \(value)"
        }.joined(separator: "\n")
    }

    /// Writes the settings if there are none, has the accounts made, checks both, and connects the host if it has a
    /// code.
    ///
    /// - Throws: `CommandError`, or an `ExitCode` if the accounts cannot be made; new settings are gone again then.
    func write(services: [String]) throws {
        let isNew = !Self.exist
        if isNew {
            let user = try ServiceUser.current()
            guard case .appointed(let owner) = user else { throw CommandError("only root can do this") }
            guard mkdir(Folder.settings, 0o755) == 0 || errno == EEXIST else {
                throw CommandError("\(Folder.settings) cannot be made: \(systemReason())")
            }
            if let apiKeyFile {
                guard let key = try SystemFile.text(apiKeyFile.text) else {
                    throw CommandError(
                        "there is no file \(apiKeyFile.text)", hint: "countersignd app create prints the key")
                }
                if apiKeyFile.text != Self.key { try Self.save(key, as: Self.key, group: owner.gid) }
            }
            try Self.save(try text(services: services), as: Self.file, group: owner.gid)
        }
        do {
            _ = try Settings.load(Self.file, trust: try ServiceUser.current().trust)
            guard try OwnProcess.command.output(["init"]) != nil else { throw ExitCode.failure }
            if let join { try connect(join) }
        } catch {
            if isNew { unlink(Self.file) }
            throw error
        }
    }

    /// Exchanges the code, which is spent by it.
    private func connect(_ code: String) throws {
        let report = try HostJoin(code, settings: .settings, helpers: .helpers).run()
        Output.complain("This host is connected to \(report.url) as \(report.application).")
    }

    private static func save(_ text: String, as path: String, group: UInt32) throws {
        // A new file is root's alone until it has its group.
        try SystemFile.replace(path, with: text, mode: 0o600)
        guard chown(path, 0, group) == 0, chmod(path, 0o640) == 0 else {
            throw CommandError("\(path) cannot be given to \(SystemUser.login): \(systemReason())")
        }
    }
}
