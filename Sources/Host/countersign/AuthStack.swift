internal import CommandSupport
internal import Glibc

/// The `auth` lines of one PAM service, with included files expanded in place (pam.d(5)).
struct AuthStack {
    /// One line, or the start of a `substack`, which counts as one line for jumps.
    struct Line {
        /// Number of substacks around the line.
        let level: Int
        /// File name of the module; empty at the start of a substack.
        let module: String
        /// The module as the line names it: a name that libpam looks up, or a path.
        let path: String
        let control: PAMControl
        let arguments: [String]
        /// Whether libpam skips the line if the module's file is missing.
        let mayBeMissing: Bool
        /// Path and line number.
        let place: String

        var isOurs: Bool { module == AuthStack.module }
    }

    static let module = "pam_countersign.so"
    static let folders = ["/etc/pam.d", "/usr/lib/pam.d"]
    /// Nesting limit of included files, as in libpam.
    private static let deepest = 16
    /// Largest file that is read, in bytes.
    private static let longest = 65_536

    let service: String
    let lines: [Line]

    /// Returns nil if the service has no file, or none that can be read.
    init?(of service: String) {
        guard let lines = Self.lines(of: service, level: 0, depth: 0) else { return nil }
        self.service = service
        self.lines = lines
    }

    /// Whether the stack contains the module.
    var asks: Bool { lines.contains { $0.isOurs } }

    /// Whether the stack denies everybody: its first module is pam_deny.so.
    var denies: Bool { lines.first { !$0.module.isEmpty }?.module == "pam_deny.so" }

    /// Services that have a file of their own.
    ///
    /// Files for inclusion, and copies left by editors and package managers, are skipped.
    static func services() -> [String] {
        let names = Set(folders.flatMap { Folder.names($0) })
        return names.filter { !$0.hasPrefix("common-") && !$0.contains { ".~#".contains($0) } }.sorted()
    }

    // MARK: reading

    private static func lines(of name: String, level: Int, depth: Int) -> [Line]? {
        let paths = if name.hasPrefix("/") { [name] } else { folders.map { "\($0)/\(name)" } }
        let files = paths.lazy.compactMap { path in FileText.read(path, most: longest).map { (path, $0) } }
        guard depth < deepest, let (path, text) = files.first else { return nil }
        return records(text).flatMap { number, words in
            lines(words, place: "\(path):\(number)", level: level, depth: depth)
        }
    }

    /// Returns the words of each line that is not empty, with its number.
    ///
    /// Comments are dropped, and continued lines are joined.
    private static func records(_ text: String) -> [(number: Int, words: [String])] {
        var records: [(number: Int, words: [String])] = []
        var open: (number: Int, text: String)?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let start = open ?? (index + 1, "")
            let code = line.prefix { $0 != "#" }
            if code.hasSuffix("\\"), code.count == line.count {
                open = (start.number, start.text + code.dropLast() + " ")
                continue
            }
            open = nil
            let words = words(start.text + code)
            if !words.isEmpty { records.append((start.number, words)) }
        }
        return records
    }

    /// Splits a line at blanks, except in brackets.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isInBrackets = false
        for character in line {
            if !isInBrackets, character == " " || character == "\t" {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            if word.isEmpty, character == "[" { isInBrackets = true }
            if character == "]" { isInBrackets = false }
            word.append(character)
        }
        return if word.isEmpty { words } else { words + [word] }
    }

    private static func lines(_ words: [String], place: String, level: Int, depth: Int) -> [Line] {
        guard let type = words.first?.lowercased() else { return [] }
        if type == "@include" { return included(words.dropFirst().first, place: place, level: level, depth: depth) }
        guard ["auth", "-auth"].contains(type), words.count > 2 else { return [] }
        switch words[1].lowercased() {
        case "include": return included(words[2], place: place, level: level, depth: depth)
        case "substack":
            let start = Line(
                level: level, module: "", path: "", control: .ignored, arguments: [], mayBeMissing: false, place: place)
            return [start] + included(words[2], place: place, level: level + 1, depth: depth)
        default:
            let name = words[2].split(separator: "/").last.map(String.init) ?? ""
            let line = Line(
                level: level, module: name, path: words[2], control: PAMControl(words[1]),
                arguments: Array(words.dropFirst(3)),
                mayBeMissing: type == "-auth", place: place)
            return [line]
        }
    }

    /// Expands an included file; a file that cannot be read is a line that always fails, as in libpam.
    private static func included(_ name: String?, place: String, level: Int, depth: Int) -> [Line] {
        if let name, let lines = lines(of: name, level: level, depth: depth + 1) { return lines }
        let denial = "pam_deny.so"
        let line = Line(
            level: level, module: denial, path: denial, control: PAMControl("required"), arguments: [],
            mayBeMissing: false, place: place)
        return [line]
    }
}

/// What a line makes of its module's result: the control field of pam.d(5), one word or pairs in brackets.
struct PAMControl: Equatable {
    enum Action: Equatable {
        case ignore, ok, done, bad, die, reset
        case jump(Int)
    }

    /// The control field as written.
    let text: String
    private let actions: [String: Action]

    static let ignored = PAMControl("[default=ignore]")

    init(_ text: String) {
        self.text = text
        let words = [
            "required": "success=ok new_authtok_reqd=ok ignore=ignore default=bad",
            "requisite": "success=ok new_authtok_reqd=ok ignore=ignore default=die",
            "sufficient": "success=done new_authtok_reqd=done default=ignore",
            "optional": "success=ok new_authtok_reqd=ok default=ignore",
        ]
        let pairs = (words[text.lowercased()] ?? text).split { " \t[]".contains($0) }.map {
            $0.split(separator: "=", maxSplits: 1)
        }
        var actions: [String: Action] = [:]
        for pair in pairs where pair.count == 2 {
            let name = pair[0].lowercased()
            // As in libpam, the first `default` counts, and the last value of any other result.
            if name != "default" || actions[name] == nil { actions[name] = Self.action(pair[1].lowercased()) }
        }
        self.actions = actions
    }

    /// Returns the action for a module's return value, given as libpam's name without `PAM_`, in lower case.
    func action(on result: String) -> Action { actions[result] ?? actions["default"] ?? .bad }

    private static func action(_ word: String) -> Action {
        switch word {
        case "ignore": .ignore
        case "ok": .ok
        case "done": .done
        case "die": .die
        case "reset": .reset
        case let number: Int(number).map { $0 == 0 ? .ignore : .jump($0) } ?? .bad
        }
    }
}
