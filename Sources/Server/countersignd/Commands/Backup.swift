internal import ArgumentParser
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import NewFile
internal import Records
internal import ServerSettings

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "A consistent copy of the database, while the server runs. The master key is not in it: keep that apart.",
        discussion: """
            Root's copy may go into any folder of root's. The copy is written in the state folder first: that \
            needs room for it.

            Example:
              countersignd backup /root/countersignd-$(date +%F).db
            """)
    @OptionGroup var place: Place
    @OptionGroup var output: OutputOption
    @Argument(help: "A file that is not there yet.") var file: String

    @Flag(help: .hidden) var toOutput = false

    func run() async throws {
        if toOutput { return try await writeToOutput() }
        do {
            // This process may write where the database's owner may not, and removes an incomplete file.
            let made = try NewFile(file)
            defer { made.discard() }
            let code = try Self.ownProcess.run(words, writingTo: made.descriptor)
            guard code == 0 else { throw ExitCode(code) }
            try made.finish()
        } catch NewFileError.exists {
            throw CommandError("\(file) is there already", hint: "name a file that is not there yet")
        } catch NewFileError.failed(let why) {
            throw CommandError(
                "\(file) cannot be written: \(why)", hint: "name a file in a folder that is there and has room")
        }
        Audit.record("backup", with: ["file": file])
        await remember()
        try Output.report(
            "\(file) is a copy of the database. It is of use only with the master key.", as: output,
            json: .object(["file": .string(file)]))
    }

    /// Notes the time for `countersignd doctor`; a copy that is complete stays so if that fails.
    private func remember() async {
        do { try await KeptCopies.recordBackup(in: try await place.open().store, at: Timestamp.now) } catch {
            Output.warning("the time of this backup could not be noted: \(CommandError(error).message)")
        }
    }

    /// This program, with the variable that the settings may depend on (systemd.exec(5)).
    private static let ownProcess = OwnProcess(name: "countersignd", environment: ["CREDENTIALS_DIRECTORY"])

    private var words: [String] {
        let options = [("--config", place.config), ("--state", place.state)].flatMap { name, value in
            value.map { [name, $0] } ?? []
        }
        return ["backup", "--to-output"] + options + ["--", file]
    }

    /// Runs as the database's owner, and writes to the file that the parent has opened.
    private func writeToOutput() async throws {
        let context = try await place.open()
        let draft = "\(context.database).backup.\(getpid())"
        defer { unlink(draft) }
        do { try await context.store.backUp(to: draft) } catch RecordStoreError.file(let path, let why) {
            throw CommandError(
                "\(path): \(why)",
                hint: "see that \(ServiceUser.current.name) may write \(context.settings.state), and has room there")
        }
        try BackupFile.send(draft, to: STDOUT_FILENO)
    }
}
