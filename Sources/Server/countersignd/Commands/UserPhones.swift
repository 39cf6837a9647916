internal import ArgumentParser
internal import AuthyService
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import Identifiers
internal import Logging
internal import QRCode
internal import Records

// Commands about a user's phones

extension Users {
    struct Link: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A one-time link that makes a phone's browser a device of the user.",
            discussion: """
                Examples:
                  countersignd user link 1234567
                  countersignd user link 1234567 --send sms
                """)
        @OptionGroup var place: Place
        @OptionGroup var user: UserNumber
        @Flag(help: "Print the link alone.") var plain = false
        @OptionGroup var output: OutputOption
        @Option(help: "Send it instead.") var send: Way?

        enum Way: String, CaseIterable, ExpressibleByArgument {
            case sms, email

            var kind: OneCode.Kind { if self == .sms { .sms } else { .email } }
        }

        func run() async throws {
            let context = try await place.open()
            let id = try user.id()
            if let send { return try await self.send(by: send, to: id, context) }
            let service = context.service()
            _ = try await service.user(id)
            guard let link = try await service.link(for: id) else {
                throw CommandError(
                    "phones cannot reach this server", hint: "set public_url under [server] in the settings")
            }
            Audit.record("user_link", with: ["user": user.number])
            if output.json { return try Output.json(.object(["link": .string(link)])) }
            if plain { return try Output.line(link) }
            if let code = QRCode(link) {
                try Output.line("")
                try Output.picture(code.lines(.halfBlocks, coloured: Terminal.takesColors))
            }
            try Output.line(
                "\n\(link)\n\nIt is good once. The phone then shows a confirmation code:\n"
                    + "    countersignd user confirm \(id) CODE"
            )
        }

        private func send(by way: Way, to id: AuthyID, _ context: ServerContext) async throws {
            let log = JSONLog.logger(level: .critical)
            // The process ends with the command, so it must wait for the delivery.
            let outbox = try OutboxDispatcher(context, log: log, logCodes: true, timeout: nil)
            let service = context.service(outbox: outbox, log: log)
            try await outbox.begin(service)
            let isSent = try await service.sendLink(to: id, by: way.kind)
            if isSent != nil { Audit.record("user_link", with: ["user": user.number, "send": way.rawValue]) }
            switch isSent {
            case true?:
                try Output.report(
                    "A link is on its way. It is good once; the phone then shows a confirmation code.", as: output,
                    json: .object(["sent": .string(way.rawValue)]))
            case false?:
                throw CommandError("no gateway took the message", hint: "countersignd user deliveries \(id) says why")
            case nil:
                throw CommandError(
                    "nothing can be sent", hint: "public_url and a [[gateway]] for \(way) are needed in the settings")
            }
        }
    }

    struct Confirm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the confirmation code that a new phone shows.",
            discussion: """
                Examples:
                  countersignd user confirm 1234567 0912348
                  countersignd user confirm 1234567 091 2348
                """)
        @OptionGroup var place: Place
        @OptionGroup var user: UserNumber
        @OptionGroup var output: OutputOption
        @Argument(help: "Seven digits; blanks and hyphens between them do not count.") var code: [String]

        func run() async throws {
            let device = try await place.open().service().confirm(code.joined(), of: try user.id())
            Audit.record("user_confirm", with: ["user": user.number, "device": device.id])
            try Output.report("\(device.name) is confirmed.", as: output, json: device.json)
        }
    }

    struct Devices: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The phones of a user.",
            discussion: """
                Examples:
                  countersignd user devices 1234567
                  countersignd user devices 1234567 --remove 8d1c0c8e-5f3a-4a53-9a0c-3b8a3f1d2e4c
                """)
        @OptionGroup var place: Place
        @OptionGroup var confirmation: ConfirmationOption
        @OptionGroup var user: UserNumber
        @Option(help: ArgumentHelp("Remove this one.", valueName: "device")) var remove: String?
        @OptionGroup var output: OutputOption

        func run() async throws {
            let service = try await place.open().service()
            let id = try user.id()
            if let remove {
                try await confirmation.ask {
                    try await service.user(id).devices.first { $0.id == remove && $0.removed == nil }
                        .map {
                            "\($0.name) will be asked for nothing any more, "
                                + "and needs a new link to come back. Remove it?"
                        }
                }
                try await service.removeDevice(remove, of: id)
                Audit.record("device_remove", with: ["user": user.number, "device": remove])
                try Output.said("\(remove) is removed.", besidesData: output.json)
                guard output.json else { return }
            }
            let devices = try await service.user(id).devices
            if output.json { try Output.json(.array(devices.map(\.json))) } else { try Users.show(devices) }
        }
    }

    struct ChangePhone: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Another phone number; the AuthyID stays.",
            discussion: """
                Examples:
                  countersignd user change-phone 1234567 +15551234567
                  countersignd user change-phone 1234567 "+49 (0)151 12345678"
                """)
        @OptionGroup var place: Place
        @OptionGroup var user: UserNumber
        @OptionGroup var output: OutputOption
        @Argument(
            help: ArgumentHelp(
                "With + and the country code; blanks, hyphens and brackets do not count.", valueName: "number"))
        var phone: [String]

        func run() async throws {
            let service = try await place.open().service()
            let id = try user.id()
            let masked = try await service.changePhone(of: id, to: phone.joined(separator: " "))
            Audit.record("user_change_phone", with: ["user": user.number, "phone": masked])
            try Output.report(
                "The phone number is \(masked) now.", as: output,
                json: .object(["id": .integer(id.value), "phone": .string(masked)]))
        }
    }

    /// Prints the phones of a user.
    static func show(_ devices: [Device]) throws {
        guard !devices.isEmpty else { return try Output.line("no phone yet") }
        try Output.table(
            ["DEVICE", "NAME", "SYSTEM", "STATE", "SINCE", "LAST SEEN", "FROM"],
            rows: devices.map { device in
                let state =
                    if device.removed != nil {
                        "removed"
                    } else if device.confirmed != nil {
                        "confirmed"
                    } else {
                        "unconfirmed"
                    }
                return [
                    device.id, device.name, device.osType, state, Timestamp.short(device.created),
                    Timestamp.short(device.lastSeen),
                    device.address,
                ]
            })
    }
}
