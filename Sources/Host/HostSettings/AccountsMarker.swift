internal import Glibc
public import SettingsFile

/// The file `accounts.id` beside the settings, which names the accounts that belong to each state directory.
///
/// With it, accounts that are lost with their volume or exchanged for others are not mistaken for those of a new host.
/// The file has one line for each state directory: the id of its accounts.db, a blank, the directory.
public struct AccountsMarker: Equatable, Sendable {
    /// The path of the file.
    public let path: String
    private var lines: [Line] = []

    private struct Line: Equatable, Sendable {
        let state: String
        let id: String
    }

    private static let heading = """
        # Made by `countersign init`: the accounts that belong to each state directory. Where others are found, or \
        none, nobody is let in.

        """

    /// Reads the marker beside the settings.
    ///
    /// - Parameters:
    ///   - settings: the path of the settings.
    ///   - trust: who may own the marker, and which group may read it.
    /// - Returns: the marker; one without lines if the file does not exist.
    /// - Throws: `SettingsError` if the file cannot be read, if anybody but root and `trust.owner` could have changed
    ///   it, or if a line is malformed.
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
                let message = """
                    neither an id with a directory behind it nor a comment; take the line out, and run countersign init
                    """
                throw SettingsError(file: marker.path, line: index + 1, message: message)
            }
            marker.lines.append(Line(state: String(parts[1]), id: String(parts[0])))
        }
        return marker
    }

    /// Returns the id of the accounts in a state directory.
    ///
    /// - Parameter state: an absolute path; superfluous slashes do not matter.
    /// - Returns: 32 hexadecimal digits, or nil if the marker has no line for it.
    public func id(of state: String) -> String? {
        let state = Self.plain(state)
        return lines.last { $0.state.utf8.elementsEqual(state.utf8) }?.id
    }

    /// Sets the id of the accounts in a state directory, in memory only.
    ///
    /// - Parameters:
    ///   - id: an id as `isID` accepts it.
    ///   - state: an absolute path.
    public mutating func set(_ id: String, of state: String) {
        let state = Self.plain(state)
        lines = lines.filter { !$0.state.utf8.elementsEqual(state.utf8) } + [Line(state: state, id: id)]
    }

    /// The content of the whole file, with its heading.
    public var text: String { Self.heading + lines.map { "\($0.id) \($0.state)\n" }.joined() }

    /// Whether a text is an id as `Accounts` makes them: 32 lower-case hexadecimal digits.
    ///
    /// - Parameter text: any text.
    /// - Returns: true if it is one.
    public static func isID(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 32 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// The directory of a file, without a slash at the end.
    static func folder(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: 0x2F), slash != path.startIndex else { return "" }
        return String(path[..<slash])
    }

    /// Normalizes a directory, so that each has one spelling.
    private static func plain(_ state: String) -> String {
        "/" + state.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
