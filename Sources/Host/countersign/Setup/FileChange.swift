internal import CommandSupport
internal import Encoding

/// A planned change of one file: lines that are replaced, one after the other.
struct FileChange: Equatable {
    /// Lines in place of other lines; `old` is empty for new ones.
    struct Hunk: Equatable {
        let old: [String]
        let new: [String]
    }

    let path: String
    /// Nil if there was no file.
    let before: String?
    let after: String
    let hunks: [Hunk]

    /// What is to be done to put the file back.
    enum Undo: Equatable {
        /// It is as it was before.
        case nothing
        case remove
        case write(String)
        /// Somebody has changed it where the change was made; holds the lines that name our module or file.
        case conflict([String])
    }

    /// Compares the file as it is now with what was before and after the change.
    ///
    /// A file that others have changed elsewhere loses only our lines. `now` is nil if there is no file.
    func undo(now: String?) -> Undo {
        if now == before { return .nothing }
        guard let now else { return .nothing }
        if now == after { return before.map { .write($0) } ?? .remove }
        guard let before else { return .conflict(Self.changed(now, from: after)) }
        let present = Self.lines(now)
        var lines = present
        for hunk in hunks {
            let places = lines.indices.filter { lines[$0...].starts(with: hunk.new) }
            guard let place = places.first, places.count == 1 else {
                // What was taken out of the copy until here is still in the file.
                let ours = ours(present, since: before)
                return ours.isEmpty ? .nothing : .conflict(ours)
            }
            lines.replaceSubrange(place..<place + hunk.new.count, with: hunk.old)
        }
        let left = ours(lines, since: before)
        return left.isEmpty ? .write(lines.joined(separator: "\n")) : .conflict(left)
    }

    /// Lines, with their numbers, that name the module, or that only the change can have brought.
    private func ours(_ lines: [String], since before: String) -> [String] {
        let known = Set(Self.lines(before).map(Self.words))
        let added = Set(hunks.flatMap(\.new).map(Self.words)).subtracting(known)
        return lines.enumerated().filter { _, line in
            let words = Self.words(line)
            guard let first = words.first, !first.hasPrefix("#") else { return false }
            return line.contains(AuthStack.module) || added.contains(words)
        }.map { "\($0 + 1): \($1)" }
    }

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private static func words(_ line: String) -> [Substring] { line.split { $0 == " " || $0 == "\t" } }

    private static func changed(_ now: String, from after: String) -> [String] {
        let ours = Set(after.split(separator: "\n"))
        return now.split(separator: "\n", omittingEmptySubsequences: false).enumerated().filter { _, line in
            !line.isEmpty && !ours.contains(line)
        }.map { "\($0 + 1): \($1)" }
    }

    /// The change as `diff -u` shows it.
    func diff(_ scratch: SetupScratch) throws -> String {
        let old = if before == nil { "/dev/null" } else { try scratch.write(before ?? "", as: "before") }
        let new = try scratch.write(after, as: "after")
        let labels = ["--label", before == nil ? "/dev/null" : path, "--label", path]
        let shown = SystemProgram.output(
            "/usr/bin/diff", arguments: ["-u"] + labels + [old, new], milliseconds: 10_000)
        guard let shown, shown.code == 1 else {
            throw CommandError("/usr/bin/diff shows no difference", hint: "apt-get install diffutils")
        }
        return shown.text
    }
}
