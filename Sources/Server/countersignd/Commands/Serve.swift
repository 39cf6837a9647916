internal import ArgumentParser
internal import AuthyService
internal import CommandSupport
internal import Glibc
internal import Logging
internal import Records
internal import ServerSettings

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server until SIGTERM.",
        discussion: """
            Examples:
              systemctl enable --now countersignd
              countersignd serve --config $PWD/settings.toml --state $PWD/state
            """)

    @OptionGroup var place: Place

    @Flag(help: "Let gateways of the type log write codes to the log: for trying out only.")
    var insecureLogCodes = false

    func run() async throws {
        signal(SIGHUP, SIG_IGN)
        // Beyond RLIMIT_FSIZE, the write fails with EFBIG and the server continues.
        signal(SIGXFSZ, SIG_IGN)
        let log = JSONLog.logger()
        do {
            try await serve(log)
        } catch RecordStoreError.gone(let path) {
            JSONLog.fail(
                "database_gone", reason: "\(path) was removed or replaced while the server ran",
                hint: "put it back, or countersignd restore BACKUP; nothing was answered as done that is not in it")
            throw ExitCode(1)
        } catch {
            let failure = CommandError(error)
            JSONLog.fail("start_failed", reason: failure.message, hint: failure.hint)
            if failure.code == .settings { throw ExitCode(failure.code.rawValue) }
            throw ExitCode(1)
        }
        log.notice("stopped")
        JSONLog.flush()
    }

    private func serve(_ log: Logger) async throws {
        let context = try await place.open()
        let stateLock = try StateLock(serving: context.settings.state)
        defer { withExtendedLifetime(stateLock) {} }
        let begun = ContinuousClock.now
        let waiters = WaiterRegistry { (ContinuousClock.now - begun).components.seconds }
        let clock = try await LimitClock(context.store, at: Int64(time(nil)), uptime: waiters.uptime)
        let outbox = try OutboxDispatcher(context, log: log, logCodes: insecureLogCodes, timeout: .milliseconds(2_500))
        let service = context.service(outbox: outbox, log: log, waiters: waiters, limitClock: clock)
        try await outbox.begin(service)
        _ = try await service.reviseNumbers()
        let store = context.store
        try await Serving(service: service, outbox: outbox, log: log) { try store.requireInPlace() }.run()
    }
}
