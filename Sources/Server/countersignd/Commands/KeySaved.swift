internal import ArgumentParser
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import Records
internal import Vault

extension Key {
    struct Saved: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record that a copy of the master key is kept elsewhere.",
            discussion: """
                It reads the copy, and compares it with the key of the database: so the copy is known to be good. The \
                database then remembers when it was seen, and countersignd doctor says so.

                Examples:
                  countersignd key saved /media/usb/master.key
                  countersignd key saved - < copy.txt
                """)

        /// Longest copy that is read, in bytes.
        private static let longest = 1_024

        @OptionGroup var place: Place
        @Argument(help: "The copy; - for standard input.") var copy: String
        @OptionGroup var output: OutputOption

        func run() async throws {
            // With the caller's rights: the copy is not where the server's user may read.
            let (text, place) = try Self.content(copy)
            let context = try await self.place.open()
            let file = try ServerContext.masterKeyFile(context.settings)
            guard place != Self.place(of: file) else {
                throw CommandError("\(copy) is the master key itself", hint: "copy it to another place first")
            }
            guard let key = MasterKey(text: text.replacing("\r\n", with: "\n")) else {
                throw CommandError("\(copy) holds no master key", hint: "copy the whole file, and name the copy")
            }
            guard let wrapped = try await context.store.read({ try $0.value(ServerContext.dataKey) }),
                (try? Vault(masterKey: key, wrappedDataKey: wrapped)) != nil
            else {
                throw CommandError(
                    "\(copy) is another key than that of this database",
                    hint: "copy \(file) again")
            }
            let now = Timestamp.now
            try await KeptCopies.recordKey(in: context.store, at: now)
            Audit.record("key_saved", with: ["file": copy])
            try Output.report(
                "\(copy) is a good copy of the master key.", as: output, json: .object(["seen": .time(now)]))
        }

        /// The device and inode of a file; nil if it is not there.
        private static func place(of path: String) -> [UInt64]? {
            var found = stat()
            return if stat(path, &found) == 0 { [UInt64(found.st_dev), UInt64(found.st_ino)] } else { nil }
        }

        private static func content(_ path: String) throws -> (text: String, place: [UInt64]) {
            let file = if path == "-" { dup(STDIN_FILENO) } else { open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
            guard file >= 0 else {
                throw CommandError("\(path) cannot be opened: \(systemReason())", hint: "name the copy that you made")
            }
            defer { close(file) }
            var found = stat()
            guard fstat(file, &found) == 0 else { throw CommandError("\(path): \(systemReason())") }
            var bytes = [UInt8](repeating: 0, count: longest)
            var count = 0
            while count < longest {
                let more = bytes.withUnsafeMutableBytes {
                    read(file, $0.baseAddress?.advanced(by: count), $0.count - count)
                }
                if more < 0, errno == EINTR { continue }
                guard more >= 0 else { throw CommandError("\(path) cannot be read: \(systemReason())") }
                if more == 0 { break }
                count += more
            }
            return (
                String(decoding: bytes.prefix(count), as: UTF8.self), [UInt64(found.st_dev), UInt64(found.st_ino)]
            )
        }
    }
}
