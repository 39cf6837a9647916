internal import Accounts
internal import ArgumentParser
internal import CommandSupport
internal import HostSettings
internal import Identifiers
internal import LoginPolicy

struct SelfEnroll: SelfChange {
    static let configuration = CommandConfiguration(
        commandName: "enroll",
        abstract: "Enroll your phone, if you never had a second factor.",
        discussion: """
            Asks for your mobile number, and for the code that is sent to it, as a login does where enrolment.at_login \
            allows it.

            Example:
              sudo countersign self enroll
            """)

    /// The login itself makes the offer, under all its conditions: a grace login left, an allowed network, an unused
    /// number.
    func needsProof(_ account: AccountProbe, settings: Settings) throws -> Bool {
        let ask = "ask the administrator: countersign enroll"
        switch account.state {
        case .linked:
            throw CommandError("you have been given a second factor already", hint: "sudo countersign self confirm")
        case .confirmed:
            // Perhaps a minute ago, when sudo's own login offered it.
            try Output.line("you are enrolled")
            Output.hint(
                "sudo countersign self recovery makes codes for a lost phone; for a changed one ask the administrator")
            throw ExitCode.success
        case .none where account.hadAuthyID: throw CommandError("you had a phone here before", hint: ask)
        case .none: break
        }
        guard settings.enrolment.atLogin, settings.enrolment.atLoginNetworks == nil, settings.enrolment.mode == .grace
        else {
            throw CommandError(
                "nobody enrolls themselves here: the settings allow it in logins of some networks only, or not at all",
                hint: ask,
                code: .refused)
        }
        return true
    }

    func change(_ person: Person, in context: CommandContext, from state: AccountState) throws {
        let account = try context.accounts.account(of: person)
        guard account.isConfirmed else {
            throw CommandError("the account of \(person.name) has changed meanwhile", hint: "run this again")
        }
        try Output.line(
            "\(person.label): enrolled (\(ChangeSummary.factors(account))); now: sudo countersign self recovery")
    }
}

struct SelfConfirm: SelfChange {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Prove the factor that you were given, once.",
        discussion: """
            Asks for it as a login does: that confirms the account. From then on it is asked for in every login.

            Example:
              sudo countersign self confirm
            """)

    func needsProof(_ account: AccountProbe, settings: Settings) throws -> Bool {
        if account.state == .none {
            throw CommandError("you have no second factor to confirm", hint: "sudo countersign self enroll")
        }
        return account.state == .linked
    }

    func change(_ person: Person, in context: CommandContext, from state: AccountState) throws {
        let account = try context.accounts.account(of: person)
        guard account.isConfirmed else {
            throw CommandError("the account of \(person.name) has changed meanwhile", hint: "run this again")
        }
        try Output.line("\(person.label): the account is confirmed (\(ChangeSummary.factors(account)))")
    }
}
