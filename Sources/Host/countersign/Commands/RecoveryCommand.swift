internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import Recovery

struct RecoveryCommand: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "recovery",
        abstract: "Make ten recovery codes for a user.",
        discussion: """
            Each is good for one login in place of a factor, by the word "recovery" at the prompt. They are shown this \
            once, and those that were made before are void: if there are any, the user's name is asked for first on a \
            terminal, and elsewhere --yes is needed. Anyone who sees them has the user's second factor.

            Examples:
              countersign recovery alice
              countersign recovery alice --yes
              countersign recovery alice --count      how many are left
            """)

    @OptionGroup var user: UserArgument
    @Flag(help: "Only tell how many are left.")
    var count = false
    @OptionGroup var confirmation: ConfirmationOption
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        let person = try user.find()
        let context = try CommandContext.open(settings)
        let left = if count { 0 } else { try context.accounts.account(of: person).recoveryLeft }
        if left > 0 {
            let codes = left.counted("recovery code")
            let what = "\(codes) of \(person.label) \(left == 1 ? "becomes" : "become") void."
            try confirmation.ask(what, for: person.name)
        }
        if count {
            try Self.showCount(person, in: context, json: output.json)
        } else {
            try Self.make(person, in: context, json: output.json)
        }
    }

    static func showCount(_ person: Person, in context: CommandContext, json: Bool) throws {
        let left = try context.accounts.account(of: person).recoveryLeft
        guard json else {
            return try Output.line("\(person.label): \(left.counted("recovery code")) left")
        }
        try Output.json(object(person, more: ["recovery_codes_left": .integer(Int64(left))]))
    }

    static func make(_ person: Person, in context: CommandContext, json: Bool) throws {
        let account = try context.accounts.account(of: person)
        guard account.state != .none else {
            throw CommandError(
                "\(person.label) has no factor that a recovery code could stand for",
                hint: "countersign \(context.settings.server == nil ? "softtoken" : "enroll") \(person.name)")
        }
        let codes = RecoveryCodes.make()
        guard codes.count == RecoveryCodes.count, let hashes = RecoveryCodes.hashes(of: codes) else {
            throw CommandError("no recovery codes can be made: crypt(3) has no yescrypt, or no 16 MB for it")
        }
        let change = try context.accounts.setRecoveryCodes(person, to: hashes)
        context.logChange(
            "recovery", of: person, detail: "\(codes.count.counted("code")) made, \(change.before.recoveryLeft) void"
        )
        // Printed even if the output fails.
        defer {
            Output.complain(ChangeSummary.recovery(person, change: change))
            warn(account, person: person, in: context)
        }
        let spelled = codes.map(RecoveryCodes.spelled)
        guard json else { return try Output.picture(spelled) }
        try Output.json(object(person, more: ["recovery_codes": .array(spelled.map { .string($0) })]))
    }

    private static func warn(_ account: Account, person: Person, in context: CommandContext) {
        if !account.isConfirmed { Output.warning("they are of no use until \(person.label) has once proven a factor") }
        guard !context.settings.login(for: "", of: person).factors.contains(.recovery) else { return }
        Output.warning("the settings' factors do not have \"recovery\": the codes are not taken")
    }

    private static func object(_ person: Person, more: [String: JSONValue]) -> JSONValue {
        let whose: [String: JSONValue] = [
            "user": .string(person.name), "uid": .integer(Int64(person.uid)),
            "key": person.key.map { .string($0.description) } ?? .null,
        ]
        return .object(JSONObject(sorting: whose.merging(more) { $1 }))
    }
}
