internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import Identifiers
internal import LoginPolicy
internal import NewFile

struct MetricsCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print figures for Prometheus, or write them to a file for node_exporter.",
        discussion: """
            Logins are those of the last hour. The file is replaced in one step, so that no half of it is read; its \
            name ends in .prom.

            Examples:
              countersign metrics
              countersign metrics --output /var/lib/prometheus/node-exporter/countersign.prom
            """)

    @Option(help: ArgumentHelp("A file to replace, in place of standard output.", valueName: "file"))
    var output: Path?
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        if let output { return try write(to: output) }
        let system = SystemPeople.all()
        let context = try CommandContext.open(settings, begins: false)
        try Output.picture([String(try HostMetrics(context, system).text.dropLast())])
    }

    /// Has a process of its own, which becomes another user, print into a file that this one opens and renames.
    private func write(to file: Path) throws {
        do {
            let made = try NewFile(file.text, replaces: true)
            defer { made.discard() }
            let code = try OwnProcess.command.run(
                ["metrics", "--config", settings.config.text], writingTo: made.descriptor)
            guard code == 0 else { throw ExitCode(code) }
            // The exporter runs as another user; there is no name in it.
            guard fchmod(made.descriptor, 0o644) == 0 else { throw NewFileError.failed(systemReason()) }
            try made.finish()
        } catch NewFileError.failed(let why) {
            throw CommandError(
                "\(file) cannot be written: \(why)", hint: "name a file in a directory that is there and has room")
        }
    }
}

/// The figures of a host.
///
/// The values of labels are words of ours: no user and no address is one.
private struct HostMetrics {
    private var page = PrometheusText()
    var text: String { page.text }

    init(_ context: CommandContext, _ system: [SystemUser]) throws {
        let rollout = RolloutForecast(
            try context.accounts.list(), system, context.settings, graceLogins: [:],
            horizon: .init(logins: 0, days: 0), now: context.now)
        page.add(
            "countersign_build_info", .gauge, help: "The version of the command; always 1.",
            samples: [.init(1, labels: [("version", Usage.version)])])
        page.add(
            "countersign_users", .gauge, help: "Users of this host by where they stand, as countersign report says.",
            samples: RolloutForecast.Standing.allCases.map {
                .init(Int64(rollout.counts[$0] ?? 0), labels: [("state", $0.rawValue)])
            })
        page.add(
            "countersign_users_locked", .gauge, help: "Users whose codes are locked after wrong ones.",
            value: Int64(rollout.locked))
        page.add(
            "countersign_users_paused", .gauge, help: "Users whose factor is paused.", value: Int64(rollout.paused))
        page.add(
            "countersign_logins_last_hour", .gauge,
            help: "Logins of the last hour by outcome and reason, as in the log.",
            samples: try Self.logins(context))
    }

    private struct End: Hashable {
        let outcome: Outcome
        let reason: String
    }

    private static func logins(_ context: CommandContext) throws -> [PrometheusText.Sample] {
        var filter = HistoryFilter()
        filter.since = context.now - 3_600
        filter.until = context.now + 60
        let rows = try context.accounts.history(filter, limit: 100_000)
        let counts = Dictionary(rows.map { (End(outcome: $0.outcome, reason: $0.reason), 1) }, uniquingKeysWith: +)
        // A reason that came once keeps its series while the row is there; those of alerts are there from the start.
        let always = [End(outcome: .excused, reason: Reason.outage.rawValue)].map { ($0, 0) }
        let all = counts.merging(always) { count, _ in count }
        let words = Set(Reason.allCases.map(\.rawValue))
        return all.filter { words.contains($0.key.reason) }
            .sorted { ($0.key.outcome.rawValue, $0.key.reason) < ($1.key.outcome.rawValue, $1.key.reason) }
            .map { end, count in
                .init(Int64(count), labels: [("outcome", end.outcome.rawValue), ("reason", end.reason)])
            }
    }
}
