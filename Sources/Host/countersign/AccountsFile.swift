internal import Accounts
internal import ArgumentParser
internal import CSyscalls
internal import Glibc
internal import HostSettings
internal import SettingsFile

/// The accounts of a state directory, and the marker beside the settings that says which ones belong there. Made as root, whose the marker
/// is; what is done to accounts.db itself is done by another process, as the user who keeps it.
struct AccountsFile {
    private let settings: Settings
    /// The path of the settings.
    private let file: String
    private let keeper: Keeper
    private(set) var marker: AccountsMarker

    init(_ settings: Settings, beside file: String, _ keeper: Keeper) throws {
        (self.settings, self.file, self.keeper) = (settings, file, keeper)
        marker = try AccountsMarker.load(beside: file, trust: keeper.trust)
    }

    var path: String { Desk.path(settings) }
    /// The id that the accounts must have; nil where none were ever made.
    var markedID: String? { marker.id(of: settings.state) }

    /// The id that the accounts must have. Where none are named, those that are there are taken, or new ones are made.
    func id() throws -> String { try markedID ?? make().id }

    /// Makes the accounts where there are none, takes those of an earlier version, and notes which they are.
    func make() throws -> Preparation {
        try StateFolder.make(settings.state, for: keeper)
        guard let preparation = try work(.prepare).preparation else { throw Self.unclear }
        try note(preparation.id)
        return preparation
    }

    /// Takes the accounts that are there as they stand.
    func adopt() throws -> String {
        guard let preparation = try work(.adopt).preparation else { throw Self.unclear }
        try note(preparation.id)
        return preparation.id
    }

    /// What there is, whatever the marker says.
    func look() throws -> Found {
        guard let found = try work(.look).found else { throw Self.unclear }
        return found
    }

    /// For a hint: what names the same settings to another command.
    var again: String { file == Path.settings.text ? "" : " --config \(file)" }

    private static var unclear: Trouble {
        Trouble("the accounts cannot be made ready", hint: "as root, countersign check says why")
    }

    // MARK: what the other process says

    enum Work: String { case look, prepare, adopt, export, inspect, restore }

    enum Found: Equatable {
        case nothing, unprepared
        case accounts(id: String)
    }

    struct Preparation {
        /// "made", "adopted" or "found".
        let how: String
        let id: String
    }

    private struct Answer {
        let words: [Substring]

        var found: Found? {
            switch words.first {
            case "nothing": .nothing
            case "unprepared": .unprepared
            case "found": preparation.map { .accounts(id: $0.id) }
            default: nil
            }
        }

        var preparation: Preparation? {
            guard words.count == 2, ["made", "adopted", "found"].contains(words[0]), AccountsMarker.isID(words[1])
            else { return nil }
            return Preparation(how: String(words[0]), id: String(words[1]))
        }
    }

    private func work(_ work: Work) throws -> Answer {
        // What was wrong it has said itself.
        guard let output = try OwnProcess.output(words(work)) else { throw ExitCode.failure }
        return Answer(words: String(decoding: output, as: UTF8.self).split { $0 == " " || $0 == "\n" })
    }

    private func words(_ work: Work, _ more: String...) -> [String] {
        [AccountsWork.configuration.commandName ?? "", work.rawValue] + more + ["--", settings.state]
    }

    // MARK: backups

    struct Summary {
        let id: String
        let accounts: Int
        /// Seconds since 1970.
        let lastLogin: Int64?
        /// SHA-256 of the file, as it was read.
        let digest: String
    }

    struct Restored {
        let summary: Summary
        /// Where the accounts are that there were.
        let kept: String?
    }

    /// Writes a copy of the accounts to a descriptor.
    /// - Parameter id: the one that they must have.
    func export(to output: CInt, id: String) throws {
        guard try OwnProcess.run(words(.export, "--id", id), writingTo: output) else { throw ExitCode.failure }
    }

    /// Looks at a backup.
    /// - Parameter adopts: whether it need not be as `export` writes one.
    func inspect(_ source: CInt, adopts: Bool) throws -> Summary {
        try StateFolder.make(settings.state, for: keeper)
        return try restored(words(.inspect), source, adopts).summary
    }

    /// Puts a backup in place of the accounts, and notes which they are.
    /// - Parameter seen: what `inspect` said of it; a file that is another one by now is refused.
    func restore(_ source: CInt, seen: Summary, adopts: Bool) throws -> Restored {
        let restored = try restored(words(.restore, "--digest", seen.digest), source, adopts)
        try note(restored.summary.id)
        return restored
    }

    private func restored(_ words: [String], _ source: CInt, _ adopts: Bool) throws -> Restored {
        var words = words
        if adopts { words.insert("--adopt", at: 2) }
        guard let output = try OwnProcess.output(words, reading: source) else { throw ExitCode.failure }
        // The path, which may hold blanks, is the last.
        let parts =
            String(decoding: output, as: UTF8.self).split(separator: "\n").first?.split(separator: " ", maxSplits: 5)
            ?? []
        guard parts.count >= 5, parts[0] == "found", AccountsMarker.isID(parts[1]), let accounts = Int(parts[2]) else {
            throw Self.unclear
        }
        let summary = Summary(
            id: String(parts[1]), accounts: accounts, lastLogin: Int64(parts[3]), digest: String(parts[4]))
        return Restored(summary: summary, kept: parts.count > 5 ? String(parts[5]) : nil)
    }

    // MARK: the marker

    /// Writes it whole, beside the old one, and gives it the name: a login reads the one or the other.
    private func note(_ id: String) throws {
        let folder = String(marker.path.dropLast("/accounts.id".utf8.count))
        var part = 0
        let opened = system_open_trusted(folder.isEmpty ? "/" : folder, system_trust(keeper.trust), 1, &part)
        guard opened >= 0 else { throw cannotNote(HelperProgram.reason(opened)) }
        defer { close(opened) }
        let above = open("/proc/self/fd/\(opened)", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard above >= 0 else { throw cannotNote(systemReason()) }
        defer { close(above) }
        let descriptor = try draft(in: above)
        defer { close(descriptor) }
        // Another state directory may have been noted meanwhile.
        var now = try AccountsMarker.load(beside: file, trust: keeper.trust)
        if now.id(of: settings.state) == id {
            unlinkat(above, Self.draftName, 0)
            return
        }
        now.set(id, of: settings.state)
        try write(now.text, to: descriptor, in: above)
    }

    private static let draftName = ".accounts.id.new"

    /// The file that becomes the marker, locked: whoever has it is the only one who writes. Not the folder is locked, which anybody may
    /// open: they could hold a lock on it for as long as they like.
    private func draft(in folder: CInt) throws -> CInt {
        while true {
            let descriptor = openat(folder, Self.draftName, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw cannotNote(systemReason()) }
            while flock(descriptor, LOCK_EX) != 0 {
                guard errno == EINTR else {
                    let error = cannotNote(systemReason())
                    close(descriptor)
                    throw error
                }
            }
            var (own, named) = (stat(), stat())
            if fstat(descriptor, &own) == 0, fstatat(folder, Self.draftName, &named, AT_SYMLINK_NOFOLLOW) == 0,
                own.st_ino == named.st_ino
            {
                return descriptor
            }
            // It has become the marker, or is gone, while this waited.
            close(descriptor)
        }
    }

    private func write(_ text: String, to descriptor: CInt, in folder: CInt) throws {
        let bytes = Array(text.utf8)
        // One that was left by somebody who was killed may be as they had it.
        guard ftruncate(descriptor, 0) == 0, fchmod(descriptor, 0o600) == 0, isReadable(descriptor),
            Glibc.write(descriptor, bytes, bytes.count) == bytes.count,
            fsync(descriptor) == 0, renameat(folder, Self.draftName, folder, "accounts.id") == 0, fsync(folder) == 0
        else {
            let error = cannotNote(systemReason())
            unlinkat(folder, Self.draftName, 0)
            throw error
        }
    }

    /// Lets the login read it.
    private func isReadable(_ descriptor: CInt) -> Bool {
        guard case .appointed(let user) = keeper else { return true }
        return fchown(descriptor, 0, user.gid) == 0 && fchmod(descriptor, 0o640) == 0
    }

    private func cannotNote(_ why: String) -> Trouble {
        Trouble(
            "\(marker.path) cannot be written: \(why)",
            hint: "it says which accounts belong to the settings beside it; until then nobody is let in")
    }
}

extension system_trust {
    fileprivate init(_ trust: Trust) { self.init(owner: trust.owner, group: trust.group, public_file: 0) }
}
