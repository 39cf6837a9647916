internal import CSyscalls
internal import CommandSupport
internal import Encoding
internal import Glibc

/// What a setup has changed, on disk before the first change: enough to put everything back.
struct SetupJournal {
    static let folder = "/var/lib/countersign-setup"
    private static let current = "\(folder)/current"
    private static let draft = "\(folder)/draft"
    private static let undone = "\(folder)/undone"

    let id: String
    /// Seconds since 1970 at which the setup began.
    let began: Int64
    /// The same on the clock that counts from the start of the system, in milliseconds, and which start that was.
    let uptime: Int64
    let boot: String
    let services: [String]
    /// Whether it was run in a login by ssh.
    let isOverSSH: Bool
    /// Seconds since 1970 at which everything is put back; nil for never.
    var rollbackAt: Int64?
    let changes: [FileChange]

    init(services: [String], changes: [FileChange], isOverSSH: Bool, rollbackAfter seconds: Int64?) {
        id = String(UInt64.random(in: (1 << 60)...UInt64.max), radix: 16)
        began = Timestamp.now
        uptime = system_now()
        boot = Self.bootID
        rollbackAt = seconds.map { Timestamp.now + $0 }
        (self.services, self.changes, self.isOverSSH) = (services, changes, isOverSSH)
    }

    /// Which start of the system this is.
    static var bootID: String {
        (FileText.read("/proc/sys/kernel/random/boot_id", most: 64) ?? "").filter { $0 != "\n" }
    }

    // MARK: the lock

    /// Takes the lock of all setups; it is held until this process ends.
    ///
    /// - Returns: the descriptor that holds it; closing it gives the lock back earlier.
    /// - Throws: `CommandError` if another setup has it and `waits` is false, or the directory is not root's alone.
    @discardableResult static func lock(waits: Bool = false) throws -> CInt {
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw failure(folder) }
        var found = stat()
        guard lstat(folder, &found) == 0, found.st_mode & S_IFMT == S_IFDIR, found.st_uid == 0,
            found.st_mode & 0o022 == 0
        else {
            throw CommandError("\(folder) is not a directory of root alone", hint: "see what it is, and move it away")
        }
        let file = open("\(folder)/lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("\(folder)/lock") }
        while flock(file, waits ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            close(file)
            throw CommandError("another countersign setup is at work", hint: "wait until it has ended", code: .later)
        }
        return file
    }

    // MARK: writing

    /// Writes the journal under another name, and renames it when all of it is on disk.
    ///
    /// - Throws: `CommandError` if it cannot be written, or could not be read again.
    func write() throws {
        for change in changes where change.after.utf8.count >= SystemFile.most {
            throw SystemFile.notUnderstood(change.path, "it would be longer than 256 kB, and is not changed")
        }
        Self.removeFolder(Self.draft)
        guard mkdir(Self.draft, 0o700) == 0 else { throw Self.failure(Self.draft) }
        for (index, change) in changes.enumerated() {
            if let before = change.before { try Self.save(before, as: "\(Self.draft)/before.\(index)") }
            try Self.save(change.after, as: "\(Self.draft)/after.\(index)")
        }
        // Made now, so that a disk that is full later cannot keep the changes from being noted.
        try Self.save(id, as: "\(Self.draft)/pending")
        try Self.save(json.serialized(isSorted: true, escaping: .nonASCII), as: "\(Self.draft)/journal")
        SystemFile.syncFolder(of: "\(Self.draft)/journal")
        guard rename(Self.draft, Self.current) == 0 else { throw Self.failure(Self.current) }
        SystemFile.syncFolder(of: Self.current)
    }

    /// Notes that all changes are made.
    func noteApplied() throws {
        guard rename("\(Self.current)/pending", "\(Self.current)/applied") == 0 else {
            throw CommandError("\(Self.current)/applied cannot be made: \(systemReason())")
        }
        SystemFile.syncFolder(of: "\(Self.current)/applied")
    }
    /// Saves what others have written where setup had; returns the name of the file beside the journal.
    func saveChanged(_ bytes: [UInt8], of change: FileChange) throws -> String {
        let name = "changed.\(changes.firstIndex(of: change) ?? 0)"
        try Self.save(bytes, as: "\(Self.current)/\(name)")
        return name
    }
    /// Notes that the changes stay.
    func noteKept() throws {
        try Self.save(id, as: "\(Self.current)/kept")
        SystemFile.syncFolder(of: "\(Self.current)/kept")
    }
    var isApplied: Bool { access("\(Self.current)/applied", F_OK) == 0 }
    var isKept: Bool { access("\(Self.current)/kept", F_OK) == 0 }

    /// Notes that everything was put back; the files stay for people to read until the next time.
    func noteUndone() throws {
        Self.removeFolder(Self.undone)
        guard rename(Self.current, Self.undone) == 0 else { throw Self.failure(Self.current) }
        SystemFile.syncFolder(of: Self.current)
    }

    private static func save(_ text: String, as path: String) throws { try save(Array(text.utf8), as: path) }

    private static func save(_ bytes: [UInt8], as path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        guard SystemFile.write(bytes, to: file), fsync(file) == 0 else { throw failure(path) }
    }

    private static func removeFolder(_ path: String) {
        for name in Folder.names(path, hidden: true) { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    private static func failure(_ path: String) -> CommandError {
        CommandError(
            "\(path) cannot be written: \(systemReason())", hint: "no login was changed; see that the disk has room")
    }

    private var json: JSONValue {
        .object([
            "id": .string(id), "began": .integer(began), "uptime": .integer(uptime), "boot": .string(boot),
            "services": .array(services.map { .string($0) }), "over_ssh": .bool(isOverSSH),
            "rollback_at": .integer(orNull: rollbackAt), "changes": .array(changes.map(\.json)),
        ])
    }

    // MARK: reading

    /// The setup that is in force; nil if there is none.
    ///
    /// - Throws: `CommandError` if its files are damaged.
    static func load() throws -> SetupJournal? {
        guard access(current, F_OK) == 0 else { return nil }
        guard let text = FileText.read("\(current)/journal", most: 4_194_304),
            let json = JSONValue(
                Array(text.utf8), limits: .init(depth: 8, members: 64, values: 100_000, areNumbersFinite: true)),
            let journal = SetupJournal(json)
        else {
            throw CommandError(
                "\(current)/journal cannot be read",
                hint: "the files from before the setup are beside it: before.0, ...")
        }
        return journal
    }

    private init?(_ json: JSONValue) {
        guard let id = json["id"]?.text, let began = json["began"]?.integer, let uptime = json["uptime"]?.integer,
            let boot = json["boot"]?.text, let services = json["services"]?.texts,
            case .bool(let isOverSSH)? = json["over_ssh"], case .array(let files)? = json["changes"]
        else { return nil }
        let changes = files.enumerated().compactMap { index, file in
            FileChange(
                file, before: try? SystemFile.text("\(Self.current)/before.\(index)"),
                after: try? SystemFile.text("\(Self.current)/after.\(index)"))
        }
        guard changes.count == files.count else { return nil }
        (self.id, self.began, self.uptime, self.boot, self.services) = (id, began, uptime, boot, services)
        (self.isOverSSH, self.changes, rollbackAt) = (isOverSSH, changes, json["rollback_at"]?.integer)
    }
}

extension FileChange {
    fileprivate var json: JSONValue {
        .object([
            "file": .string(path), "existed": .bool(before != nil),
            "hunks": .array(
                hunks.map {
                    .object([
                        "old": .array($0.old.map { .string($0) }), "new": .array($0.new.map { .string($0) }),
                    ])
                }),
        ])
    }

    fileprivate init?(_ json: JSONValue, before: String?, after: String?) {
        guard let path = json["file"]?.text, case .bool(let existed)? = json["existed"], let after,
            existed == (before != nil), case .array(let hunks)? = json["hunks"]
        else { return nil }
        let read = hunks.compactMap { hunk -> Hunk? in
            guard let old = hunk["old"]?.texts, let new = hunk["new"]?.texts else { return nil }
            return Hunk(old: old, new: new)
        }
        guard read.count == hunks.count else { return nil }
        self.init(path: path, before: before, after: after, hunks: read)
    }
}

extension JSONValue {
    fileprivate var integer: Int64? {
        guard case .number(let number) = self else { return nil }
        return number.integer
    }

    fileprivate var texts: [String]? {
        guard case .array(let values) = self else { return nil }
        let texts = values.compactMap(\.text)
        return texts.count == values.count ? texts : nil
    }
}
