internal import ArgumentParser
internal import CommandSupport
internal import Encoding
internal import Glibc

struct Initialize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make the database and the master key, once, before the first start.",
        discussion: """
            Nothing else makes them: a server whose database is missing stops and says so, since a new one would know \
            nobody. Where both are there already, nothing is changed. Where only the master key is there, it may \
            belong to a database that is lost; --use-key says that it does not.

            Example:
              countersignd init
            """)
    @OptionGroup var place: Place
    @OptionGroup var output: OutputOption

    @Flag(help: "Take the master key that is there already: no database belongs to it.")
    var useKey = false

    func run() async throws {
        let (context, isNew) = try await ServerContext.make(place.config, state: place.state, useKey: useKey)
        let master = try ServerContext.masterKeyFile(context.settings)
        let json = JSONValue.object([
            "database": .string(context.database), "master_key": .string(master), "made": .bool(isNew),
        ])
        guard isNew else {
            return try Output.report(
                "\(context.database) and its master key are there already. Nothing was changed.", as: output, json: json
            )
        }
        Audit.record("init")
        try Output.report("\(context.database) and its master key are made.", as: output, json: json)
        try Output.said(
            "Copy \(master) to a safe place, apart from the backups: without it they cannot be read.",
            besidesData: output.json)
    }
}
