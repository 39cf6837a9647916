internal import ArgumentParser
internal import AuthyService
internal import Glibc
internal import Records
internal import ServerSettings
internal import Vault

struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The master key.",
        discussion: """
            Example:
              countersignd key rotate
            """,
        subcommands: [Rotate.self])

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A new master key.",
            discussion: """
                The old key stays beside it as FILE.old until you remove it: backups made until now need it. A server that runs goes on. \
                At any moment one of the two files fits the database.

                Example:
                  countersignd key rotate
                """)
        @OptionGroup var place: Place

        func run() async throws {
            let desk = try await place.open()
            let file = try Desk.masterKeyFile(desk.settings)
            guard case .file = desk.settings.masterKey else {
                throw Trouble(
                    "the master key is a credential of systemd", hint: "run this with a master_key file, then encrypt that file anew")
            }
            guard access(file + ".old", F_OK) != 0 else {
                throw Trouble("\(file).old is there already", hint: "remove it once no backup needs it")
            }
            let fresh = try MasterKey.create(file: file + ".new")
            let wrapped = try desk.vault.dataKeyWrapped(under: fresh)
            guard link(file, file + ".old") == 0 else { throw Trouble("\(file).old cannot be made: \(String(cString: strerror(errno)))") }
            try await desk.store.write { try $0.setValue(Desk.dataKey, to: wrapped) }
            guard rename(file + ".new", file) == 0 else {
                throw Trouble("\(file).new cannot be put in place: \(String(cString: strerror(errno)))", hint: "mv \(file).new \(file)")
            }
            Output.line("The master key is new. The old one is \(file).old: keep it with the backups that were made until now.")
        }
    }
}

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A consistent copy of the database, while the server runs. The master key is not in it: keep that apart.",
        discussion: """
            It is written as the user that owns the state folder, so it goes where that user may write.

            Example:
              countersignd backup /var/lib/countersignd/$(date +%F).db
            """)
    @OptionGroup var place: Place
    @Argument(help: "A file that is not there yet.") var file: String

    func run() async throws {
        let desk = try await place.open()
        do { try await desk.store.backUp(to: file) } catch RecordStoreError.file(let path, let why) {
            throw Trouble(
                "\(path): \(why)", hint: "the command writes as \(Keeper.current.name): name a file in \(desk.settings.state)")
        }
        Output.line("\(file) is a copy of the database. It is of use only with the master key.")
    }
}

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a backup in place of the database. Stop the server first.",
        discussion: """
            The database that was there stays beside it as countersignd.db.before. What was removed or replaced since the backup is back: \
            phones, API keys, callbacks, users, their phone numbers and SoftTokens; each is named. Links, codes that are out and pending \
            requests of the backup are void.

            Example:
              countersignd restore /var/lib/countersignd/2026-01-31.db
            """)
    @OptionGroup var place: Place
    @Argument(help: "What backup wrote.") var file: String

    func run() async throws {
        let settings = try Desk.settings(place.settings, state: place.state)
        guard let source = realpath(file, nil).map({ String(cString: $0) }) else { throw Trouble("\(file) is missing") }
        try Keeper.become(ownerOf: settings.state)
        let claim = try Claim(aloneWith: settings.state)
        defer { withExtendedLifetime(claim) {} }
        let faults = try SQLiteRecordStore.check(path: source)
        guard faults.isEmpty else { throw Trouble("\(file) is damaged: \(faults.joined(separator: "; "))") }
        let database = Desk.database(settings)
        for end in ["", "-wal", "-shm"] { unlink(database + ".new" + end) }
        try SQLiteRecordStore.copy(source, to: database + ".new")
        let now = Int64(time(nil))
        let timeStep = now / 30 + Int64(settings.codes.driftSteps)
        try SQLiteRecordStore.endWhatIsOpen(path: database + ".new", at: now, timeStep: timeStep)
        let revival = Result { try SQLiteRecordStore.revival(by: database + ".new", over: database, at: now) }
        for end in ["-wal", "-shm", ""] where access(database + end, F_OK) == 0 {
            guard rename(database + end, database + ".before" + end) == 0 else {
                throw Trouble("\(database)\(end) cannot be put aside: \(String(cString: strerror(errno)))")
            }
        }
        guard rename(database + ".new", database) == 0 else {
            throw Trouble("\(database) cannot be put in place: \(String(cString: strerror(errno)))")
        }
        Output.line("The database is that of \(file). The one before is \(database).before.")
        warn(revival)
    }

    private func warn(_ revival: Result<SQLiteRecordStore.Revival, any Error>) {
        guard let revival = try? revival.get() else {
            return Output.complain(
                "warning: the one before cannot be read: phones, API keys, users and all else that was removed since are back, unnamed")
        }
        for phone in revival.phones {
            Output.complain("warning: \(phone.name) is a phone of user \(phone.user) again")
            Output.complain("hint: countersignd user devices \(phone.user) --remove \(phone.id)")
        }
        for key in revival.keys {
            Output.complain("warning: the API key \(key.hint)... of application \(key.application) is good again")
            Output.complain("hint: countersignd app rotate \(key.application) --overlap 0, or app revoke \(key.application)")
        }
        for (application, url) in revival.callbacks {
            Output.complain("warning: decisions of application \(application) are told to \(url) again")
            Output.complain("hint: countersignd app callback \(application) none, or another URL")
        }
        warn(users: revival)
        if revival.isEmpty { Output.line("Nothing that was removed since is back.") }
    }

    private func warn(users revival: SQLiteRecordStore.Revival) {
        if revival.users > 0 { Output.complain("warning: \(revival.users) users who were removed are back: countersignd user list") }
        for user in revival.numbers {
            Output.complain("warning: user \(user) has the phone number of the backup again: codes go there")
            Output.complain("hint: countersignd user change-phone \(user) NUMBER")
        }
        for (application, user) in revival.members {
            Output.complain("warning: user \(user) is in application \(application) again")
            Output.complain("hint: the application removes the user: POST /protected/json/users/\(user)/remove")
        }
        for (application, user) in revival.secrets {
            Output.complain("warning: user \(user) has the SoftToken of the backup in application \(application) again")
            Output.complain("hint: if somebody else may know it, the application removes the user and adds them again")
        }
        if revival.emails > 0 {
            Output.complain("warning: \(revival.emails) users have the e-mail addresses of the backup again: countersignd user list")
        }
    }
}
