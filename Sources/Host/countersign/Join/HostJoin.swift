internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import HostSettings
internal import NetProtocol
internal import SettingsFile

/// Connects this host to a server with a code of `countersignd app invite`; `countersign setup --join` and `countersign
/// join` call it.
///
/// Everything that can fail on this host is tried before the code is spent. The settings are changed last, and only
/// after the server has accepted the new key over a connection as logins make them.
struct HostJoin {
    /// What was done.
    struct Report {
        let url: String
        /// The name of the application, as the server gave it.
        let application: String
        let settings: String
        let keyFile: String
        let authorityFile: String?
        /// The path of the key that was there before; nil if there was none.
        let formerKeyFile: String?

        var json: JSONValue {
            .object([
                "url": .string(url), "application": .string(application), "settings": .string(settings),
                "api_key_file": .string(keyFile), "ca_file": .string(orNull: authorityFile),
                "former_api_key_file": .string(orNull: formerKeyFile),
            ])
        }
    }

    /// Milliseconds for one exchange with the server.
    private static let milliseconds: Int64 = 30_000

    let plan: JoinPlan
    private let code: JoinCode
    private let helpers: Path
    private let serviceUser: ServiceUser
    private let files: JoinFiles

    /// Reads the code and the settings; changes nothing.
    ///
    /// - Parameters:
    ///   - text: the code.
    ///   - settings: the path of the settings.
    ///   - helpers: the directory of countersign-net.
    /// - Throws: `CommandError` or `SettingsError` if the code or the settings are wrong, or this host cannot join.
    init(_ text: String, settings: Path, helpers: Path) throws {
        code = try Self.parse(text)
        serviceUser = try ServiceUser.current()
        self.helpers = helpers
        plan = try JoinPlan(code, settings: settings.text, trust: serviceUser.trust)
        files = try JoinFiles(folder: Self.folder(settings.text), serviceUser: serviceUser)
        guard Self.folder(plan.keyFile) == Self.folder(settings.text) else {
            throw CommandError(
                "\(plan.keyFile) is not beside the settings: the code was not used",
                hint: "name a file in \(Self.folder(settings.text)) with api_key_file, and run this again")
        }
    }

    /// Exchanges the code, checks what came, and writes it.
    ///
    /// - Returns: what was done.
    /// - Throws: `CommandError`; the settings are unchanged then, but the code may be spent, which the error says.
    func run() throws -> Report {
        try files.requireRoom()
        let grant = try exchange()
        let key = try Self.key(grant)
        let authority = try code.pin.map { _ in try Self.authority(grant) }
        var drafts: [(draft: String, name: String)] = []
        var former: String?
        do {
            if let authority, let file = plan.authorityFile {
                drafts.append((try files.write(authority.utf8, as: Self.name(file), files.everybody), Self.name(file)))
            }
            try check(key, authorityDraft: drafts.first?.draft)
            let name = Self.name(plan.keyFile)
            drafts.append((try files.write(key.bytes + [0x0A], as: name, files.secret), name))
            if plan.change != .keyOnly {
                let name = Self.name(plan.settings)
                let access = files.access(of: name) ?? files.secret
                drafts.append((try files.write(plan.after.utf8, as: name, access), name))
            }
            try requireUnchanged()
            // The new key may be of another application, which does not know this host's users.
            if plan.change == .keyOnly { former = try files.keep(name) }
            while let next = drafts.first {
                try files.put(next.draft, as: next.name)
                drafts.removeFirst()
            }
        } catch {
            for left in drafts { files.remove(left.draft) }
            throw Self.spent(CommandError(error))
        }
        try Audit.current().write("join", detail: "\(code.url), application \(grant.application)")
        return Report(
            url: code.url, application: grant.application, settings: plan.settings, keyFile: plan.keyFile,
            authorityFile: plan.server.caFile, formerKeyFile: former)
    }

    /// Reads a code.
    ///
    /// - Throws: `CommandError` if it is none, or damaged.
    static func parse(_ text: String) throws -> JoinCode {
        do throws(JoinCode.ParsingError) { return try JoinCode(text) } catch {
            let again = "copy the whole code that countersignd app invite prints, from csj1_ on"
            switch error {
            case .noCode: throw CommandError("that is not a code to join with", hint: again)
            case .damaged: throw CommandError("the code is incomplete or has a typing error", hint: again)
            case .laterVersion:
                throw CommandError(
                    "the code is of a later version of countersignd", hint: "install that version of Countersign here")
            }
        }
    }

    // MARK: the server

    private func exchange() throws -> HostGrant {
        let first = NetServer(
            url: Self.base(code.url), key: "", proxy: plan.server.proxy, pin: code.pin.map { Base64.encode($0) },
            connectTimeout: 10, requestTimeout: 20, milliseconds: Self.milliseconds)
        let join = NewJoin(code)
        switch try NetPool.result(
            of: .join(secret: join.secret), from: first, helpers: helpers, serviceUser: serviceUser)
        {
        case .joined(let key, let authority, let application):
            return HostGrant(key: key, authority: authority, application: application)
        case .limited:
            throw CommandError(
                "the server refuses codes from this address for some minutes, after too many wrong ones",
                hint: "try again in ten minutes, with a new code", code: .later)
        case .outage(let reason):
            throw CommandError(
                "the server was not reached: \(reason)",
                hint: "try again with the same code; if it was used before, make a new one", code: .later)
        case .refused(let reason): throw refused(reason)
        case let other: throw refused(other.reason ?? "unexpected answer")
        }
    }

    private func refused(_ reason: String) -> CommandError {
        let new = "have a new one made: countersignd app invite"
        guard !JoinRefusal.allCases.contains(where: { $0.message == reason }) else {
            let warning =
                "\nif it was not you who used it, somebody else has the API key: "
                + "countersignd app rotate APP --overlap 0"
            let isUsed = reason == JoinRefusal.used.message
            return CommandError("\(code.url): \(reason)", hint: isUsed ? new + warning : new)
        }
        return CommandError(
            "\(code.url) does not answer as the server of this code: \(reason)",
            hint: "see that the code comes from your server, and that nothing stands between this host and it\n" + new)
    }

    /// Asks the server whether it accepts the key, as a login reaches it.
    private func check(_ key: APIKey, authorityDraft: String?) throws {
        var server = plan.server.netServer(key: key, milliseconds: Self.milliseconds)
        if let authorityDraft { server.caFile = "\(Self.folder(plan.settings))/\(authorityDraft)" }
        switch try NetPool.result(of: .checkKey, from: server, helpers: helpers, serviceUser: serviceUser) {
        case .noted: return
        case let other:
            throw CommandError(
                "\(code.url) gave a key, but logins could not use it: \(other.reason ?? "unexpected answer")",
                hint:
                    "see that the certificate of the server is for its name, and that host_ca_file of the server names "
                    + "the authority that signed it")
        }
    }

    // MARK: what came

    private static func key(_ grant: HostGrant) throws -> APIKey {
        do { return try APIKey.parse(grant.key.utf8, file: "the answer") } catch {
            throw spent(CommandError("the server sent no usable API key: \(error.message)"))
        }
    }

    private static func authority(_ grant: HostGrant) throws -> String {
        guard let text = grant.authority.flatMap(CertificateFile.certificates) else {
            throw spent(CommandError("the server sent no usable certificate of its authority"))
        }
        return text
    }

    private func requireUnchanged() throws {
        let now = try JoinPlan(code, settings: plan.settings, trust: serviceUser.trust)
        guard now.before == plan.before else {
            throw CommandError("\(plan.settings) was changed meanwhile", hint: "run this again")
        }
    }

    private static func spent(_ error: CommandError) -> CommandError {
        let new = "the code is spent, and the settings are unchanged: have a new one made with countersignd app invite"
        return CommandError(error.message, hint: (error.hint.map { $0 + "\n" } ?? "") + new, code: error.code)
    }

    // MARK: paths

    private static func base(_ url: String) -> String { (try? WebAddress(url))?.text ?? url }

    private static func folder(_ path: String) -> String {
        let folder = path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
        return if folder.isEmpty { "/" } else { folder }
    }

    private static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? "" }
}
