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
                StartLimitIntervalSec=0

                [Service]
                Type=exec
                ExecStart=\(program) setup --undo --scheduled \(id)
                Restart=on-failure
                RestartSec=30
                RestartPreventExitStatus=\(CommandError.Code.refused.rawValue)

                """)
        let moment = Timestamp.utc(time).replacing("T", with: " ").replacing("Z", with: " UTC")
        try SystemFile.replace(
            timer,
            with: """
                [Unit]
                Description=When countersign setup is taken back

                [Timer]
                OnCalendar=\(moment)
                # A clock that is set back must not put it off.
                OnActiveSec=\(max(1, time - Timestamp.now))
                Persistent=true
                AccuracySec=1s

                [Install]
                WantedBy=timers.target

                """)
        // A timer that is left from an earlier setup has elapsed, and would not start anew by `enable --now`.
        guard SSHReload.systemctl("daemon-reload"), SSHReload.systemctl("enable", timerUnit),
            SSHReload.systemctl("restart", timerUnit)
        else {
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
        guard length > 0 else { return "/usr/bin/countersign" }
        let name = String(decoding: path.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // An upgrade has put a new program in place of this one.
        let ending = " (deleted)"
        return if name.hasSuffix(ending) { String(name.dropLast(ending.count)) } else { name }
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
        if hasSystemd { _ = SSHReload.systemctl("disable", "--now", timerUnit) }
        try? SystemFile.remove(timer)
        try? SystemFile.remove(service)
        if hasSystemd { _ = SSHReload.systemctl("daemon-reload") }
    }

    /// Waits, then puts everything back unless that setup is no longer in force, or was kept.
    ///
    /// - Parameters:
    ///   - id: the setup.
    ///   - seconds: time to wait, and to try again afterwards; nil if systemd does both.
    /// - Throws: `CommandError` if something could not be put back.
    static func run(_ id: String, after seconds: Int64?) throws {
        let until = system_now() + (seconds ?? 0) * 1_000
        while system_now() < until {
            if let isDue = try? isDue(id), !isDue { return }
            usleep(useconds_t(min(500, max(1, until - system_now())) * 1_000))
        }
        while true {
            do { return try putBack(id) } catch {
                let failure = CommandError(error)
                guard seconds != nil, failure.code != .refused else { throw failure }
            }
            sleep(30)
        }
    }

    private static func putBack(_ id: String) throws {
        let lock = try SetupJournal.lock(waits: true)
        defer { close(lock) }
        guard let journal = try SetupJournal.load(), !journal.isKept else { return disarm() }
        guard journal.id == id else { return }
        do { try SetupUndo.undo(journal, occasion: .schedule) } catch {
            log(CommandError(error).message, journal)
            throw error
        }
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
