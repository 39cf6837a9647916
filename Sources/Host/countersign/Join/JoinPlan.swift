internal import AuthyWire
internal import CommandSupport
internal import Glibc
internal import HostSettings
internal import SettingsFile

/// What `HostJoin` will write, made before the code is exchanged, so that nothing that can be known spends the code.
struct JoinPlan {
    /// How the settings change.
    enum Change: Equatable {
        /// There are none yet.
        case create
        /// They have no `[server]` yet; everything in them stays.
        case append
        /// They name this server already: only its key is new.
        case keyOnly
    }

    let change: Change
    /// The path of the settings.
    let settings: String
    /// The settings as they are, byte by byte; nil if there are none.
    let before: String?
    /// The settings as they will be.
    let after: String
    /// The server as the settings will name it.
    let server: Settings.Server
    /// The path of the key file.
    let keyFile: String
    /// The path of the file for the server's authority; nil if none is written.
    let authorityFile: String?

    /// Reads the settings and plans their change.
    ///
    /// - Parameters:
    ///   - code: the code.
    ///   - settings: the absolute path of the settings.
    ///   - trust: who may own them, and which group may read them.
    /// - Throws: `CommandError` or `SettingsError` if they cannot be read, are wrong, or name another server.
    init(_ code: JoinCode, settings: String, trust: Trust) throws {
        self.settings = settings
        let folder = settings.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
        let (key, authority) = ("\(folder)/api-key", "\(folder)/server-ca.pem")
        let url = try Self.normalized(code.url)
        before = try Self.text(settings, trust: trust)
        let known = try before.map { try Settings.parse($0, file: settings) }?.server
        if let known {
            guard known.endpoint == .web(url: url) else { throw Self.otherServer(settings) }
            guard case .file(let file) = known.apiKey else { throw Self.inlineKey(settings, key: key) }
            change = .keyOnly
            keyFile = file
            after = before ?? ""
            server = known
            authorityFile = if known.caFile == authority, code.pin != nil { authority } else { nil }
            return
        }
        change = if before == nil { .create } else { .append }
        keyFile = key
        authorityFile = if code.pin == nil { nil } else { authority }
        let table = Self.table(url: url, key: key, authority: authorityFile)
        after = Self.head(before) + table
        // A path that TOML would read otherwise is found here, and not by the next login.
        guard let server = try Settings.parse(after, file: settings).server, server.apiKey == .file(key),
            server.caFile == authorityFile
        else {
            throw CommandError("\(settings): [server] cannot be added", hint: "choose settings in a plain folder")
        }
        self.server = server
    }

    /// The question before the code is exchanged.
    var question: String {
        let files = ([keyFile] + (authorityFile.map { [$0] } ?? [])).joined(separator: " and ")
        guard case .web(let url) = server.endpoint else { return "" }
        return switch change {
        case .create: "Logins of this host will ask \(url). This writes \(files) and \(settings)."
        case .append: "Logins of this host will ask \(url). This writes \(files), and [server] into \(settings)."
        case .keyOnly: "\(settings) names \(url) already. This writes a new key into \(files)."
        }
    }

    private static func normalized(_ url: String) throws -> String {
        do throws(ValueError) {
            let address = try WebAddress(url)
            guard !address.isPlain else { throw ValueError("hosts speak to a server over https:// only") }
            return address.text
        } catch {
            throw CommandError(
                "this code names no server that a host can use: \(error.message)",
                hint: "have a new one made: countersignd app invite")
        }
    }

    private static func text(_ path: String, trust: Trust) throws -> String? {
        var found = stat()
        if lstat(path, &found) != 0, errno == ENOENT { return nil }
        return try TrustedFile.text(path, trust: trust)
    }

    private static func head(_ text: String?) -> String {
        guard let text else {
            return """
                # The settings of Countersign: countersign.toml(5) explains every key. Run countersign check after a \
                change.


                """
        }
        return text + (text.isEmpty || text.hasSuffix("\n") ? "\n" : "\n\n")
    }

    private static func table(url: String, key: String, authority: String?) -> String {
        """
        # The 2FA server, written by countersign join.
        [server]
        url = "\(url)"
        api_key_file = "\(key)"

        """ + (authority.map { "ca_file = \"\($0)\"\n" } ?? "")
    }

    private static func otherServer(_ settings: String) -> CommandError {
        CommandError(
            "\(settings) names another server in [server]: the code was not used",
            hint: "if this host is to change its server, take [server] out, and run this again")
    }

    private static func inlineKey(_ settings: String, key: String) -> CommandError {
        CommandError(
            "\(settings) has the API key in it: the code was not used",
            hint: "write api_key_file = \"\(key)\" in place of api_key, and run this again")
    }
}
