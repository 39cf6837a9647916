internal import Accounts
internal import CommandSupport
internal import Glibc
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import SettingsFile

/// Advice on settings that are valid, but have no effect or are probably a mistake.
extension CheckResult {
    static func advice(_ settings: Settings, now: Int64) -> [CheckResult] {
        grace(settings.enrolment, now: now) + outage(settings) + factors(settings) + services(settings)
            + people(settings)
            + exemptions(settings.exemptions) + doubts(settings.groupNames)
    }

    /// Groups that the system cannot look up.
    private static func doubts(_ groups: [String]) -> [CheckResult] {
        groups.compactMap { name in
            do {
                _ = try SystemGroup.named(name)
                return nil
            } catch {
                return CheckResult(
                    "\(CommandError(error).message): what [login.group.\(name)] forbids is forbidden to everyone, "
                        + "and nobody is exempt by it",
                    "see `group` in /etc/nsswitch.conf: each source there must be installed and answer; "
                        + "take out those not in use"
                )
            }
        }
    }

    private static func grace(_ rules: EnrolmentRules, now: Int64) -> [CheckResult] {
        guard rules.mode == .grace, let last = rules.graceUntil, rules.isOver(now) else { return [] }
        return [
            CheckResult(
                "enrolment.grace_until: \(last) is over: no grace login is left",
                "set a later day, or mode = \"required\"")
        ]
    }

    /// Users that no login offers enrollment, because their names give no e-mail address.
    ///
    /// `accounts` are the accounts of this host; `system` are the users that the system lists.
    static func namesWithoutAddress(_ settings: Settings, accounts: [(Person, Account)], system: [SystemUser])
        -> [CheckResult]
    {
        guard settings.enrolment.atLogin, settings.enrolment.mode == .grace else { return [] }
        let enrolled = accounts.filter { $0.1.state != .none || $0.0.key != nil }.map(\.0.name)
        let names = Set(accounts.map(\.0.name) + system.map(\.name)).subtracting(enrolled)
        let without = names.filter { UserAddress.of($0, domain: settings.enrolment.emailDomain) == nil }.sorted()
        guard let first = without.first else { return [] }
        let rest = if without.count > 5 { " and \(without.count - 5) more" } else { "" }
        let named = without.prefix(5).joined(separator: ", ") + rest
        return [
            CheckResult(
                "enrolment.at_login: no offer to \(named): the name gives no e-mail address",
                "countersign enroll '\(first)' --phone +CC... --email ADDRESS")
        ]
    }

    private static func outage(_ settings: Settings) -> [CheckResult] {
        guard settings.outage == .allow, settings.server == nil else { return [] }
        return [
            CheckResult(
                "outage.mode: \"allow\" does nothing without [server]",
                "write [server] into the settings, or leave [outage] out")
        ]
    }

    private static func factors(_ settings: Settings) -> [CheckResult] {
        guard settings.server == nil else { return [] }
        let tables = [("login", "")] + settings.serviceNames.map { ("login.service.\($0)", $0) }
        let lacking = tables.filter { !settings.login(for: $0.1).factors.contains(.softToken) }
        // A finding for [login] covers the services too.
        let shown = if lacking.first?.0 == "login" { lacking.prefix(1) } else { lacking[...] }
        return shown.map { table, service in
            let names = settings.login(for: service).factors.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            return CheckResult(
                "\(table).factors: nothing of \(names) works without [server]: nobody can prove a factor",
                "add \"softtoken\", or write [server] into the settings")
        }
    }

    private static func services(_ settings: Settings) -> [CheckResult] {
        unknown(settings.serviceNames.filter { $0 != StepUpProof.service }).map { name, hint in
            CheckResult("login.service.\(name): \(noStack(name)): these rules are for nobody", hint)
        }
    }

    /// Advice if no stack has this service name.
    static func service(_ name: String) -> [CheckResult] {
        unknown([name]).map { CheckResult("\(noStack($0)): no login has this service", $1) }
    }

    private static func noStack(_ name: String) -> String {
        "there is neither /etc/pam.d/\(name) nor /usr/lib/pam.d/\(name)"
    }

    /// Returns the names that have no stack, each with a hint.
    private static func unknown(_ names: [String]) -> [(String, String)] {
        let known = AuthStack.folders.flatMap { Folder.names($0) }
        return names.filter { !known.contains($0) }.map { name in
            // People may have used a shorter or longer form of a stack's name.
            let related = known.filter { $0.hasPrefix(name) || name.hasPrefix($0) }.sorted()
            let near =
                if !related.isEmpty {
                    Array(related.prefix(4))
                } else {
                    name.nearest(in: known).map { [$0] } ?? []
                }
            let question = if near.isEmpty { "" } else { "did you mean \(near.joined(separator: ", "))? " }
            return (name, question + "A service is named as its file in /etc/pam.d")
        }
    }

    private static func people(_ settings: Settings) -> [CheckResult] {
        let users = settings.userNames.filter { !exists($0, find: SystemUser.named) }.map { ("user", $0, "passwd") }
        let groups = settings.factorGroups.filter { !exists($0, find: SystemGroup.named) }.map {
            ("group", $0, "group")
        }
        return (users + groups).map { kind, name, table in
            CheckResult(
                "login.\(kind).\(name): there is no \(kind) \(name) on this host: these rules are for nobody",
                "check the spelling; `getent \(table)` lists them")
        }
    }

    private static func exemptions(_ exemptions: [Exemption]) -> [CheckResult] {
        exemptions.enumerated().flatMap { index, exemption in
            let users = (exemption.users ?? []).filter { !exists($0, find: SystemUser.named) }.map {
                ("users", "user", $0, "passwd")
            }
            let groups = (exemption.groups ?? []).filter { !exists($0, find: SystemGroup.named) }.map {
                ("groups", "group", $0, "group")
            }
            return (users + groups).map { key, kind, name, table in
                CheckResult(
                    "exempt[\(index + 1)].\(key): there is no \(kind) \(name) on this host",
                    "check the spelling; `getent \(table)` lists them")
            }
        }
    }

    /// Also true if the system cannot tell.
    private static func exists<Found>(_ name: String, find: (String) throws -> Found?) -> Bool {
        do { return try find(name) != nil } catch { return true }
    }
}
