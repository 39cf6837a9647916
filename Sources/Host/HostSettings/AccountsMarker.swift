internal import Glibc
public import SettingsFile

/// Which accounts belong to each state directory: a file beside the settings, so that accounts that are lost with their volume, or exchanged
/// for others, are never taken for those of a host that is new.
///
/// One line for each state directory: the id of its accounts.db, a blank, the directory.
public struct AccountsMarker: Equatable, Sendable {
    public let path: String
    private var lines: [Line] = []

    private struct Line: Equatable, Sendable {
        let state: String
        let id: String
    }

    private static let heading = """
        # Made by `countersign init`: the accounts that belong to each state directory. Where others are found, or none, nobody is let in.

        """

    /// The marker of settings; an empty one where there is no file.
    /// - Parameter settings: their path. The marker must be as safe as they must be.
    public static func load(beside settings: String, trust: Trust) throws(SettingsError) -> AccountsMarker {
        var marker = AccountsMarker(path: folder(settings) + "/accounts.id")
        var status = stat()
        guard lstat(marker.path, &status) == 0 || errno != ENOENT else { return marker }
        let text = try TrustedFile.text(marker.path, trust: trust)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        where !line.isEmpty {
            if line.hasPrefix("#") { continue }
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, isID(parts[0]), parts[1].hasPrefix("/") else {
                let message =
                    "neither an id with a directory behind it nor a comment; take the line out, and run countersign init"
                throw SettingsError(file: marker.path, line: index + 1, message: message)
            }
            marker.lines.append(Line(state: String(parts[1]), id: String(parts[0])))
        }
        return marker
    }

    /// The id of the accounts in this directory, or nil where none were made.
    public func id(of state: String) -> String? {
        let state = Self.plain(state)
        return lines.last { $0.state.utf8.elementsEqual(state.utf8) }?.id
    }

    public mutating func set(_ id: String, of state: String) {
        let state = Self.plain(state)
        lines = lines.filter { !$0.state.utf8.elementsEqual(state.utf8) } + [Line(state: state, id: id)]
    }

    /// The whole file.
    public var text: String { Self.heading + lines.map { "\($0.id) \($0.state)\n" }.joined() }

    /// Whether it is one, as `Accounts` makes them.
    public static func isID(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 32 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func folder(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: 0x2F), slash != path.startIndex else { return "" }
        return String(path[..<slash])
    }

    /// Each directory has one spelling.
    private static func plain(_ state: String) -> String {
        "/" + state.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
