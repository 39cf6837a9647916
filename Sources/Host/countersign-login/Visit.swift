internal import Accounts
internal import CFrames
internal import CSyscalls
internal import Frames
internal import Glibc
internal import Identifiers
internal import SettingsFile

/// Who logs in, from where, to what: the module's hello. Every text in it was chosen by others.
struct Visit {
    /// The user of this login; nil where the system knows none of that name.
    let user: Person?
    /// What was typed, or the user's name.
    let name: String
    let caller: Person?
    let service: String
    let rhost: String
    let tty: String
    let command: String
    let host: String
    let attempt: String
    /// The client's address; nil where there is none or it is a name.
    let address: Address?
    let comesBySSH: Bool
    /// The public keys by which the client has come so far; nil where sshd's list of them is not whole.
    let keys: [KeyFingerprint]?
    /// The login program runs as root.
    let isElevated: Bool
    let settingsPath: String
    let settingsGroup: UInt32?
    let logsMore: Bool
    private let takesInput: Bool
    /// Enter can be heard at the terminal without a prompt.
    let hearsEnter: Bool

    init?(_ hello: Frame) {
        guard hello.kind == KIND_HELLO, let name = hello.text(FIELD_USER), let service = hello.text(FIELD_SERVICE),
            let attempt = hello.text(FIELD_ATTEMPT), let settingsPath = hello.text(FIELD_CONFIG)
        else { return nil }
        self.name = name
        self.service = service
        self.attempt = attempt
        self.settingsPath = settingsPath
        user = hello.uid(FIELD_UID).map { Person(name: name, uid: $0) }
        caller = hello.uid(FIELD_CALLER_UID).flatMap { uid in
            hello.text(FIELD_CALLER).map { Person(name: $0, uid: uid) }
        }
        tty = hello.text(FIELD_TTY) ?? ""
        command = hello.text(FIELD_COMMAND) ?? ""
        host = hello.text(FIELD_HOST) ?? "?"
        isElevated = hello.value(FIELD_ELEVATED) != nil
        settingsGroup = hello.uid(FIELD_HELPERS_GROUP)
        logsMore = hello.value(FIELD_DEBUG) != nil
        hearsEnter = hello.value(FIELD_TERMINAL) != nil
        comesBySSH = tty == "ssh"
        takesInput = ["sudo", "sudo-i"].contains(service) && SudoArguments.ofParent().takesInput
        keys = comesBySSH ? Keys.fingerprints(hello.value(FIELD_AUTH_INFO) ?? []) : []
        let rhost = hello.text(FIELD_RHOST) ?? ""
        // sshd's own word first: PAM_RHOST may be a name that the client's DNS chose.
        let connected = hello.text(FIELD_CONNECTION)?.prefix { $0 != " " }
        address = Address(connected.map(String.init) ?? rhost)
        self.rhost = address?.description ?? rhost
    }

    /// Text is seen at once where the person sits at a terminal of this host; sshd shows it with the next prompt only. A sudo that takes the
    /// password from its standard input (`-S`) was started by a program, whatever terminal it has: ansible's `become` does that.
    var textIsLive: Bool {
        !takesInput
            && ["/dev/tty", "/dev/pts/", "/dev/console", "tty", "pts/", "console"].contains(where: tty.hasPrefix)
    }

    /// Whether there is a terminal to ask at, as far as can be known beforehand.
    var mayBeAsked: Bool { comesBySSH || textIsLive }

    /// What another login must have in common with this one, so as not to be asked again; nil where nothing is remembered, since nobody
    /// can say where it comes from.
    var remembrance: Remembrance? {
        guard let address, !address.isLinkLocal, let keys else { return nil }
        return Remembrance(
            service: service, address: address.description, key: keys.map(\.description).joined(separator: ","))
    }

    /// What counts as one place: "" for this host.
    var place: String { address?.place ?? String(rhost.prefix(100)) }

    /// Whose settings are taken: root's where the login program is root; else those of whoever runs it too.
    var trust: Trust { Trust(owner: isElevated ? 0 : geteuid(), group: settingsGroup ?? getegid()) }

    /// The question on the phone: its heading, and all that a notification shows.
    var message: String {
        switch service {
        case "sudo", "sudo-i": "Are you running a command on \(host)?".printable()
        case "su", "su-l": "Are you switching users on \(host)?".printable()
        default: "Are you logging in to \(host)?".printable()
        }
    }

    /// The service in words; one that has none by its name.
    private var serviceInWords: String {
        if comesBySSH { return "SSH login" }
        return service == "login" ? "Console login" : service
    }

    /// What the phone shows below the question, in this order: nothing that stands in it.
    var details: [(label: String, value: String)] {
        let caller = self.caller?.name ?? ""
        return [
            ("User", name), ("Service", serviceInWords), ("Address", rhost), ("Command", command),
            ("Asked by", caller == name || comesBySSH ? "" : caller),
        ].filter { !$0.1.isEmpty }.map { ($0.0, $0.1.printable()) }
    }

    /// Waits for the hello.
    static func receive(from module: Channel) -> Visit? {
        Channel.wait(for: [module], until: system_now() + 5_000)
        guard case .frame(let frame) = module.receive() else { return nil }
        return Visit(frame)
    }
}

extension Frame {
    fileprivate func uid(_ name: CInt) -> UInt32? { number(name).flatMap { UInt32(exactly: $0) } }
}
