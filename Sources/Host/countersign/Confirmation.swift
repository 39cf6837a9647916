internal import ArgumentParser
internal import CSyscalls
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

    /// - Parameter seconds: how long there is for it; nil for ever.
    static func ask(_ what: String, for name: String, seconds: Int? = nil) throws {
        Output.ask("\(what) Type \(name) to confirm: ")
        let until = seconds.map { system_now() + Int64($0) * 1_000 }
        let typed = line(until: until)
        if typed == nil, let until, until <= system_now() {
            Output.complain("")
            throw Trouble("nothing was changed: nobody answered in time", hint: "run this again", code: .refused)
        }
        guard let typed, typed.utf8.elementsEqual(name.utf8) else {
            throw Trouble(
                "nothing was changed: that was not \(name)", hint: "type the name letter by letter, or leave it",
                code: .refused)
        }
    }

    /// One line of standard input, without its end; nil at the end of it, and when the time is up.
    /// - Parameter until: as `system_now` counts; nil for ever.
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
