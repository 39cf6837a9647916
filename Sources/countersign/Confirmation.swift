internal import ArgumentParser
internal import Glibc

struct ConfirmationOption: ParsableArguments {
    @Flag(help: "Do not ask.")
    var yes = false

    /// Has a name typed that stands for a yes. Without a terminal only `--yes` is one.
    /// - Parameter what: the question that the name answers.
    func ask(_ what: String, for name: String) throws {
        if yes { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw Trouble("nobody is at a terminal to confirm this", hint: "add --yes where it is meant")
        }
        try Confirmation.ask(what, for: name)
    }
}

enum Confirmation {
    /// The longest name that is read.
    private static let longest = 512

    static func ask(_ what: String, for name: String) throws {
        Output.ask("\(what) Type \(name) to confirm: ")
        guard let typed = line(), typed.utf8.elementsEqual(name.utf8) else {
            throw Trouble("nothing was changed: that was not \(name)", hint: "type the name letter by letter, or leave it", code: .refused)
        }
    }

    /// One line of standard input, without its end; nil at the end of it.
    static func line() -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < longest {
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return nil }
            if byte == 0x0A { return String(validating: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        return nil
    }
}
