internal import CSyscalls
internal import CommandSupport
internal import Glibc

/// The way back that needs nobody: at a set time everything is put back, unless it was kept.
enum SetupRollback {
    private static let service = "/etc/systemd/system/countersign-rollback.service"
    private static let timer = "/etc/systemd/system/countersign-rollback.timer"
    private static let timerUnit = "countersign-rollback.timer"
    /// POSIX_SPAWN_SETSID, which spawn.h defines for GNU programs only.
    private static let newSession: Int16 = 0x80

    static var hasSystemd: Bool { access("/run/systemd/system", F_OK) == 0 }

    /// Arms it, before the first change.
    ///
    /// A unit of systemd survives a restart of the machine; without systemd a process waits, which does not.
    ///
    /// - Throws: `CommandError` if it cannot be armed.
    static func arm(_ journal: SetupJournal) throws {
        guard let time = journal.rollbackAt else { return }
        if hasSystemd { try armTimer(journal.id, at: time) } else { try startProcess(journal.id, at: time) }
    }

    private static func armTimer(_ id: String, at time: Int64) throws {
        try SystemFile.replace(
            service,
            with: """
                [Unit]
                Description=Put back the logins as they were before countersign setup

                [Service]
                Type=oneshot
                ExecStart=\(program) setup --undo --scheduled \(id)

                """)
        let moment = Timestamp.utc(time).replacing("T", with: " ").replacing("Z", with: " UTC")
        try SystemFile.replace(
            timer,
            with: """
                [Unit]
                Description=When countersign setup is taken back

                [Timer]
                OnCalendar=\(moment)
                Persistent=true
                AccuracySec=1s

                [Install]
                WantedBy=timers.target

                """)
        guard SetupApply.systemctl("daemon-reload"), SetupApply.systemctl("enable", "--now", timerUnit) else {
            disarm()
            throw CommandError(
                "systemd does not take the timer that puts everything back",
                hint: "no login was changed; systemctl status \(timerUnit), or add --rollback-after never")
        }
    }

    /// Path of this program.
    private static var program: String {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &path, path.count - 1)
        return length > 0
            ? String(decoding: path.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            : "/usr/bin/countersign"
    }

    private static func startProcess(_ id: String, at time: Int64) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in 0...2 {
            posix_spawn_file_actions_addopen(&actions, CInt(descriptor), "/dev/null", O_RDWR, 0)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, newSession)
        let seconds = max(0, time - Timestamp.now)
        let words = ["countersign", "setup", "--undo", "--scheduled", id, "--wait", String(seconds)]
        var arguments = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nil]
        defer { (arguments + variables).forEach { free($0) } }
        var child: pid_t = 0
        let error = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, &arguments, &variables)
        guard error == 0 else {
            throw CommandError(
                "the process that puts everything back cannot be started: \(systemReason(error))",
                hint: "no login was changed")
        }
        Output.warning("without systemd the way back is a process: it does not outlive a restart of the machine")
    }

    /// Takes the timer away; a process that waits sees by itself that it has nothing to do.
    static func disarm() {
        guard access(timer, F_OK) == 0 || access(service, F_OK) == 0 else { return }
        if hasSystemd { _ = SetupApply.systemctl("disable", "--now", timerUnit) }
        try? SystemFile.remove(timer)
        try? SystemFile.remove(service)
        if hasSystemd { _ = SetupApply.systemctl("daemon-reload") }
    }

    /// Waits, then puts everything back unless that setup is no longer in force, or was kept.
    static func run(_ id: String, after seconds: Int64) throws {
        let until = system_now() + seconds * 1_000
        while system_now() < until {
            guard try isDue(id) else { return }
            usleep(useconds_t(min(500, max(1, until - system_now())) * 1_000))
        }
        try SetupJournal.lock(waits: true)
        guard try isDue(id), let journal = try SetupJournal.load() else { return }
        try SetupApply.undo(journal, force: true)
        log("everything was put back, as nobody kept it", journal)
    }

    private static func isDue(_ id: String) throws -> Bool {
        guard let journal = try SetupJournal.load() else { return false }
        return journal.id == id && !journal.isKept
    }

    static func log(_ detail: String, _ journal: SetupJournal) {
        AuditLog(program: "countersign").write(
            [("action", "setup"), ("services", journal.services.joined(separator: ","))], detail: detail,
            level: .warning)
    }
}
