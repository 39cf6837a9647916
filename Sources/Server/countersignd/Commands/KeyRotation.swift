internal import ArgumentParser
internal import AuthyService
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import Records
internal import ServerSettings
internal import Vault

struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The master key.",
        discussion: """
            Example:
              countersignd key rotate
            """,
        subcommands: [Rotate.self, Saved.self])

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A new master key.",
            discussion: """
                The old key stays beside it as FILE.old until you remove it: backups made until now need it. A server \
                that runs goes on. At any moment one of the two files fits the database.

                Example:
                  countersignd key rotate
                """)
        @OptionGroup var place: Place
        @OptionGroup var output: OutputOption

        func run() async throws {
            let context = try await place.open()
            let file = try ServerContext.masterKeyFile(context.settings)
            guard case .file = context.settings.masterKey else {
                throw CommandError(
                    "the master key is a credential of systemd",
                    hint: "run this with a master_key file, then encrypt that file anew")
            }
            guard access(file + ".old", F_OK) != 0 else {
                throw CommandError("\(file).old is there already", hint: "remove it once no backup needs it")
            }
            let newKey = try MasterKey.create(file: file + ".new")
            let wrapped = try context.vault.dataKeyWrapped(under: newKey)
            guard link(file, file + ".old") == 0 else {
                throw CommandError("\(file).old cannot be made: \(systemReason())")
            }
            try await context.store.write { try $0.setValue(ServerContext.dataKey, to: wrapped) }
            guard rename(file + ".new", file) == 0 else {
                throw CommandError(
                    "\(file).new cannot be put in place: \(systemReason())",
                    hint: "mv \(file).new \(file)")
            }
            Audit.record("key_rotate")
            try Output.report(
                "The master key is new: copy \(file) to a safe place.", as: output,
                json: .object(["master_key": .string(file), "old_key": .string(file + ".old")]))
            try Output.said(
                "The old one is \(file).old: keep it for the backups that were made until now, and apart from them.",
                besidesData: output.json)
        }
    }
}
