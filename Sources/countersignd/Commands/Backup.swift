internal import ArgumentParser
internal import Glibc
internal import Records
internal import ServerSettings

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A consistent copy of the database, while the server runs. The master key is not in it: keep that apart.",
        discussion: """
            Root's copy may go into any folder of root's. The copy is written in the state folder first: that needs room for it.

            Example:
              countersignd backup /root/countersignd-$(date +%F).db
            """)
    @OptionGroup var place: Place
    @Argument(help: "A file that is not there yet.") var file: String

    func run() async throws {
        // Made by the caller, who may write where the owner of the database may not.
        let target = try BackupFile(making: file)
        do {
            let desk = try await place.open()
            let draft = "\(desk.database).backup.\(getpid())"
            defer { unlink(draft) }
            do { try await desk.store.backUp(to: draft) } catch RecordStoreError.file(let path, let why) {
                throw Trouble(
                    "\(path): \(why)", hint: "see that \(Keeper.current.name) may write \(desk.settings.state), and has room there")
            }
            try target.fill(from: draft)
        } catch {
            target.discard()
            throw error
        }
        Audit.tell("backup", ["file": file])
        Output.line("\(file) is a copy of the database. It is of use only with the master key.")
    }
}
