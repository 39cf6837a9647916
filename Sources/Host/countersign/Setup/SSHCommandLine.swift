internal import CommandSupport
internal import Glibc

/// Options that an sshd is started with: they count before every file, and `sshd -T` does not know them.
enum SSHCommandLine {
    /// Options without a value (sshd(8)).
    private static let flags = "46DGQRTVdeiqrt"
    /// Settings that say nothing on who gets in; the policies of Fedora and RHEL set them by options.
    private static let harmless: Set<String> = [
        "ciphers", "macs", "kexalgorithms", "gssapikexalgorithms", "hostkeyalgorithms", "casignaturealgorithms",
        "pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes", "hostbasedacceptedalgorithms",
        "hostbasedacceptedkeytypes", "requiredrsasize", "loglevel",
    ]
    private static let units = ["ssh.service", "sshd.service", "ssh@.service", "sshd@.service"]
    private static let defaults = ["/etc/default/ssh", "/etc/sysconfig/sshd", "/etc/sysconfig/ssh"]

    /// Looks at each sshd that runs, and at what starts the next one.
    ///
    /// - Throws: `CommandError` that names the process or the file with an option that may let others in.
    static func check() throws {
        for (place, line) in running() + configured() {
            guard let option = option(in: line) else { continue }
            throw SystemFile.notUnderstood(
                place, "an sshd is started with \(option), which counts before the files that setup reads and writes")
        }
    }

    /// Command lines of this host's processes; a listening sshd has its own in its title.
    private static func running() -> [(String, String)] {
        let own = namespace("self")
        return Folder.names("/proc").filter { $0.allSatisfy(\.isNumber) }.compactMap { pid in
            var found = stat()
            guard FileText.read("/proc/\(pid)/comm", most: 64) == "sshd\n", stat("/proc/\(pid)", &found) == 0,
                found.st_uid == 0, namespace(pid) == own
            else { return nil }
            return FileText.read("/proc/\(pid)/cmdline", most: 65_536).map { ("process \(pid)", $0) }
        }
    }

    /// The namespace of its process id: an sshd in a container is not this host's.
    private static func namespace(_ pid: String) -> String? {
        var found = stat()
        return stat("/proc/\(pid)/ns/pid", &found) == 0 ? "\(found.st_dev):\(found.st_ino)" : nil
    }

    private static func configured() -> [(String, String)] {
        let files = defaults.flatMap { path in
            lines(FileText.read(path, most: 65_536) ?? "").filter {
                $0.hasPrefix("SSHD_OPTS=") || $0.hasPrefix("OPTIONS=")
            }.map { (path, $0) }
        }
        guard SetupRollback.hasSystemd,
            let text = SystemProgram.output(
                "/usr/bin/systemctl", arguments: ["--no-pager", "cat"] + units, milliseconds: 10_000)?.text
        else { return files }
        // Each line counts, also one that a later file takes back.
        let starts = lines(text).filter { $0.hasPrefix("ExecStart=") || $0.hasPrefix("Environment=") }
        return files + starts.map { ("the unit of sshd (systemctl cat ssh sshd)", $0) }
    }

    private static func lines(_ text: String) -> [String] {
        text.replacing("\\\n", with: " ").split(separator: "\n").map { String($0.drop { " \t".contains($0) }) }
    }

    /// The first option that names other settings, or another file of them.
    private static func option(in line: String) -> String? {
        let words = line.split { " \t\n\"'=\0".contains($0) }.map(String.init)
        for (index, word) in words.enumerated() where word.hasPrefix("-") {
            var rest = word.dropFirst().drop(while: flags.contains)
            guard let flag = rest.popFirst(), "of".contains(flag) else { continue }
            let value = rest.isEmpty ? words.dropFirst(index + 1).first ?? "" : String(rest)
            if flag == "o" ? harmless.contains(value.lowercased()) : value == SSHSurvey.file { continue }
            return "-\(flag) \(value)"
        }
        return nil
    }
}
