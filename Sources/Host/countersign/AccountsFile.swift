internal import Accounts
internal import ArgumentParser
internal import CSyscalls
internal import CommandSupport
internal import Glibc
internal import HostSettings
internal import SettingsFile

/// The accounts of a state directory, and the marker beside the settings that names which accounts belong there.
///
/// This runs as root, which owns the marker. Work on accounts.db is done in a child process, as the user who keeps the
/// accounts.
struct AccountsFile {
    private let settings: Settings
    /// Path of the settings.
    private let file: String
    private let serviceUser: ServiceUser
    private(set) var marker: AccountsMarker

    init(_ settings: Settings, beside file: String, _ serviceUser: ServiceUser) throws {
        (self.settings, self.file, self.serviceUser) = (settings, file, serviceUser)
        marker = try AccountsMarker.load(beside: file, trust: serviceUser.trust)
    }

    var path: String { CommandContext.path(settings) }
    /// Id that the accounts must have; nil if none were ever made.
    var markedID: String? { marker.id(of: settings.state) }

    /// Returns the id that the accounts must have.
    ///
    /// If the marker names none, existing accounts are adopted, or new ones are made.
    func id() throws -> String { try markedID ?? make().id }

    /// Makes the accounts if there are none, takes over those of an earlier version, and notes their id in the marker.
    func make() throws -> Preparation {
        try StateFolder.make(settings.state, for: serviceUser)
        guard let preparation = try work(.prepare).preparation else { throw Self.unclear }
        try note(preparation.id)
        return preparation
    }

    /// Adopts the accounts as they are on disk, and notes their id in the marker.
    func adopt() throws -> String {
        guard let preparation = try work(.adopt).preparation else { throw Self.unclear }
        try note(preparation.id)
        return preparation.id
    }

    /// Reports which accounts are on disk, whatever the marker says.
    func onDisk() throws -> Found {
        guard let found = try work(.look).found else { throw Self.unclear }
        return found
    }

    /// Option that makes another command use the same settings, for hints; empty for the default path.
    var again: String { if file == Path.settings.text { "" } else { " --config \(file)" } }

    private static var unclear: CommandError {
        CommandError("the accounts cannot be made ready", hint: "as root, countersign check says why")
    }

    // MARK: work of the child process

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
        // The child process has printed the reason.
        guard let output = try OwnProcess.command.output(words(work)) else { throw ExitCode.failure }
        return Answer(words: String(decoding: output, as: UTF8.self).split { $0 == " " || $0 == "\n" })
    }

    private func words(_ work: Work, options: String...) -> [String] {
        [AccountsWork.configuration.commandName ?? "", work.rawValue] + options + ["--", settings.state]
    }

    // MARK: backups

    struct Summary {
        let id: String
        let accounts: Int
        /// Seconds since 1970; nil if no login is recorded.
        let lastLogin: Int64?
        /// SHA-256 of the file as it was read.
        let digest: String
    }

    struct Restored {
        let summary: Summary
        /// Path of the accounts that were replaced; nil if there were none.
        let kept: String?
    }

    /// Writes a copy of the accounts to a descriptor, if they have the given id.
    func export(to output: CInt, id: String) throws {
        guard try OwnProcess.command.run(words(.export, options: "--id", id), writingTo: output) == 0 else {
            throw ExitCode.failure
        }
    }

    /// Reads and checks a backup.
    ///
    /// With `adopts`, a file that `export` did not write is accepted too.
    func inspect(_ source: CInt, adopts: Bool) throws -> Summary {
        try StateFolder.make(settings.state, for: serviceUser)
        return try restored(words(.inspect), source: source, adopts: adopts).summary
    }

    /// Puts a backup in place of the accounts, and notes their id in the marker.
    ///
    /// `seen` is the result of `inspect`; if the file has changed since, it is refused.
    func restore(_ source: CInt, seen: Summary, adopts: Bool) throws -> Restored {
        let restored = try restored(words(.restore, options: "--digest", seen.digest), source: source, adopts: adopts)
        try note(restored.summary.id)
        return restored
    }

    private func restored(_ words: [String], source: CInt, adopts: Bool) throws -> Restored {
        var words = words
        if adopts { words.insert("--adopt", at: 2) }
        guard let output = try OwnProcess.command.output(words, reading: source) else { throw ExitCode.failure }
        // The path comes last, as it may contain blanks.
        let parts =
            String(decoding: output, as: UTF8.self).split(separator: "\n").first?.split(separator: " ", maxSplits: 5)
            ?? []
        guard parts.count >= 5, parts[0] == "found", AccountsMarker.isID(parts[1]), let accounts = Int(parts[2]) else {
            throw Self.unclear
        }
        let summary = Summary(
            id: String(parts[1]), accounts: accounts, lastLogin: Int64(parts[3]), digest: String(parts[4]))
        let kept: String? = if parts.count > 5 { String(parts[5]) } else { nil }
        return Restored(summary: summary, kept: kept)
    }

    // MARK: the marker

    /// Writes the marker under another name and renames it, so that a login reads either the old or the new one.
    private func note(_ id: String) throws {
        let folder = String(marker.path.dropLast("/accounts.id".utf8.count))
        var part = 0
        let opened = system_open_trusted(folder.isEmpty ? "/" : folder, system_trust(serviceUser.trust), 1, &part)
        guard opened >= 0 else { throw cannotNote(HelperProgram.reason(opened)) }
        defer { close(opened) }
        let above = open("/proc/self/fd/\(opened)", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard above >= 0 else { throw cannotNote(systemReason()) }
        defer { close(above) }
        let descriptor = try draft(in: above)
        defer { close(descriptor) }
        // Another process may have noted another state directory meanwhile.
        var now = try AccountsMarker.load(beside: file, trust: serviceUser.trust)
        if now.id(of: settings.state) == id {
            unlinkat(above, Self.draftName, 0)
            return
        }
        now.set(id, of: settings.state)
        try write(now.text, to: descriptor, in: above)
    }

    private static let draftName = ".accounts.id.new"

    /// Opens and locks the file that becomes the marker; only the holder of the lock writes.
    ///
    /// The directory is not locked: every user can open it, and could hold a lock on it indefinitely.
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
            // The file became the marker, or was removed, while this waited.
            close(descriptor)
        }
    }

    private func write(_ text: String, to descriptor: CInt, in folder: CInt) throws {
        let bytes = Array(text.utf8)
        // A draft left by a killed process can have any content and mode.
        guard ftruncate(descriptor, 0) == 0, fchmod(descriptor, 0o600) == 0, isReadable(descriptor),
            Glibc.write(descriptor, bytes, bytes.count) == bytes.count,
            fsync(descriptor) == 0, renameat(folder, Self.draftName, folder, "accounts.id") == 0, fsync(folder) == 0
        else {
            let error = cannotNote(systemReason())
            unlinkat(folder, Self.draftName, 0)
            throw error
        }
    }

    /// Lets the login read the marker.
    private func isReadable(_ descriptor: CInt) -> Bool {
        guard case .appointed(let user) = serviceUser else { return true }
        return fchown(descriptor, 0, user.gid) == 0 && fchmod(descriptor, 0o640) == 0
    }

    private func cannotNote(_ why: String) -> CommandError {
        CommandError(
            "\(marker.path) cannot be written: \(why)",
            hint: "it says which accounts belong to the settings beside it; until then nobody is let in")
    }
}

extension system_trust {
    fileprivate init(_ trust: Trust) { self.init(owner: trust.owner, group: trust.group, public_file: 0) }
}
