internal import ArgumentParser
internal import CommandSupport
internal import Delivery
internal import Encoding
internal import Glibc
internal import Records
internal import ServerSettings
internal import Vault

/// Checks everything as the service user, and makes nothing.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Whether settings, keys and database are right.",
        discussion: """
            It looks as the user that serves, and makes nothing.

            Example:
              countersignd check && systemctl restart countersignd
            """)
    @OptionGroup var place: Place
    @OptionGroup var output: OutputOption

    func run() async throws {
        var warnings: [String] = []
        do { try await check(&warnings) } catch {
            guard output.json else { throw error }
            try Output.json(Self.json(warnings, failure: CommandError(error)))
            throw ExitCode.failure
        }
        if output.json { try Output.json(Self.json(warnings, failure: nil)) }
    }

    private func check(_ warnings: inout [String]) async throws {
        let settings = try ServerContext.settings(place.config, state: place.state)
        try ServiceUser.become(ownerOf: settings.state, make: false)
        try Self.file(of: place.config)
        if let files = settings.server.certificate { _ = try Certificate(files) }
        try Self.gateways(settings)
        add(Self.warnings(settings), to: &warnings)
        guard try ServerContext.hasDatabase(settings) else {
            try Self.masterKeyToBe(settings)
            if !output.json { try Output.line("The settings are right.") }
            throw RecordStoreError.missing(ServerContext.database(settings))
        }
        let hasApplication = try await Self.database(settings)
        if !output.json { try Output.line("Settings, master key and database are right.") }
        if !hasApplication { add(["there is no application yet: countersignd app create NAME"], to: &warnings) }
    }

    /// Prints warnings at once, as an error may end the check.
    private func add(_ more: [String], to warnings: inout [String]) {
        warnings += more
        if !output.json { more.forEach(Output.warning) }
    }

    private static func json(_ warnings: [String], failure: CommandError?) -> JSONValue {
        let error = failure.map {
            JSONValue.object(["message": .string($0.message), "hint": .string(orNull: $0.hint)])
        }
        return .object([
            "ok": .bool(failure == nil), "error": error ?? .null,
            "warnings": .array(warnings.map { .object(["message": .string($0), "hint": .null]) }),
        ])
    }

    private static func warnings(_ settings: ServiceSettings) -> [String] {
        var warnings: [String] = []
        if settings.server.publicURL == nil {
            warnings.append("public_url is not set: phones cannot reach this server")
        }
        if settings.gateways.isEmpty {
            warnings.append("there is no [[gateway]]: no code goes out by text message, call or e-mail")
        }
        return warnings
            + settings.gateways.filter { $0.type == .log }.map {
                "the gateway \($0.name) writes codes to the log: serve does not start without --insecure-log-codes"
            }
    }

    /// Checks that the service user can read the settings, which root has read.
    private static func file(of named: String?) throws {
        let file = named ?? ServiceSettings.usualFile
        if named != nil || access(file, F_OK) == 0 || errno != ENOENT {
            try ServiceUser.requireReadable(file, key: "the settings")
        }
    }

    /// Reads the secrets of gateways as the server does when it starts, and checks their programs.
    private static func gateways(_ settings: ServiceSettings) throws {
        for gateway in settings.gateways {
            guard case .command(let words) = gateway.type, let program = words.first else { continue }
            try Self.program(program, place: "gateway \(gateway.name): \(program)")
        }
        let outgoing = try OutgoingClient(authorities: settings.authorities)
        defer { outgoing.shutDown() }
        _ = try GatewayFailover(gateways: settings.gateways, outgoing: outgoing) { _ in }
    }

    private static func program(_ path: String, place: String) throws {
        var found = stat()
        guard access(path, F_OK) == 0 || errno != ENOENT else {
            throw CommandError("\(place): there is no such program", hint: "install it, or name another")
        }
        guard access(path, X_OK) == 0, stat(path, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
            throw CommandError("\(place): \(ServiceUser.current.name) may not run it", hint: "chmod 755 \(path)")
        }
    }

    /// Checks the database.
    ///
    /// - Returns: whether it contains an application.
    private static func database(_ settings: ServiceSettings) async throws -> Bool {
        let file = ServerContext.database(settings)
        let hasLock = access(StateLock.file(settings.state), F_OK) == 0
        let stateLock: StateLock? = if hasLock { try StateLock(using: settings.state) } else { nil }
        defer { withExtendedLifetime(stateLock) {} }
        let store = try SQLiteRecordStore(path: file, create: false)
        guard let wrapped = try await store.read({ try $0.value(ServerContext.dataKey) }) else {
            throw CommandError("\(file) has no key yet: its init was ended too early", hint: "countersignd init")
        }
        _ = try ServerContext.vault(of: wrapped, settings)
        let problems = try SQLiteRecordStore.check(path: file)
        guard problems.isEmpty else {
            throw CommandError(
                "the database is damaged: \(problems.joined(separator: "; "))", hint: "countersignd restore BACKUP")
        }
        return try await !store.read { try $0.applications() }.isEmpty
    }

    /// Checks that `init` could read the master key, or make one.
    private static func masterKeyToBe(_ settings: ServiceSettings) throws {
        let file = try ServerContext.masterKeyFile(settings)
        guard case .file = settings.masterKey, access(file, F_OK) != 0, errno == ENOENT else {
            _ = try MasterKey.read(file: file)
            return
        }
        let folder = String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]) + "/"
        guard folder != settings.state + "/", access(folder, W_OK | X_OK) != 0 else { return }
        throw CommandError(
            "master_key: \(file) is not there, and \(ServiceUser.current.name) cannot make it: "
                + "\(systemReason())",
            hint: "keep it in \(settings.state), where countersignd init makes it, or put the file there")
    }
}
