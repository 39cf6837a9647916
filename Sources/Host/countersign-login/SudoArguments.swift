internal import Glibc

/// The arguments of sudo (sudo(8)).
struct SudoArguments {
    private let words: [[UInt8]]

    init(_ words: [[UInt8]]) { self.words = words }

    /// Returns the arguments of the parent process (proc(5), cmdline), or none if they cannot be read.
    static func ofParent() -> SudoArguments {
        let descriptor = open("/proc/\(getppid())/cmdline", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return SudoArguments([]) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &buffer, buffer.count)
        return SudoArguments(
            buffer.prefix(max(0, count)).split(separator: 0, omittingEmptySubsequences: false).map(Array.init))
    }

    /// Whether sudo reads the password from standard input: `-S`, alone or among other letters, or `--stdin`.
    var takesInput: Bool {
        var rest = words.dropFirst()
        while let word = rest.popFirst(), word.first == UInt8(ascii: "-"), word != Array("--".utf8) {
            if word.starts(with: "--".utf8) {
                if word.count > 4, Array("--stdin".utf8).starts(with: word) { return true }
                if Self.longWithValue.contains(where: { $0.elementsEqual(word) }) { rest = rest.dropFirst() }
                continue
            }
            for (index, letter) in word.enumerated().dropFirst() {
                if letter == UInt8(ascii: "S") { return true }
                guard Self.lettersWithValue.contains(letter) else { continue }
                // The option's value is the rest of the word, or the next word.
                if index == word.count - 1 { rest = rest.dropFirst() }
                break
            }
        }
        return false
    }

    private static let lettersWithValue = Array("aCcDghpRrTtUu".utf8)
    private static let longWithValue = [
        "--auth-type", "--chdir", "--chroot", "--close-from", "--command-timeout", "--group", "--host", "--login-class",
        "--other-user",
        "--prompt", "--role", "--type", "--user",
    ].map { Array($0.utf8) }
}
