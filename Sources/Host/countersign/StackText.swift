internal import Glibc

/// The lines and words of a file of pam.d(5), split as by libpam (pam_line.c, pam_misc.c).
struct StackText {
    struct Line {
        /// Number of its first line in the file.
        let number: Int
        var bytes: [UInt8]
    }

    struct Word {
        let bytes: [UInt8]
        /// Whether it stood in brackets, which are taken away.
        let isInBrackets: Bool

        var text: String { String(decoding: bytes, as: UTF8.self) }
        var control: PAMControl { PAMControl(isInBrackets ? "[\(text)]" : text) }
    }

    /// Lines that are not empty, without comments, with continued lines joined.
    private(set) var lines: [Line] = []
    /// Whether the file ends within a continued line.
    private(set) var isCut = false
    /// Number of a continued line that versions of libpam read differently.
    private(set) var doubtfulLine: Int?
    /// Whether a line has a zero byte, where it ends for libpam.
    private(set) var hasZeros = false

    init(_ bytes: [UInt8]) {
        var open: Line?
        let count = bytes.count { $0 == 0x0A }
        for (index, whole) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let line = whole.prefix { $0 != 0 }
            if line.count != whole.count { hasZeros = true }
            let code = line.drop(while: Self.isBlank).prefix { $0 != 0x23 }
            let hasComment = line.contains(0x23)
            guard !code.isEmpty else {
                // What follows the last line feed is no line.
                if let open, index < count { doubtfulLine = doubtfulLine ?? open.number }
                continue
            }
            let body = Self.withoutBlanks(code)
            let isContinued = !hasComment && body.last == 0x5C
            var joined = open ?? Line(number: index + 1, bytes: [])
            joined.bytes += isContinued ? body.dropLast() + [0x20] : code
            open = isContinued ? joined : nil
            if !isContinued { lines.append(joined) }
        }
        isCut = open != nil
    }

    /// Splits a line into words: a word in brackets may hold blanks, and `\]` in it stands for `]`.
    static func words(_ line: [UInt8]) -> [Word] {
        var words: [Word] = []
        var rest = line[...].drop(while: isBlank)
        while let first = rest.first {
            if first == 0x5B {
                var bytes: [UInt8] = []
                rest = rest.dropFirst()
                while let byte = rest.first, byte != 0x5D {
                    if byte == 0x5C, rest.dropFirst().first == 0x5D { rest = rest.dropFirst() }
                    bytes.append(rest.first ?? byte)
                    rest = rest.dropFirst()
                }
                rest = rest.dropFirst()
                words.append(Word(bytes: bytes, isInBrackets: true))
            } else {
                let word = rest.prefix { !isBlank($0) }
                words.append(Word(bytes: Array(word), isInBrackets: false))
                rest = rest.dropFirst(word.count)
                // The byte that ends a word is gone, whatever follows.
                rest = rest.dropFirst()
            }
            rest = rest.drop(while: isBlank)
        }
        return words
    }

    private static func withoutBlanks(_ code: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        code.prefix(code.lastIndex { !isBlank($0) }.map { $0 - code.startIndex + 1 } ?? 0)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

/// A file that libpam would open.
enum StackFile {
    /// Nothing is there.
    case missing
    /// Something is there that cannot be opened.
    case unreadable(String)
    /// Something that has no lines; what it is.
    case empty(String)
    /// Something that libpam would wait for, or read without end; what it is.
    case endless(String)
    case tooLong(Int)
    /// Its bytes, and whether others than root may write it.
    case text([UInt8], isOpen: Bool)

    /// Largest file that is read, in bytes.
    private static let longest = 262_144

    static func read(_ path: String) -> StackFile {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            let error = errno
            var found = stat()
            if error == ENOTDIR || lstat(path, &found) != 0 { return .missing }
            return error == ENXIO ? .endless("a socket") : .unreadable(String(cString: strerror(error)))
        }
        defer { close(descriptor) }
        var found = stat()
        guard fstat(descriptor, &found) == 0 else { return .unreadable(String(cString: strerror(errno))) }
        switch found.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: return .empty("a directory")
        case S_IFCHR where found.st_rdev == 0x103: return .empty("/dev/null")
        case S_IFIFO: return .endless("a named pipe")
        default: return .endless("a device")
        }
        let isOpen =
            found.st_uid != 0 || found.st_mode & 0o002 != 0 || (found.st_mode & 0o020 != 0 && found.st_gid != 0)
        return text(descriptor, isOpen: isOpen)
    }

    private static func text(_ descriptor: CInt, isOpen: Bool) -> StackFile {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= longest {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .unreadable(String(cString: strerror(errno))) }
            if count == 0 { return .text(bytes, isOpen: isOpen) }
            bytes += buffer.prefix(count)
        }
        return .tooLong(longest)
    }
}
