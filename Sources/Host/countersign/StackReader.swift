internal import Glibc

/// Reads the `auth` lines of a service as libpam does (pam_handlers.c), which is stranger than pam.d(5) says.
///
/// Files are bytes for libpam: it splits lines at line feeds and words at blanks and tabs, and a carriage return
/// belongs to the word before it.
struct StackReader {
    /// Which lines of a file count: all types as in a service's own file and in `@include`, or `auth` only, as in
    /// `auth include`.
    private enum Types { case all, auth }

    /// What could not be loaded, and what libpam makes of it.
    private enum Loading { case done, failed }

    /// Nesting limit of included files since libpam 1.6; before it is counted in substacks only.
    private static let deepest = 16
    /// Most lines and files of one service that are read.
    private static let mostLines = 2_000
    private static let mostFiles = 500
    /// Longest line that libpam before 1.6 reads, in bytes.
    private static let longestLine = 1_000
    private static let oneFile = "/etc/pam.conf"

    let service: String
    private(set) var lines: [AuthStack.Line] = []
    private(set) var faults: [AuthStack.Fault] = []
    /// Whether libpam gives up: pam_start(3) fails.
    private(set) var isRefused = false
    private var files = 0
    /// Files around the current line, from the outermost.
    private var open: [String] = []

    init(service: String) { self.service = service }

    /// Whether libpam reads folders, and not /etc/pam.conf.
    static var usesFolders: Bool {
        AuthStack.folders.contains { path in
            var found = stat()
            return stat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFDIR
        }
    }

    /// Services with lines in /etc/pam.conf.
    static func namesInOneFile() -> Set<String> {
        guard case .text(let bytes, _) = StackFile.read(oneFile) else { return [] }
        return Set(
            StackText(bytes).lines.compactMap { line in
                StackText.words(line.bytes).first.map { String(decoding: $0.bytes, as: UTF8.self).lowercased() }
            })
    }

    /// Reads the service's own lines; returns false if it has no file.
    mutating func readService() -> Bool {
        guard Self.usesFolders else {
            guard case .text(let bytes, _) = StackFile.read(Self.oneFile) else { return false }
            if parse(bytes, path: Self.oneFile, types: .all, level: 0, isOneFile: true) == .failed { isRefused = true }
            return !lines.isEmpty
        }
        guard let (path, file) = find(service) else { return false }
        if load(file, path: path, types: .all, level: 0) == .failed { isRefused = true }
        return true
    }

    // MARK: files

    /// Returns the first file that libpam can open.
    private mutating func find(_ name: String) -> (path: String, file: StackFile)? {
        let paths = if name.hasPrefix("/") { [name] } else { AuthStack.folders.map { "\($0)/\(name)" } }
        for path in paths {
            switch StackFile.read(path) {
            case .missing: continue
            case .unreadable(let why):
                note(path, "cannot be read: \(why)", hint: "put a file there that root can read, or remove it")
            case let file: return (path, file)
            }
        }
        return nil
    }

    private mutating func load(_ file: StackFile, path: String, types: Types, level: Int) -> Loading {
        switch file {
        case .missing, .unreadable: return .failed
        case .empty(let what):
            note(path, "is \(what): libpam finds no line in it", hint: "put the file of the package in its place")
            return .done
        case .endless(let what):
            note(
                path, "is \(what): logins wait for it, or are refused", hint: "put the file of the package in its place"
            )
            return .failed
        case .tooLong(let most):
            note(path, "is longer than \(most) bytes, and was not read", hint: "make it shorter")
            return .failed
        case .text(let bytes, let isOpen):
            if isOpen {
                note(
                    path, "can be changed by others than root: its owner or its mode allows it",
                    hint: "chown root:root \(path) && chmod go-w \(path)", isOpen: true)
            }
            open.append(path)
            defer { open.removeLast() }
            return parse(bytes, path: path, types: types, level: level)
        }
    }

    /// Reads a file that a line names; a line that fails stands for one that cannot be read.
    private mutating func include(_ name: String?, place: String, types: Types, level: Int) -> Loading {
        guard let name else {
            note(
                place, "names no file to include: libpam crashes or refuses the login",
                hint: "name the file, or remove the line")
            return .failed
        }
        guard let (path, file) = find(name) else {
            note(
                place, "includes \(name), which is not there: its logins are refused",
                hint: "restore the file from its package, or remove the line")
            return .failed
        }
        guard !open.contains(path) else {
            note(
                place, "includes \(path), which includes this file: libpam crashes or refuses the login",
                hint: "remove the line")
            return .failed
        }
        guard open.count < Self.deepest else {
            note(
                place, "is nested deeper than the \(Self.deepest) files that libpam follows",
                hint: "include fewer files")
            return .failed
        }
        files += 1
        guard files < Self.mostFiles else {
            note(place, "more than \(Self.mostFiles) files are included: not read", hint: "include fewer files")
            return .failed
        }
        return load(file, path: path, types: types, level: level)
    }

    // MARK: lines

    private mutating func parse(_ bytes: [UInt8], path: String, types: Types, level: Int, isOneFile: Bool = false)
        -> Loading
    {
        let text = StackText(bytes)
        if let number = text.doubtfulLine {
            note(
                "\(path):\(number)",
                "a continued line is followed by an empty line or a comment, which versions of libpam "
                    + "read differently", hint: "write the line as one")
        }
        if text.hasZeros {
            note(path, "holds zero bytes: libpam does not read what follows them in a line", hint: "restore the file")
        }
        for line in text.lines {
            let place = "\(path):\(line.number)"
            var words = StackText.words(line.bytes)
            if isOneFile {
                guard let name = words.first, name.text.lowercased() == service else { continue }
                words.removeFirst()
            }
            if line.bytes.count > Self.longestLine {
                note(
                    place, "is longer than \(Self.longestLine) bytes, which libpam before 1.6 cannot read",
                    hint: "make it shorter")
            }
            guard lines.count < Self.mostLines else {
                note(place, "more than \(Self.mostLines) lines: not read", hint: "make the stack shorter")
                return .failed
            }
            if parse(words[...], place: place, types: types, level: level) == .failed { return .failed }
        }
        guard !text.isCut else {
            note(path, "ends with a backslash: libpam cannot read it", hint: "remove the backslash at its end")
            return .failed
        }
        return .done
    }

    private mutating func parse(_ words: ArraySlice<StackText.Word>, place: String, types: Types, level: Int) -> Loading
    {
        var type = words.first?.text.lowercased() ?? ""
        let mayBeMissing = type.hasPrefix("-")
        if mayBeMissing { type.removeFirst() }
        let rest = words.dropFirst()
        switch type {
        case "auth": return auth(rest, place: place, level: level, mayBeMissing: mayBeMissing)
        case "account", "session", "password": return .done
        case "@include":
            // Debian's; elsewhere it is an unknown type, and fails too.
            if include(rest.first?.text, place: place, types: types, level: level) == .done { return .done }
            guard types == .auth else { return .failed }
            fail(place: place, level: level)
            return .done
        default:
            note(
                place, "`\(type)` is no type of pam.d(5): libpam takes the line as one that fails",
                hint: "correct the line, or remove it")
            fail(place: place, level: level, control: rest.first?.control)
            return .done
        }
    }

    private mutating func auth(
        _ words: ArraySlice<StackText.Word>, place: String, level: Int, mayBeMissing: Bool
    ) -> Loading {
        guard let control = words.first else {
            note(
                place, "has no control: libpam takes the line as one that fails", hint: "correct the line, or remove it"
            )
            fail(place: place, level: level)
            return .done
        }
        let name = words.dropFirst().first?.text
        let word = control.text.lowercased()
        if word == "include" || word == "substack" {
            let inner = word == "substack" ? level + 1 : level
            if inner > level { add(.substack, place: place, level: level) }
            if include(name, place: place, types: .auth, level: inner) == .failed { fail(place: place, level: level) }
            return .done
        }
        let field = control.control
        if !field.isLegal {
            note(
                place, "libpam cannot read `\(field.text)`: every result counts as a failure",
                hint: "correct it as in pam.d(5)")
        }
        guard let name else {
            note(
                place, "names no module: libpam takes the line as one that fails",
                hint: "correct the line, or remove it")
            fail(place: place, level: level, control: field)
            return .done
        }
        let file = name.split(separator: "/").last.map(String.init) ?? ""
        let stem = file.lastIndex(of: ".").map { file[..<$0] } ?? file[...]
        guard !stem.isEmpty, stem != "?", !name.hasSuffix("/") else {
            note(
                place, "`\(name)` is no module: libpam crashes or refuses the login",
                hint: "correct the line, or remove it")
            isRefused = true
            return .failed
        }
        lines.append(
            AuthStack.Line(
                kind: .module, level: level, module: file, path: name, control: field,
                arguments: words.dropFirst(2).map(\.text), mayBeMissing: mayBeMissing, place: place))
        return .done
    }

    private mutating func add(_ kind: AuthStack.Line.Kind, place: String, level: Int, control: PAMControl = .ignored) {
        lines.append(
            AuthStack.Line(
                kind: kind, level: level, module: "", path: "", control: control, arguments: [], mayBeMissing: false,
                place: place))
    }

    private mutating func fail(place: String, level: Int, control: PAMControl? = nil) {
        add(.failing, place: place, level: level, control: control ?? .failing)
    }

    private mutating func note(_ place: String, _ message: String, hint: String, isOpen: Bool = false) {
        let fault = AuthStack.Fault(place: place, message: message, hint: hint, isOpen: isOpen)
        if faults.count < 50, !faults.contains(fault) { faults.append(fault) }
    }
}
