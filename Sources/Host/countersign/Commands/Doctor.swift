internal import ArgumentParser
internal import CommandSupport
internal import Glibc
internal import HostSettings
internal import Identifiers
internal import SettingsFile

struct Doctor: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "See whether logins are asked for a second factor, and would work.",
        discussion: """
            Looks at the whole machine, where `countersign check` looks at settings and stacks only: sshd's and sudo's \
            rules for a user, every way through the PAM stacks, helpers, disk, log and server. Prints a line for each \
            check: ok, warning, or problem with what to do next. Exits with 0, 1 or 2 after the worst of them. It \
            changes nothing. Only root can run it.

            Examples:
              countersign doctor
              countersign doctor alice
              countersign doctor alice --from 198.51.100.7
            """)

    @Argument(help: "Whose logins: a user of this host.", completion: .users)
    var user: String?
    @Option(help: ArgumentHelp("The address from which the user comes by ssh.", valueName: "address"))
    var from: String?
    @OptionGroup var helpers: HelpersOption
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        guard let from else { return }
        if user == nil { throw ValidationError("--from needs a user.") }
        var (four, six) = (in_addr(), in6_addr())
        guard inet_pton(AF_INET, from, &four) == 1 || inet_pton(AF_INET6, from, &six) == 1 else {
            throw ValidationError("--from takes an address, such as 198.51.100.7 or 2001:db8::7, not \(from).")
        }
    }

    func perform() throws {
        guard ServiceUser.isRoots else {
            throw CommandError(
                "only root can see all that decides about logins", hint: "sudo countersign doctor\(settings.again)",
                code: .refused)
        }
        let person = try user.map(find)
        var report = DoctorReport(isJSON: output.json)
        let host = DoctorHost(user: person, from: from)
        try report.add(host.stacks())
        try report.add(host.sshd())
        try report.add(host.sudo())
        try report.add(DoctorMachine.programs(helpers: helpers.helpers.text))
        try report.add(DoctorMachine.denials())
        try examine(person, host: host, report: &report)
        try report.finish()
        if report.worst != .ok { throw ExitCode(report.worst.code) }
    }

    private func find(_ name: String) throws -> SystemUser {
        guard let user = try SystemUser.named(name) else {
            throw CommandError(
                "there is no user \(name) on this host", hint: "check the spelling; `getent passwd` lists the users",
                code: .refused)
        }
        return user
    }

    /// Looks at settings, accounts and server, as the users who use them in a login.
    private func examine(_ person: SystemUser?, host: DoctorHost, report: inout DoctorReport) throws {
        let path = settings.config.text
        let serviceUser = try? ServiceUser.current()
        let trust = serviceUser?.trust ?? Trust(owner: 0, group: 0)
        // countersign-net is started by root, before this process becomes another user.
        var server: DoctorServer?
        if let serviceUser, let found = try? Settings.load(path, trust: trust), found.server != nil {
            server = DoctorServer(found, helpers: helpers.helpers, serviceUser: serviceUser)
        }
        defer { server?.end() }
        do { try serviceUser?.takeOver() } catch {
            let failure = CommandError(error)
            return try report.add([.problem("users", failure.message, hint: failure.hint ?? "run it again as root")])
        }
        let accounts = DoctorAccounts(path: path, serviceUser: serviceUser, trust: trust)
        try report.add(accounts.settings())
        guard let known = accounts.known else { return }
        try report.add(host.times(known))
        try report.add(accounts.state(known))
        let account = person.flatMap { accounts.account(of: $0.person, settings: known) }
        if let person { try report.add(accounts.person(person.person, account: account, settings: known)) }
        guard server != nil else { return }
        try report.add(server?.examine(account, of: person?.person) ?? [])
    }
}
