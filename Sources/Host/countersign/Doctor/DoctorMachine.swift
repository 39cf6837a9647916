internal import CommandSupport
internal import Glibc

/// What the machine itself does for logins, or against them: root looks at it.
enum DoctorMachine {
    private static let journal = ["/usr/bin/journalctl", "/bin/journalctl"]
    private static let audit = ["/usr/sbin/ausearch", "/sbin/ausearch"]
    /// Refusals of AppArmor and SELinux that concern our profiles and types, as the kernel writes them.
    ///
    /// The name of a program proves nothing: everybody may choose it.
    private static let denial =
        #"(apparmor="DENIED".* profile="([^"]*/)?countersign|avc: +denied.* [st]context=[^ ]*:countersign)"#

    /// The users, the helpers and the module: whether they are there, who may change them, and whether they start.
    static func programs(helpers: String) -> [Diagnosis] {
        var found = (try? CheckResult.users())?.map { Diagnosis.found("users", $0) } ?? []
        let faults = CheckResult.helpers(helpers, ownedBy: 0)
        for name in ["countersign-login", "countersign-net"] {
            guard let fault = faults[name] else { continue }
            found.append(.found("helpers", fault))
        }
        found += PAMModules.files(AuthStack.module).compactMap(module)
        return found.isEmpty ? [.ok("helpers", "the helpers start as their users")] : found
    }

    /// Who may change the module.
    private static func module(_ path: String) -> Diagnosis? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
            return .problem("module", "\(path): not a module: its logins are refused", hint: "install Countersign anew")
        }
        guard status.st_uid != 0 || status.st_mode & 0o022 != 0 else { return nil }
        return .problem(
            "module", "\(path): others than root may change it", hint: "chown root:root \(path) && chmod 644 \(path)")
    }

    /// What AppArmor and SELinux refused us within a day, by the journal and by auditd's log.
    static func denials() -> [Diagnosis] {
        let kernel = ["_TRANSPORT=kernel", "_TRANSPORT=audit"]
        let sources = [
            (journal, ["-q", "-o", "cat", "--no-pager", "-n", "100", "--since", "-24h", "-g", denial] + kernel),
            (audit, ["--input-logs", "-m", "AVC,USER_AVC", "-ts", "yesterday", "--raw"]),
        ]
        var (found, lines) = ([Diagnosis](), [Substring]())
        for (paths, arguments) in sources {
            guard let program = paths.first(where: { access($0, X_OK) == 0 }) else { continue }
            guard let (code, text) = SystemProgram.output(program, arguments: arguments, milliseconds: 10_000) else {
                found.append(
                    .warning(
                        "log", "\(program) gave no answer in 10 seconds, or too long a one", hint: "look by hand"))
                continue
            }
            // Both end with 1 if nothing is found, and say nothing, or that.
            if code > 1 || code == 1 && text.contains("pattern matching") {
                let why = text.split(separator: "\n").last.map { String($0.prefix(200)) } ?? "exit code \(code)"
                found.append(.warning("log", "\(program) cannot be asked for denials: \(why)", hint: "look by hand"))
                continue
            }
            lines += text.split(separator: "\n").filter(isOurs)
        }
        if let last = lines.last {
            let count = lines.count.counted("denial")
            found.append(
                .problem(
                    "log", "\(count) by AppArmor or SELinux within a day, the last: \(last.prefix(200))",
                    hint: "aa-logprof or audit2why tells which rule is missing"))
        }
        return found.isEmpty ? [.ok("log", "no denial by AppArmor or SELinux within a day")] : found
    }

    /// Whether a line is a refusal by our profiles, or of our types.
    private static func isOurs(_ line: Substring) -> Bool {
        guard line.lowercased().contains("denied") else { return false }
        return line.split(separator: " ").contains { word in
            let names = word.split(separator: "/").last ?? ""
            return word.hasPrefix("profile=\"")
                && (names.hasPrefix("countersign") || word.hasPrefix("profile=\"countersign"))
                || (word.hasPrefix("scontext=") || word.hasPrefix("tcontext=")) && word.contains(":countersign")
        }
    }
}
