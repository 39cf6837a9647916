internal import ArgumentParser
internal import AuthyService
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import Records
internal import ServerSettings

extension App {
    struct Invite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A code that connects one more host, good once and for ten minutes.",
            discussion: """
                The code holds the address of this server, what its certificate is recognized by, and a secret. The \
                host exchanges the secret for the API key of the application: the code itself does not hold the key. \
                Give it only to the administrator of the host. If somebody else was faster, the host says that it was \
                used before: then make a new key with countersignd app rotate APP --overlap 0.

                Examples:
                  countersignd app invite
                  countersignd app invite 2 --url https://2fa.internal.example.com:8555
                """)

        @OptionGroup var place: Place
        @Argument(help: "The number of the application; it may be left out if there is only one.") var id: Int64?
        @Option(help: ArgumentHelp("How hosts reach this server; without it, public_url.", valueName: "url"))
        var url: String?
        @Option(
            help: ArgumentHelp(
                "The certificate that hosts see there, if a proxy with an authority of its own has it.",
                valueName: "path"))
        var certificate: String?
        @OptionGroup var output: OutputOption

        func run() async throws {
            let context = try await place.open()
            let application = try await App.chosen(id, in: context)
            let server = context.settings.server
            let url = try Self.address(url, of: server)
            let authority = try server.hostAuthorities.map { try CertificateFacts.pem(file: $0, key: "host_ca_file") }
            let pin = try authority.map { try fingerprint(for: url, authority: $0, of: server) }
            let (invitation, number, code) = try await context.service().inviteHost(
                to: application.id, url: url, authority: authority, pin: pin)
            Audit.record("app_invite", with: ["app": String(application.id), "invitation": String(number)])
            if output.json {
                return try Output.json(
                    .object([
                        "invitation": .integer(number), "application": .integer(application.id), "code": .string(code),
                        "url": .string(url), "ends": .time(invitation.ends),
                    ]))
            }
            try Output.line(
                "Invitation \(number) connects one host to \(url), as application \(application.id), "
                    + "\(application.name). It is good once, until \(Timestamp.utc(invitation.ends)). "
                    + "On the host, as root, run `countersign join`, and paste when it asks:\n\n\(code)\n")
        }

        private static func address(_ given: String?, of server: ServiceSettings.Server) throws -> String {
            guard let url = given ?? server.publicURL else {
                throw CommandError(
                    "public_url is not set: a code has to say where the server is",
                    hint: "set public_url under [server], or give --url")
            }
            guard url.hasPrefix("https://") else {
                throw CommandError(
                    "\(url): hosts speak to a server over https:// only",
                    hint: "set a certificate and public_url = \"https://...\"; a host on this machine can use the "
                        + "socket: see docs/admin/server.md")
            }
            return String(url.reversed().drop { $0 == "/" }.reversed())
        }

        /// What hosts recognize the server by until they have the authority.
        private func fingerprint(for url: String, authority: String, of server: ServiceSettings.Server) throws
            -> [UInt8]
        {
            guard authority.utf8.count <= HostGrant.longestAuthority else {
                throw CommandError(
                    "host_ca_file: it has too many certificates", hint: "leave in it only the authority's own")
            }
            guard let file = certificate ?? server.certificate?.chain else {
                throw CommandError(
                    "the certificate that hosts see at \(url) is not known here",
                    hint: "name its file with --certificate, or leave out host_ca_file if hosts know its authority")
            }
            let facts = try CertificateFacts(file: file, key: certificate == nil ? "certificate" : "--certificate")
            let host = CertificateFacts.host(of: url)
            guard facts.covers(host: host) else {
                throw CommandError(
                    "the certificate in \(file) is not for \(host)",
                    hint: "name an address with --url that it is for, or make a certificate for \(host)")
            }
            guard facts.ends > Int64(time(nil)) else {
                throw CommandError("the certificate in \(file) has expired", hint: "renew it first")
            }
            return facts.pin
        }
    }

    struct Invitations: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The codes for hosts, and what became of them.",
            discussion: """
                Examples:
                  countersignd app invitations
                  countersignd app invitations --json
                """)

        /// Rows that are shown.
        private static let most = 100

        @OptionGroup var place: Place
        @OptionGroup var output: OutputOption

        func run() async throws {
            let context = try await place.open()
            let rows = try await context.store.read { try $0.hostInvitations(limit: Self.most) }
            let now = Int64(time(nil))
            if output.json { return try Output.json(.array(rows.map { Self.json($0, at: now) })) }
            try Output.table(
                ["ID", "APP", "STATUS", "CREATED", "ENDS", "HOST", "URL"],
                rows: rows.map { row in
                    [
                        String(row.number), String(row.application), row.status(at: now).rawValue,
                        Timestamp.utc(row.created), Timestamp.utc(row.ends), row.address ?? "-", row.url,
                    ]
                })
        }

        private static func json(_ row: HostInvitation, at now: Int64) -> JSONValue {
            .object([
                "invitation": .integer(row.number), "application": .integer(row.application),
                "status": .string(row.status(at: now).rawValue), "url": .string(row.url),
                "created": .time(row.created), "ends": .time(row.ends), "changed": .time(row.changed),
                "address": .string(orNull: row.address),
            ])
        }
    }

    struct Uninvite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a code for a host that is still open, or all of them.",
            discussion: """
                Examples:
                  countersignd app uninvite 12
                  countersignd app uninvite all
                """)

        @OptionGroup var place: Place
        @Argument(help: "The number of the invitation: countersignd app invitations shows it; or all.")
        var invitation: String
        @OptionGroup var output: OutputOption

        func validate() throws {
            guard invitation == "all" || Int64(invitation).map({ $0 > 0 }) == true else {
                throw ValidationError("an invitation is a number, or all")
            }
        }

        func run() async throws {
            let revoked = try await place.open().service().revokeHostInvitations(Int64(invitation))
            for number in revoked { Audit.record("app_uninvite", with: ["invitation": String(number)]) }
            if revoked.isEmpty, invitation != "all" {
                throw CommandError(
                    "invitation \(invitation) is not open",
                    hint: "countersignd app invitations shows what became of it")
            }
            let numbers = revoked.map(String.init).joined(separator: ", ")
            let sentence =
                if revoked.isEmpty { "No invitation is open." } else { "Revoked: invitation \(numbers)." }
            try Output.report(
                sentence, as: output, json: .object(["revoked": .array(revoked.map { .integer($0) })]))
        }
    }

    /// Returns the application with this number, or the only one.
    private static func chosen(_ id: Int64?, in context: ServerContext) async throws -> Application {
        let valid = try await context.store.read { try $0.applications() }.filter { $0.revoked == nil }
        if let id {
            if let found = valid.first(where: { $0.id == id }) { return found }
            throw CommandError("there is no application \(id)", hint: "countersignd app list shows them")
        }
        guard let only = valid.first else {
            throw CommandError("there is no application yet", hint: "countersignd app create NAME")
        }
        guard valid.count == 1 else {
            throw CommandError(
                "there are \(valid.count) applications: say which one the host belongs to",
                hint: "countersignd app list shows their numbers")
        }
        return only
    }
}

extension HostInvitation {
    /// The status; a code whose time is over counts as expired before the server has marked it.
    fileprivate func status(at now: Int64) -> Status {
        if status == .open, ends <= now { .expired } else { status }
    }
}
