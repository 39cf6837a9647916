internal import Accounts
internal import CommandSupport
internal import Glibc
internal import Identifiers

/// Prints logins as they end, until the process is interrupted or nobody reads its output any more.
struct HistoryFollower {
    let context: CommandContext
    let filter: HistoryFilter
    let asJSON: Bool

    /// How often it looks for changes, in milliseconds; a look takes some microseconds.
    private static let pause: Int32 = 250
    /// The widths of the columns: those of a table are not known before its last row.
    private static let widths = [22, 12, 8, 15, 11, 15, 0]

    /// Prints the newest `count` logins, oldest first, and then each new one.
    ///
    /// - Throws: `CommandError` if the accounts were moved away or standard output fails; errors of the accounts.
    func run(printing count: Int) throws {
        // A reader that goes away is found below.
        signal(SIGPIPE, SIG_IGN)
        let file = try identity()
        var mark = try context.accounts.changeMark()
        var last = try context.accounts.lastHistoryID()
        if count > 0 { try show(try context.accounts.history(filter, limit: count)) }
        while !isUnread() {
            guard try identity() == file else {
                throw CommandError(
                    "the accounts were replaced by others", hint: "run the same command again to follow those")
            }
            let now = try context.accounts.changeMark()
            guard now != mark else { continue }
            mark = now
            last = try showNew(after: last)
        }
    }

    /// Prints what is new.
    ///
    /// - Returns: the number of the newest row; after a restore it may be smaller than before.
    private func showNew(after last: Int64) throws -> Int64 {
        let newest = try context.accounts.lastHistoryID()
        guard newest > last else { return newest }
        var filter = filter
        filter.after = last
        let rows = try context.accounts.history(filter, limit: .max)
        try show(rows)
        return max(newest, rows.first?.id ?? 0)
    }

    /// Prints rows, which come newest first; does nothing if nobody reads.
    private func show(_ rows: [HistoryRow]) throws {
        let labels = try context.accounts.labels()
        for row in rows.reversed() {
            do {
                if asJSON { try Output.json(row.json(labels)) } else { try Output.picture([line(row, labels)]) }
            } catch {
                if isUnread() { return }
                throw error
            }
        }
    }

    private func line(_ row: HistoryRow, _ labels: [Person: String]) -> String {
        let takesColors = Terminal.takesColors
        return zip(row.row(labels), Self.widths).enumerated().map { column, cell in
            let padded = cell.0.plain.padded(to: cell.1)
            return HistoryRow.color(column, text: cell.0)?.paint(padded, if: takesColors) ?? padded
        }.joined(separator: "  ")
    }

    /// Waits a while; returns at once, and true, if the other end of standard output is closed.
    private func isUnread() -> Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        guard poll(&output, 1, Self.pause) > 0 else { return false }
        return Int32(output.revents) & (POLLERR | POLLHUP | POLLNVAL) != 0
    }

    /// The device and number of the file, which change when a restore moves another one into its place.
    private func identity() throws -> [UInt64] {
        let path = CommandContext.path(context.settings)
        var found = stat()
        guard stat(path, &found) == 0 else {
            throw CommandError("\(path): \(systemReason())", hint: "countersign check")
        }
        return [UInt64(found.st_dev), UInt64(found.st_ino)]
    }
}
