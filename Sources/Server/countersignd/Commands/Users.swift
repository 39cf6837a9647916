internal import Encoding
internal import ArgumentParser
internal import AuthyService
internal import AuthyWire
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
                  countersignd user list --json | jq -r 'select(.devices == []) | .id'
                """)
        @OptionGroup var place: Place
        @Flag(help: "As JSON, one object on a line.") var json = false

        func run() async throws {
            let service = try await place.open().service()
            var after: Int64 = 0
            if !json { Output.line("ID          PHONE              PHONES  CONFIRMED  E-MAIL") }
            while true {
                let page = try await service.users(after: after, limit: 500)
                for user in page {
                    if json { Output.json(Users.json(user)) } else { Output.line(Self.row(user)) }
                }
                guard let last = page.last else { return }
                after = last.id.value
            }
        }

        private static func row(_ user: UserView) -> String {
            func cell(_ text: String, width: Int) -> String {
                text + String(repeating: " ", count: max(1, width - text.count))
            }
            let phones = user.devices.count { $0.removed == nil && $0.confirmed != nil }
            return cell(user.id.description, width: 12) + cell(user.phone, width: 19) + cell(String(phones), width: 8)
                + cell(user.applications.contains { $0.confirmed != nil } ? "yes" : "no", width: 11) + user.email
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
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let view = try await place.open().service().user(try user.id())
            guard !json else { return Output.json(Users.json(view)) }
            Output.line(
                "user      \(view.id)\nphone     \(view.phone)\n"
                    + "e-mail    \(view.email)\ncreated   \(RFC3339.utc(view.created))"
            )
            for member in view.applications {
                Output.line(
                    "in        application \(member.application), "
                        + (member.confirmed.map { "confirmed \(RFC3339.utc($0))" } ?? "not confirmed")
                        + (member.consented.map { ", asks since \(RFC3339.utc($0))" }
                            ?? member.refused.map { ", refused \(RFC3339.utc($0))" } ?? ", does not ask yet")
                        + (member.email.map { ", \($0)" } ?? ""))
            }
            Users.show(view.devices)
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

        func run() async throws {
            let id = try user.id()
            let all = try await place.open().store.read { try $0.deliveries(user: id, limit: 50) }
            Output.table(
                [["AT", "KIND", "GATEWAY", "RESULT", "MS", "DETAIL"]]
                    + all.map {
                        [
                            RFC3339.utc($0.at), $0.kind, $0.gateway, $0.succeeded ? "sent" : "failed",
                            String($0.milliseconds), $0.detail,
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

        func run() async throws {
            let id = try user.id()
            let cleared = Self.cleared(try await place.open().service().unlock(id))
            Audit.record("user_unlock", with: ["user": user.number])
            let result =
                if cleared.isEmpty { "nothing to unlock" } else { "cleared \(cleared.joined(separator: ", "))" }
            Output.line("User \(id): \(result).")
        }

        private static func cleared(_ unlocked: Unlocked) -> [String] {
            func count(_ number: Int64, _ noun: String) -> String? {
                if number == 0 { nil } else { Output.count(number, noun) }
            }
            return [
                count(unlocked.wrongCodes, "wrong code"), count(unlocked.messages, "message"),
                count(unlocked.requests, "request"),
                count(unlocked.links, "link"), count(unlocked.mails, "mail"),
                unlocked.freesCode ? "a code that was spent while the clock was ahead" : nil,
            ].compactMap { $0 }
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
        @OptionGroup var consent: Consent
        @OptionGroup var user: UserNumber

        func run() async throws {
            let id = try user.id()
            let service = try await place.open().service()
            try await consent.ask {
                let view = try await service.user(id)
                let phones = view.devices.count { $0.removed == nil }
                let has =
                    "is in \(Output.count(view.applications.count, "application")) "
                    + "and has \(Output.count(phones, "phone"))"
                return "User \(id), \(view.phone), \(has). Remove all of that?"
            }
            try await service.removeUser(id)
            Audit.record("user_remove", with: ["user": user.number])
            Output.line("User \(id) is removed.")
        }
    }

    private static func json(_ user: UserView) -> JSONValue {
        [
            "id": .integer(user.id.value), "phone": .string(user.phone), "email": .string(user.email),
            "created": .integer(user.created),
            "applications": .array(
                user.applications.map {
                    [
                        "id": .integer($0.application), "confirmed": .integer(orNull: $0.confirmed),
                        "consented": .integer(orNull: $0.consented),
                        "refused": .integer(orNull: $0.refused),
                        "email": .string(orNull: $0.email),
                    ]
                }),
            "devices": .array(user.devices.map(json)),
        ]
    }
}
