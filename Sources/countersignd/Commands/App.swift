internal import ArgumentParser
internal import AuthyService
internal import AuthyWire
internal import Delivery
internal import Glibc
internal import Records

struct App: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Applications and their API keys.", subcommands: [Create.self, List.self, Rotate.self, Revoke.self, SetCallback.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A new application; its API key is shown once.")

        @OptionGroup var place: Place
        @Argument(help: "What people see on their phones.") var name: String
        @Option(help: ArgumentHelp("Where decisions are told to.", valueName: "url")) var callback: String?
        @Option(help: "POST or GET.") var callbackMethod = "POST"
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let service = try await place.open().service()
            let (application, key) = try await service.createApplication(name, callback: try App.callback(callback, callbackMethod))
            if json {
                Output.line(
                    JSONText.object([
                        ("id", String(application.id)), ("name", JSONText.string(application.name)), ("api_key", JSONText.string(key)),
                    ]))
            } else {
                Output.line("Application \(application.id), \(application.name). Its API key is shown this once:\n\n    \(key)\n")
                Output.line("On each host: put it into a file that _countersign may read (api_key_file in countersign.toml).")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All applications.")

        @OptionGroup var place: Place
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let desk = try await place.open()
            let rows = try await desk.store.read { records in
                try records.applications().map { ($0, try records.keys(of: $0.id), try records.memberCount(of: $0.id)) }
            }
            if json {
                Output.line(JSONText.array(rows.map { Self.json($0.0, $0.1, $0.2) }))
            } else {
                let now = Int64(time(nil))
                Output.table(
                    [["ID", "NAME", "USERS", "CREATED", "KEYS", "CALLBACK"]]
                        + rows.map { app, keys, users in
                            let alive = keys.filter { $0.ends.map { $0 > now } ?? true }.map { $0.hint + "..." }.joined(separator: " ")
                            return [
                                String(app.id), app.name, String(users), Moment.text(app.created), app.revoked == nil ? alive : "revoked",
                                app.callback?.url ?? "-",
                            ]
                        })
            }
        }

        private static func json(_ app: Application, _ keys: [APIKeyRecord], _ users: Int64) -> String {
            JSONText.object([
                ("id", String(app.id)), ("name", JSONText.string(app.name)), ("users", String(users)), ("created", String(app.created)),
                ("revoked", app.revoked.map { String($0) } ?? "null"), ("callback", app.callback.map { JSONText.string($0.url) } ?? "null"),
                (
                    "keys",
                    JSONText.array(
                        keys.map {
                            JSONText.object([
                                ("hint", JSONText.string($0.hint)), ("created", String($0.created)),
                                ("ends", $0.ends.map { String($0) } ?? "null"),
                            ])
                        })
                ),
            ])
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A new API key; the old one is good for some hours more.")

        @OptionGroup var place: Place
        @Argument(help: "The application.") var id: Int64
        @Option(help: "Hours that the old key is still good, 0 to 720.") var overlap: Int64 = 24

        func run() async throws {
            guard (0...720).contains(overlap) else { throw ValidationError("--overlap takes 0 to 720 hours") }
            let key = try await place.open().service().rotateKey(of: id, overlap: overlap * 3_600)
            Output.line("The new API key of application \(id) is shown this once:\n\n    \(key)\n")
            Output.line(overlap == 0 ? "The old key is worth nothing from now on." : "The old key is good for \(overlap) hours more.")
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End an application: its keys are worth nothing from now on.")

        @OptionGroup var place: Place
        @Argument(help: "The application.") var id: Int64

        func run() async throws {
            try await place.open().service().revoke(id)
            Output.line("Application \(id) is revoked.")
        }
    }

    struct SetCallback: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "callback", abstract: "Where decisions are told to.")

        @OptionGroup var place: Place
        @Argument(help: "The application.") var id: Int64
        @Argument(help: "https://..., or none.") var url: String
        @Option(help: "POST or GET.") var callbackMethod = "POST"

        func run() async throws {
            let callback = url == "none" ? nil : try App.callback(url, callbackMethod)
            try await place.open().service().setCallback(callback, of: id)
            Output.line(callback == nil ? "Application \(id) is told nothing." : "Application \(id) is told of decisions at \(url).")
        }
    }

    static func callback(_ url: String?, _ method: String) throws -> Application.Callback? {
        guard let url else { return nil }
        guard url.utf8.count <= 1_024, Outgoing.canCall(url) else {
            throw ValidationError("a callback is an https:// or http:// URL that can be called, such as https://example.com/authy")
        }
        guard let method = Application.Callback.Method(rawValue: method) else { throw ValidationError("--callback-method is POST or GET") }
        return Application.Callback(url: url, method: method)
    }
}
