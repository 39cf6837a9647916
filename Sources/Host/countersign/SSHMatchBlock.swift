internal import Glibc

/// A `Match` block of sshd_config(5): its criteria, and what it sets.
struct SSHMatchBlock {
    /// Path and line number.
    let place: String
    /// Words after `Match`.
    let criteria: [String]
    /// Values by keyword in lower case; the first value of a keyword counts.
    private(set) var values: [String: String] = [:]

    private static let folder = "/etc/ssh"
    /// Nesting limit of included files, as in sshd.
    private static let deepest = 16
    /// Largest file that is read, in bytes.
    private static let longest = 1_048_576
    /// Criteria that select people or places, as opposed to ways into the same host.
    private static let tellingApart = ["user", "group", "host", "address"]
    private static let everybody = ["*", "0.0.0.0/0", "::/0", ""]
    /// Former names of keywords.
    private static let aliases = [
        "challengeresponseauthentication": "kbdinteractiveauthentication",
        "skeyauthentication": "kbdinteractiveauthentication",
        "dsaauthentication": "pubkeyauthentication",
    ]

    /// Returns the values for everybody, and the blocks, of sshd's file and the files that it includes.
    static func file() -> (values: [String: String], blocks: [SSHMatchBlock]) {
        // The first entry holds what stands outside of blocks.
        var blocks = [SSHMatchBlock(place: folder, criteria: [])]
        read(folder + "/sshd_config", inside: 0, blocks: &blocks, depth: 0)
        return (blocks.first?.values ?? [:], Array(blocks.dropFirst()))
    }

    var text: String { (["Match"] + criteria).joined(separator: " ") }

    /// Whether it applies to all, or to all but a few.
    var isForEverybody: Bool {
        var isForAll = true
        var index = 0
        while index < criteria.count {
            let pair = criteria[index].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init)
            let name = pair[0].lowercased()
            index += 1
            guard name != "all" else { continue }
            let value =
                if pair.count == 2 { pair[1] } else if index < criteria.count { criteria[index] } else { "" }
            if pair.count == 1 { index += 1 }
            let patterns = value.split(separator: ",").map(String.init)
            let isOpen = patterns.contains { Self.everybody.contains($0) } || patterns.isEmpty
            if Self.tellingApart.contains(name), !isOpen { isForAll = false }
        }
        return isForAll
    }

    // MARK: reading

    /// Reads a file; `inside` is the block that includes it.
    ///
    /// A block that begins in the file ends with it.
    private static func read(_ path: String, inside: Int, blocks: inout [SSHMatchBlock], depth: Int) {
        guard depth < deepest, let text = FileText.read(path, most: longest) else { return }
        var open = inside
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = words(line)
            guard let keyword = words.first?.lowercased() else { continue }
            let rest = Array(words.dropFirst())
            switch keyword {
            case "match":
                blocks.append(SSHMatchBlock(place: "\(path):\(index + 1)", criteria: rest))
                open = blocks.count - 1
            case "include":
                for name in rest.flatMap(Self.files) { read(name, inside: open, blocks: &blocks, depth: depth + 1) }
            default:
                guard blocks.indices.contains(open) else { continue }
                blocks[open].set(aliases[keyword] ?? keyword, value: rest.joined(separator: " "))
            }
        }
    }

    private mutating func set(_ keyword: String, value: String) {
        if values[keyword] == nil { values[keyword] = value }
    }

    /// Returns the files that match a pattern, sorted as by sshd.
    private static func files(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        let path = if pattern.hasPrefix("/") { pattern } else { "\(folder)/\(pattern)" }
        guard glob(path, 0, nil, &found) == 0, let paths = found.gl_pathv else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
    }

    /// Splits a line into its keyword and words that may be quoted.
    ///
    /// A blank or `=` follows the keyword; `#` begins a comment.
    private static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
                word = word ?? ""
            } else if !isQuoted, character == "#", word == nil {
                break
            } else if !isQuoted,
                character.isWhitespace || (character == "=" && words.count < 2 && !(words.count == 1 && word != nil))
            {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }
}
