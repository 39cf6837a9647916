internal import CPAM
internal import CommandSupport
internal import Glibc

/// The stack of one service, in a directory of its own.
enum PAMStack {
    /// Runs `body` with a directory for pam_start_confdir(3), which exists until `body` returns.
    ///
    /// `module` nil stands for the module that libpam finds by its name.
    static func with<Value>(service: String, module: Path?, arguments: [String], _ body: (String) throws -> Value)
        throws -> Value
    {
        let words = [module?.text ?? "pam_countersign.so"] + arguments
        guard words.allSatisfy({ $0.utf8.allSatisfy(isPlain) }) else {
            throw CommandError(
                "a path has a blank or another character in it that a line of pam.d does not take",
                hint: "use other paths")
        }
        var template = Array("/tmp/countersign-try.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandError("no directory can be made in /tmp: \(systemReason())")
        }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // libpam falls back to the stack `other` for the remaining types, and logs an error if there is none.
        let denial = ["auth", "account", "password", "session"].map { "\($0) required pam_deny.so\n" }.joined()
        let stacks = ["other": denial].merging([service: "auth required \(words.joined(separator: " "))\n"]) { $1 }
        defer {
            for name in stacks.keys { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        for (name, stack) in stacks { try write(stack, to: "\(folder)/\(name)") }
        return try body(folder)
    }

    private static func write(_ text: String, to file: String) throws {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        defer { if descriptor >= 0 { close(descriptor) } }
        let bytes = Array(text.utf8)
        guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw CommandError("\(file) cannot be written: \(systemReason())")
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7F && ![0x23, 0x5B, 0x5C, 0x5D].contains(byte)
    }
}

/// One login through libpam, with the person at this terminal.
final class PAMLogin {
    enum Result: Equatable, CustomStringConvertible {
        case letIn
        /// The message of libpam.
        case refused(String)

        var description: String {
            switch self {
            case .letIn: "success"
            case .refused(let why): why
            }
        }
    }

    private let handle: OpaquePointer

    /// Starts libpam, which reads the stack and loads the module here; the directory may then go.
    init(service: String, user: String, folder: String) throws {
        var conversation = pam_conv(conv: misc_conv, appdata_ptr: nil)
        var started: OpaquePointer?
        let result = pam_start_confdir(service, user, &conversation, folder, &started)
        guard result == PAM_SUCCESS, let started else {
            throw CommandError("libpam cannot start: \(Self.words(result))", hint: "the system log may say more")
        }
        handle = started
        set(PAM_TTY, text: Self.terminal)
        set(PAM_RUSER, text: try SystemUser.numbered(getuid())?.name)
    }

    deinit { pam_end(handle, PAM_SUCCESS) }

    func authenticate() throws -> Result {
        let result = pam_authenticate(handle, 0)
        // Flush what the conversation has printed.
        fflush(nil)
        switch result {
        case PAM_SUCCESS: return .letIn
        case PAM_MODULE_UNKNOWN, PAM_OPEN_ERR, PAM_SYMBOL_ERR:
            throw CommandError(
                "the module cannot be loaded: \(Self.words(result))", hint: "name the one to try with --module")
        default: return .refused(Self.words(result))
        }
    }

    private func set(_ item: CInt, text: String?) {
        guard let text else { return }
        pam_set_item(handle, item, text)
    }

    private static func words(_ result: CInt) -> String {
        // Linux-PAM ignores the handle.
        pam_strerror(nil, result).map { String(cString: $0) } ?? "error \(result)"
    }

    private static var terminal: String? {
        var buffer = [CChar](repeating: 0, count: 256)
        guard ttyname_r(STDIN_FILENO, &buffer, buffer.count) == 0 else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
