internal import ArgumentParser
internal import CSyscalls
internal import Glibc

struct ConfirmationOption: ParsableArguments {
    @Flag(help: "Do not ask.")
    var yes = false

    /// Asks for `name` to be typed; `what` is printed before.
    ///
    /// Without a terminal only `--yes` confirms.
    func ask(_ what: String, for name: String) throws {
        if yes { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw CommandError("nobody is at a terminal to confirm this", hint: "add --yes where it is meant")
        }
        try Confirmation.ask(what, for: name)
    }
}

enum Confirmation {
    /// Longest name that is read, in bytes.
    private static let longest = 512

    /// Asks for `name` to be typed within `seconds`; nil sets no limit.
    static func ask(_ what: String, for name: String, seconds: Int? = nil) throws {
        Output.ask("\(what) Type \(name) to confirm: ")
        let until = seconds.map { system_now() + Int64($0) * 1_000 }
        let typed = line(until: until)
        if typed == nil, let until, until <= system_now() {
            Output.complain("")
            throw CommandError("nothing was changed: nobody answered in time", hint: "run this again", code: .refused)
        }
        guard let typed, typed.utf8.elementsEqual(name.utf8) else {
            throw CommandError(
                "nothing was changed: that was not \(name)", hint: "type the name letter by letter, or leave it",
                code: .refused)
        }
    }

    /// Reads one line of standard input, without its end.
    ///
    /// `until` counts as `system_now` does; nil sets no limit. Returns nil at end of input, for a line that is too
    /// long, and when the time is up.
    private static func line(until: Int64?) -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < longest {
            if let until, readable([STDIN_FILENO], until: until).isEmpty {
                if until <= system_now() { return nil }
                continue
            }
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return nil }
            if byte == 0x0A { return String(validating: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        return nil
    }
}
