public import ArgumentParser
internal import AuthyService
internal import CommandSupport
internal import Delivery
internal import Encoding
internal import Glibc
public import Records

struct App: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Applications and their API keys.",
        discussion: """
            Examples:
              countersignd app create "Example Corp"
              countersignd app list
            """,
        subcommands: [
            Create.self, List.self, Rotate.self, Revoke.self, SetCallback.self, Invite.self, Invitations.self,
            Uninvite.self,
        ])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A new application; its API key is shown once.",
            discussion: """
                Examples:
                  countersignd app create "Example Corp"
                  countersignd app create "Example Corp" --callback https://example.com/authy
                """)

        @OptionGroup var place: Place
        @Argument(help: "What people see on their phones.") var name: String
        @Option(help: ArgumentHelp("Where decisions are told to.", valueName: "url")) var callback: String?
        @Option(help: "How they are told.") var callbackMethod: Application.Callback.Method = .post
        @OptionGroup var output: OutputOption

        func validate() throws { try App.requireCallable(callback) }

        func run() async throws {
            let context = try await place.open()
            let service = context.service()
            let same = try await context.store.read { try $0.applications() }.filter {
                $0.revoked == nil && $0.name == name
            }.map(\.id)
            let callback = callback.map { Application.Callback(url: $0, method: callbackMethod) }
            let (application, key) = try await service.createApplication(name, callback: callback)
            Audit.record("app_create", with: ["app": String(application.id)])
            if let other = same.first {
                Output.warning("application \(other) has the same name: on their phones people cannot tell them apart")
                Output.hint(
                    "a new key for application \(other) is countersignd app rotate \(other); "
                        + "an application that is not needed ends "
                        + "with countersignd app revoke \(application.id)")
            }
            if output.json {
                try Output.json(
                    .object([
                        "id": .integer(application.id), "name": .string(application.name), "api_key": .string(key),
                    ]))
            } else {
                try Output.line(
                    "Application \(application.id), \(application.name). "
                        + "Its API key is shown this once:\n\n    \(key)\n"
                )
                try Output.line(
                    "On each host: put it into a file that _countersign may read (api_key_file in countersign.toml).")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All applications.",
            discussion: """
                Example:
                  countersignd app list
                """)

        @OptionGroup var place: Place
        @OptionGroup var output: OutputOption

        func run() async throws {
            let context = try await place.open()
            let rows = try await context.store.read { records in
                try records.applications().map { ($0, try records.keys(of: $0.id), try records.memberCount(of: $0.id)) }
            }
            if output.json {
                try Output.json(.array(rows.map { Self.json($0.0, keys: $0.1, users: $0.2) }))
            } else {
                let now = Int64(time(nil))
                try Output.table(
                    ["ID", "NAME", "USERS", "CREATED", "KEYS", "CALLBACK"],
                    rows: rows.map { app, keys, users in
                        let alive = keys.filter { $0.ends.map { $0 > now } ?? true }.map { $0.hint + "..." }.joined(
                            separator: " ")
                        let keysColumn = if app.revoked == nil { alive } else { "revoked" }
                        return [
                            String(app.id), app.name, String(users), Timestamp.short(app.created), keysColumn,
                            app.callback?.url ?? "-",
                        ]
                    })
            }
        }

        private static func json(_ app: Application, keys: [APIKeyRecord], users: Int64) -> JSONValue {
            let keys = keys.map { key -> JSONValue in
                .object(["hint": .string(key.hint), "created": .time(key.created), "ends": .time(key.ends)])
            }
            return .object([
                "id": .integer(app.id), "name": .string(app.name), "users": .integer(users),
                "created": .time(app.created), "revoked": .time(app.revoked),
                "callback": .string(orNull: app.callback?.url),
                "keys": .array(keys),
            ])
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A new API key; the old one is good for some hours more.",
            discussion: """
                Example:
                  countersignd app rotate 1 --overlap 48
                """)

        @OptionGroup var place: Place
        @Argument(help: "The number of the application: countersignd app list shows it.") var id: Int64
        @Option(help: "Hours that the old key is still good, 0 to 720.") var overlap: Int64 = 24
        @OptionGroup var output: OutputOption

        func validate() throws {
            guard (0...720).contains(overlap) else { throw ValidationError("--overlap takes 0 to 720 hours") }
        }

        func run() async throws {
            let key = try await place.open().service().rotateKey(of: id, overlap: overlap * 3_600)
            Audit.record("app_rotate", with: ["app": String(id), "overlap": String(overlap)])
            if output.json {
                return try Output.json(
                    .object([
                        "id": .integer(id), "api_key": .string(key),
                        "old_key_ends": .time(Timestamp.now + overlap * 3_600),
                    ]))
            }
            try Output.line("The new API key of application \(id) is shown this once:\n\n    \(key)\n")
            if overlap == 0 {
                try Output.line("The old key is worth nothing from now on.")
            } else {
                try Output.line("The old key is good for \(overlap.counted("hour")) more.")
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End an application: its keys are worth nothing from now on.",
            discussion: """
                Its hosts can ask nobody for a second factor then, and its users are not told. It cannot be undone.

                Examples:
                  countersignd app revoke 1
                  countersignd app revoke 1 --yes
                """)

        @OptionGroup var place: Place
        @OptionGroup var confirmation: ConfirmationOption
        @OptionGroup var output: OutputOption
        @Argument(help: "The number of the application: countersignd app list shows it.") var id: Int64

        func run() async throws {
            let context = try await place.open()
            try await confirmation.ask {
                let (application, users) = try await context.store.read { [id] in
                    (try $0.application(id), try $0.memberCount(of: id))
                }
                guard let application, application.revoked == nil else { return nil }
                return
                    "Application \(id), \(application.name), has \(users.counted("user")). "
                    + "Its keys will be worth nothing, for good. Revoke it?"
            }
            try await context.service().revoke(id)
            Audit.record("app_revoke", with: ["app": String(id)])
            try Output.report("Application \(id) is revoked.", as: output, json: .object(["revoked": .integer(id)]))
        }
    }

    struct SetCallback: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "callback", abstract: "Where decisions are told to.",
            discussion: """
                Examples:
                  countersignd app callback 1 https://example.com/authy
                  countersignd app callback 1 none
                """)

        @OptionGroup var place: Place
        @Argument(help: "The number of the application: countersignd app list shows it.") var id: Int64
        @Argument(help: "https://..., or none.") var url: String
        @OptionGroup var output: OutputOption
        @Option(help: "How they are told.") var callbackMethod: Application.Callback.Method = .post

        func validate() throws { if url != "none" { try App.requireCallable(url) } }

        func run() async throws {
            let callback: Application.Callback? =
                if url == "none" { nil } else { Application.Callback(url: url, method: callbackMethod) }
            try await place.open().service().setCallback(callback, of: id)
            Audit.record("app_callback", with: ["app": String(id), "url": url])
            let sentence =
                if callback == nil {
                    "Application \(id) is told nothing."
                } else {
                    "Application \(id) is told of decisions at \(url)."
                }
            try Output.report(
                sentence, as: output, json: .object(["id": .integer(id), "callback": .string(orNull: callback?.url)]))
        }
    }

    private static func requireCallable(_ callback: String?) throws {
        guard let callback, callback.utf8.count > 1_024 || !OutgoingClient.canCall(callback) else { return }
        throw ValidationError(
            "a callback is an https:// or http:// URL that can be called, such as https://example.com/authy")
    }
}

extension Application.Callback.Method: ExpressibleByArgument {}
