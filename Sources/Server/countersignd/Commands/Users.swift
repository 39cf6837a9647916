internal import ArgumentParser
internal import AuthyService
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import Identifiers
internal import Records

struct UserNumber: ParsableArguments {
    @Argument(help: ArgumentHelp("The AuthyID of the user.", valueName: "id")) var number: String

    func validate() throws {
        guard AuthyID(number) == nil else { return }
        throw ValidationError(
            "\(number.isEmpty ? "\"\"" : number) is no AuthyID, which is a number; countersignd user list shows them")
    }

    func id() throws -> AuthyID {
        guard let id = AuthyID(number) else { throw CommandError("\(number) is no AuthyID") }
        return id
    }
}

struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "People, and their phones.",
        discussion: """
            Examples:
              countersignd user list
              countersignd user link 1234567
            """,
        subcommands: [
            List.self, Show.self, Link.self, Confirm.self, Devices.self, Deliveries.self, ChangePhone.self, Unlock.self,
            Remove.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All users.",
            discussion: """
                Examples:
                  countersignd user list
                  countersignd user list --json | jq -r '.[] | select(.devices == []) | .id'
                """)
        @OptionGroup var place: Place
        @OptionGroup var output: OutputOption

        func run() async throws {
            let service = try await place.open().service()
            var after: Int64 = 0
            let head = if output.json { "[" } else { "ID          PHONE              PHONES  CONFIRMED  E-MAIL" }
            try Output.line(head)
            while true {
                let page = try await service.users(after: after, limit: 500)
                for user in page { try show(user, isFirst: after == 0 && user.id == page.first?.id) }
                guard let last = page.last else { break }
                after = last.id.value
            }
            if output.json { try Output.line("]") }
        }

        /// Prints one user at a time, as there may be many.
        private func show(_ user: UserView, isFirst: Bool) throws {
            guard output.json else { return try Output.line(Self.row(user)) }
            let json = user.json.serialized(isSorted: true, escaping: .nonASCII)
            if isFirst { try Output.line(json) } else { try Output.line("," + json) }
        }

        private static func row(_ user: UserView) -> String {
            func cell(_ text: String, width: Int) -> String {
                text + String(repeating: " ", count: max(1, width - text.count))
            }
            let phones = user.devices.count { $0.removed == nil && $0.confirmed != nil }
            let isConfirmed = user.applications.contains { $0.confirmed != nil }
            let confirmed = if isConfirmed { "yes" } else { "no" }
            return cell(user.id.description, width: 12) + cell(user.phone, width: 19) + cell(String(phones), width: 8)
                + cell(confirmed, width: 11) + user.email
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is known about a user.",
            discussion: """
                Example:
                  countersignd user show 1234567
                """)
        @OptionGroup var place: Place
        @OptionGroup var user: UserNumber
        @OptionGroup var output: OutputOption

        func run() async throws {
            let view = try await place.open().service().user(try user.id())
            guard !output.json else { return try Output.json(view.json) }
            try Output.line(
                "user      \(view.id)\nphone     \(view.phone)\n"
                    + "e-mail    \(view.email)\ncreated   \(Timestamp.local(view.created))"
            )
            for member in view.applications {
                try Output.line(
                    "in        application \(member.application), "
                        + (member.confirmed.map { "confirmed \(Timestamp.local($0))" } ?? "not confirmed")
                        + (member.consented.map { ", asks since \(Timestamp.local($0))" }
                            ?? member.refused.map { ", refused \(Timestamp.local($0))" } ?? ", does not ask yet")
                        + (member.email.map { ", \($0)" } ?? ""))
            }
            try Users.show(view.devices)
        }
    }

    struct Deliveries: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What was sent to a user, and what became of it.",
            discussion: """
                Example:
                  countersignd user deliveries 1234567
                """)
        @OptionGroup var place: Place
        @OptionGroup var user: UserNumber
        @OptionGroup var output: OutputOption

        func run() async throws {
            let id = try user.id()
            let all = try await place.open().store.read { try $0.deliveries(user: id, limit: 50) }
            if output.json { return try Output.json(.array(all.map(\.json))) }
            try Output.table(
                ["AT", "KIND", "GATEWAY", "RESULT", "MS", "DETAIL"],
                rows: all.map { delivery in
                    let result = if delivery.succeeded { "sent" } else { "failed" }
                    return [
                        Timestamp.short(delivery.at), delivery.kind, delivery.gateway, result,
                        String(delivery.milliseconds), delivery.detail,
                    ]
                })
        }
    }

    struct Unlock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Let a user try again at once: clear wrong codes and other limits, of ten minutes and of the day.",
            discussion: """
                A code that was spent while the clock of this machine was ahead is free again.

                Example:
                  countersignd user unlock 1234567
                """)
        @OptionGroup var place: Place
        @OptionGroup var user: UserNumber
        @OptionGroup var output: OutputOption

        func run() async throws {
            let id = try user.id()
            let unlocked = try await place.open().service().unlock(id)
            Audit.record("user_unlock", with: ["user": user.number])
            let cleared = Self.cleared(unlocked)
            let what = if cleared.isEmpty { "nothing to unlock" } else { "cleared \(cleared.joined(separator: ", "))" }
            try Output.report("User \(id): \(what).", as: output, json: unlocked.json)
        }

        private static func cleared(_ unlocked: Unlocked) -> [String] {
            let counts: [(Int64, String)] = [
                (unlocked.wrongCodes, "wrong code"), (unlocked.messages, "message"), (unlocked.requests, "request"),
                (unlocked.links, "link"), (unlocked.mails, "mail"),
            ]
            let step =
                if unlocked.freesCode { ["a code that was spent while the clock was ahead"] } else { [] as [String] }
            return counts.filter { $0.0 != 0 }.map { $0.0.counted($0.1) } + step
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a user from all applications, for good.",
            discussion: """
                The user's phones, codes and requests are gone with the user. It cannot be undone.

                Examples:
                  countersignd user remove 1234567
                  countersignd user remove 1234567 --yes
                """)
        @OptionGroup var place: Place
        @OptionGroup var confirmation: ConfirmationOption
        @OptionGroup var user: UserNumber
        @OptionGroup var output: OutputOption

        func run() async throws {
            let id = try user.id()
            let service = try await place.open().service()
            try await confirmation.ask {
                let view = try await service.user(id)
                let phones = view.devices.count { $0.removed == nil }
                let has =
                    "is in \(view.applications.count.counted("application")) "
                    + "and has \(phones.counted("phone"))"
                return "User \(id), \(view.phone), \(has). Remove all of that?"
            }
            try await service.removeUser(id)
            Audit.record("user_remove", with: ["user": user.number])
            try Output.report("User \(id) is removed.", as: output, json: .object(["removed": .integer(id.value)]))
        }
    }
}
