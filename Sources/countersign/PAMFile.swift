internal import Glibc

/// A stack of this host, as far as it says who is asked for a second factor.
enum PAMFile {
    private static let module = "pam_countersign.so"
    /// How deep files may be in each other.
    private static let depth = 8
    /// The longest file that is looked at, in bytes.
    private static let longest = 65_536

    /// Whether its `auth` lines, or those of a file that it takes in, have our module; nil where there is no such file that can be read.
    static func asks(_ service: String) -> Bool? { asks(service, depth) }

    /// Whether nobody gets in by it: its first `auth` line says so.
    static func denies(_ service: String) -> Bool {
        lines(service)?.first { isOfAuth($0) }?.contains("pam_deny.so") ?? false
    }

    private static func asks(_ name: String, _ depth: Int) -> Bool? {
        guard depth > 0, let lines = lines(name) else { return nil }
        return lines.contains { words in
            guard let other = included(words) else {
                return isOfAuth(words) && words.contains { $0 == module || $0.hasSuffix("/\(module)") }
            }
            return asks(other, depth - 1) ?? false
        }
    }

    private static func isOfAuth(_ words: [String]) -> Bool {
        words.first == "@include" || words.first.map { ["auth", "-auth"].contains($0.lowercased()) } ?? false
    }

    private static func included(_ words: [String]) -> String? {
        guard isOfAuth(words) else { return nil }
        if words.first == "@include" { return words.dropFirst().first }
        return ["include", "substack"].contains(words.dropFirst().first ?? "") ? words.dropFirst(2).first : nil
    }

    /// The words of each line, without comments.
    private static func lines(_ name: String) -> [[String]]? {
        let paths = name.hasPrefix("/") ? [name] : ["/etc/pam.d/\(name)", "/usr/lib/pam.d/\(name)"]
        guard let text = paths.lazy.compactMap(text).first else { return nil }
        return text.replacing("\\\n", with: " ").split(separator: "\n").compactMap { line in
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }.map(String.init)
            return words.isEmpty ? nil : words
        }
    }

    private static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: longest)
        let count = read(descriptor, &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
