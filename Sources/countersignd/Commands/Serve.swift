internal import ArgumentParser
internal import AuthyService
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
              countersignd serve --settings $PWD/settings.toml --state $PWD/state
            """)

    @OptionGroup var place: Place

    @Flag(help: "Let gateways of the type log write codes to the log: for trying out only.")
    var insecureLogCodes = false

    func run() async throws {
        signal(SIGHUP, SIG_IGN)
        let log = JSONLog.logger()
        let desk = try await place.open()
        let claim = try Claim(serving: desk.settings.state)
        defer { withExtendedLifetime(claim) {} }
        let begun = ContinuousClock.now
        let hub = Hub { (ContinuousClock.now - begun).components.seconds }
        let post = try Post(desk, log: log, logCodes: insecureLogCodes, patience: .milliseconds(2_500))
        let service = desk.service(outbox: post, log: log, hub: hub)
        try await post.begin(service)
        _ = try await service.reviseNumbers()
        let store = desk.store
        do { try await Serving(service: service, post: post, log: log) { try store.requireInPlace() }.run() } catch RecordStoreError.gone {
            log.critical("database_gone", metadata: ["database": "\(desk.database)"])
            throw Trouble(
                "\(desk.database) was removed or replaced while the server ran",
                hint: "put it back, or countersignd restore BACKUP; nothing was answered as done that is not in it")
        }
        log.notice("stopped")
    }
}
