internal import CommandSupport
internal import Glibc

/// Takes the changes of a journal back.
enum SetupUndo {
    enum Occasion {
        /// Somebody has asked for it, and can mend what is in the way.
        case command
        /// A setup has failed on its way.
        case failure
        /// Nobody has kept the setup: perhaps nobody can log in any more.
        case schedule
    }

    /// Puts everything back: files that others have changed elsewhere lose only our lines.
    ///
    /// A file that cannot be put back does not keep the others from it. Where others have changed our lines, a command
    /// stops before the first change; else their text is saved, and the file becomes what it was.
    ///
    /// - Parameters:
    ///   - journal: what was changed.
    ///   - changes: those of its changes that may be live; nil for all.
    ///   - occasion: why.
    /// - Throws: `CommandError` that names what could not be put back; the journal stays in force then. Its code is
    ///   `refused` if the same would happen again until somebody has mended a file.
    static func undo(_ journal: SetupJournal, changes: [FileChange]? = nil, occasion: Occasion = .command) throws {
        let changes = changes ?? journal.changes
        if occasion == .command {
            try refuseConflicts(changes)
            // A terminal that goes away must not leave half of it.
            for number in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE] { signal(number, SIG_IGN) }
        }
        for change in journal.changes { SystemFile.removeDraft(of: change.path) }
        var failures: [CommandError] = []
        // A removal needs no room on the disk, and perhaps makes some.
        for change in changes.filter({ $0.before == nil }) + changes.reversed().filter({ $0.before != nil }) {
            do { try putBack(change, of: journal) } catch { failures.append(CommandError(error)) }
        }
        do {
            if let note = try SSHReload.reload(after: changes) { Output.warning(note) }
        } catch {
            // Only the schedule comes again by itself.
            let failure = CommandError(error)
            if occasion == .schedule { failures.append(failure) } else { Output.warning(failure.message) }
        }
        guard failures.isEmpty else {
            throw CommandError(
                "not everything was put back: \(failures.map(\.message).joined(separator: "; "))",
                hint: "see to these files; then: countersign setup --undo",
                code: failures.allSatisfy { $0.code == .refused } ? .refused : .failed)
        }
        // The way back stays armed until there is nothing left to put back.
        try journal.noteUndone()
        SetupRollback.disarm()
    }

    private static func refuseConflicts(_ changes: [FileChange]) throws {
        let conflicts = try changes.compactMap { change -> String? in
            guard case .conflict(let lines) = change.undo(now: try SystemFile.text(change.path)) else { return nil }
            return "\(change.path):\(lines.first ?? "")"
        }
        guard conflicts.isEmpty else {
            throw CommandError(
                "others have changed what setup wrote: \(conflicts.joined(separator: "; "))",
                hint: "take these lines out by hand, or put back what setup wrote; then: countersign setup --undo")
        }
    }

    private static func putBack(_ change: FileChange, of journal: SetupJournal) throws {
        let now: [UInt8]?
        do { now = try SystemFile.bytes(change.path) } catch {
            throw CommandError(CommandError(error).message, code: .refused)
        }
        switch undo(change, now: now) {
        case .nothing: break
        case .remove: try SystemFile.remove(change.path)
        case .write(let text): try SystemFile.replace(change.path, with: text)
        case .conflict:
            let saved = try journal.saveChanged(now ?? [], of: change)
            if let before = change.before {
                try SystemFile.replace(change.path, with: before)
            } else {
                try SystemFile.remove(change.path)
            }
            let detail =
                "\(change.path) was changed by others, and is as before the setup now: "
                + "their text is \(saved) below \(SetupJournal.folder)"
            Output.warning(detail)
            SetupRollback.log(detail, journal)
        }
    }

    private static func undo(_ change: FileChange, now: [UInt8]?) -> FileChange.Undo {
        guard let now else { return change.undo(now: nil) }
        guard let text = String(validating: now, as: UTF8.self) else { return .conflict([]) }
        return change.undo(now: text)
    }
}
