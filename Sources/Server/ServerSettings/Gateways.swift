internal import SettingsFile

/// The values of `type`.
private enum TypeWord: String, CaseIterable, Sendable { case twilio, webhook, smtp, command, log }

extension Gateway {
    static func read(_ tables: [Table]) throws(DocumentError) -> [Gateway] {
        var gateways: [Gateway] = []
        for table in tables {
            let gateway = try Gateway(table)
            guard !gateways.contains(where: { $0.name == gateway.name }) else {
                let message = "a gateway above is called \(gateway.name.quoted) too; give this one a name of its own"
                throw table.error(message, at: table.has("name") ? "name" : nil)
            }
            gateways.append(gateway)
        }
        return gateways
    }

    private init(_ given: Table) throws(DocumentError) {
        var table = given
        let word: TypeWord? = try table.read("type", as: .word)
        guard let word else {
            throw table.error("type is missing; write type = \"twilio\", webhook, smtp, command or log")
        }
        let name = try table.read("name", as: .gatewayName)
        let kinds = try table.read("for", as: .words(Gateway.Kind.self))
        let timeout = try table.read("timeout", as: .whole(1...60))
        let retries = try table.read("retries", as: .whole(0...5))
        let type = try GatewayType(word, &table)
        self.init(name: name ?? word.rawValue, kinds: kinds ?? type.usualKinds, type: type)
        self.timeout = timeout ?? self.timeout
        self.retries = retries ?? self.retries
        if let refusal = self.kinds.compactMap(type.refusal(of:)).first { throw table.error(refusal, at: "for") }
    }
}

extension GatewayType {
    /// Reads all keys of the type, and rejects any other.
    fileprivate init(_ word: TypeWord, _ table: inout Table) throws(DocumentError) {
        switch word {
        case .twilio: self = try Self.readTwilio(&table)
        case .webhook: self = try Self.readWebhook(&table)
        case .smtp: self = try Self.readSMTP(&table)
        case .command: self = try Self.readCommand(&table)
        case .log:
            try table.close()
            self = .log
        }
    }

    private static func readTwilio(_ table: inout Table) throws(DocumentError) -> GatewayType {
        let account = try table.read("account", as: .twilioAccount)
        let tokenFile = try table.read("token_file", as: .path(such: "/etc/countersign/twilio-token"))
        let from = try table.read("from", as: .sender)
        let url = try table.read("url", as: .gatewayURL)
        try table.close()
        return .twilio(
            account: try table.need(account, key: "account"), tokenFile: try table.need(tokenFile, key: "token_file"),
            from: try table.need(from, key: "from"), url: url ?? "https://api.twilio.com")
    }

    private static func readWebhook(_ table: inout Table) throws(DocumentError) -> GatewayType {
        let url = try table.read("url", as: .gatewayURL)
        let secretFile = try table.read("secret_file", as: .path(such: "/etc/countersign/webhook-secret"))
        try table.close()
        return .webhook(
            url: try table.need(url, key: "url"), secretFile: try table.need(secretFile, key: "secret_file"))
    }

    private static func readSMTP(_ table: inout Table) throws(DocumentError) -> GatewayType {
        let url = try table.read("url", as: .mailServer)
        let from = try table.read("from", as: .mailAddress)
        let user = try table.read("user", as: .name)
        let passwordFile = try table.read("password_file", as: .path(such: "/etc/countersign/smtp-password"))
        let smsDomain = try table.read("sms_domain", as: .domain)
        try table.close()
        if user != nil { _ = try table.need(passwordFile, key: "password_file") }
        if passwordFile != nil { _ = try table.need(user, key: "user") }
        return .smtp(
            url: try table.need(url, key: "url"), from: try table.need(from, key: "from"), user: user,
            passwordFile: passwordFile,
            smsDomain: smsDomain)
    }

    private static func readCommand(_ table: inout Table) throws(DocumentError) -> GatewayType {
        let words = try table.read("command", as: .list(of: .argument))
        try table.close()
        let command = try table.need(words, key: "command")
        do throws(ValueError) {
            guard let program = command.first, command.count <= 64 else {
                throw ValueError("a command has at most 64 words")
            }
            guard placeholders(in: try absolutePath(program, such: "/usr/local/bin/send")).isEmpty else {
                throw ValueError("nothing is put into the program's own path")
            }
        } catch { throw table.error(error.message, at: "command") }
        return .command(command)
    }

    /// The default of `for`: all kinds that the type can carry.
    fileprivate var usualKinds: [Gateway.Kind] { Gateway.Kind.allCases.filter { refusal(of: $0) == nil } }

    /// The reason why the type cannot carry this kind, or nil.
    fileprivate func refusal(of kind: Gateway.Kind) -> String? {
        switch (self, kind) {
        case (.twilio, .email): "twilio carries sms and call; take smtp for email"
        case (.twilio(_, _, let from, _), .call) where !from.hasPrefix("+"):
            "a call comes from a number such as +15551234567"
        case (.smtp, .call): "smtp carries email, and sms with sms_domain"
        case (.smtp(_, _, _, _, nil), .sms):
            "for sms by smtp, sms_domain says at which domain the numbers have mailboxes"
        default: nil
        }
    }
}

extension Table {
    fileprivate func need<T>(_ value: T?, key: String) throws(DocumentError) -> T {
        guard let value else { throw error("\(key) is missing; this gateway needs it") }
        return value
    }
}
