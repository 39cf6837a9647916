internal import Accounts
internal import CFrames
internal import CSyscalls
internal import Frames
internal import Glibc
internal import Identifiers
internal import LoginPolicy
internal import NetProtocol
internal import SettingsFile

/// Who logs in, from where, to what: the module's frame `hello`.
///
/// Treat every text in it as untrusted: others chose it.
struct LoginRequest {
    /// The user of this login; nil if the system does not know the name.
    let user: Person?
    /// The user's name, or what was typed if the system does not know it.
    let name: String
    let caller: Person?
    let service: String
    let rhost: String
    let tty: String
    let command: String
    let host: String
    let attempt: String
    /// The client's address; nil if there is none or it is a name.
    let address: Address?
    let comesBySSH: Bool
    /// The public keys with which the client has authenticated so far; nil if sshd's list of them is cut off.
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
        keys = if comesBySSH { Keys.fingerprints(hello.value(FIELD_AUTH_INFO) ?? []) } else { [] }
        let rhost = hello.text(FIELD_RHOST) ?? ""
        // Prefer sshd's own variable: PAM_RHOST may be a name that the client's DNS chose.
        let connected = hello.text(FIELD_CONNECTION)?.prefix { $0 != " " }
        address = Address(connected.map(String.init) ?? rhost)
        self.rhost = address?.description ?? rhost
    }

    /// Whether a text is visible at once, without a prompt.
    ///
    /// It is at a terminal of this host; sshd shows a text only with the next prompt. A sudo that reads the password
    /// from standard input (`-S`) was started by a program, whatever its terminal: Ansible's `become` does that.
    var textIsLive: Bool {
        !takesInput
            && ["/dev/tty", "/dev/pts/", "/dev/console", "tty", "pts/", "console"].contains(where: tty.hasPrefix)
    }

    /// Whether there is probably a terminal for a prompt.
    var mayBeAsked: Bool { comesBySSH || textIsLive }

    /// What another login must have in common with this one to be remembered.
    ///
    /// Nil if nothing is remembered because the origin of the login is not certain.
    var trustedLogin: TrustedLogin? {
        guard let address, !address.isLinkLocal, let keys else { return nil }
        return TrustedLogin(
            service: service, address: address.description, key: keys.map(\.description).joined(separator: ","))
    }

    /// The place that limits count by: from the client's address; "" for this host.
    var place: String { address?.place ?? String(rhost.prefix(100)) }

    /// The settings' owner: root, or also the current user if the login program is not root.
    var trust: Trust { Trust(owner: isElevated ? 0 : geteuid(), group: settingsGroup ?? getegid()) }

    /// The question on the phone: the heading of the request, and the whole text of a notification.
    func message(in texts: Texts) -> String { texts.question(service: service, host: host).printable() }

    /// The service in words, or its name if there are none.
    private func serviceInWords(_ texts: Texts) -> String {
        if comesBySSH { return texts[.phoneSSH] }
        if service == "login" { return texts[.phoneConsole] }
        return service
    }

    /// What the phone shows below the question, in this order, without repeating it.
    func details(in texts: Texts) -> [ApprovalQuestion.Detail] {
        let caller = self.caller?.name ?? ""
        let otherCaller = if caller == name || comesBySSH { "" } else { caller }
        let lines: [(id: TextID, value: String)] = [
            (.labelUser, name), (.labelService, serviceInWords(texts)), (.labelAddress, rhost),
            (.labelCommand, command), (.labelCaller, otherCaller),
        ]
        return lines.filter { !$0.value.isEmpty }
            .map { ApprovalQuestion.Detail(label: texts[$0.id], value: $0.value.printable()) }
    }

    /// Waits at most 5 seconds for the hello; nil if none comes or it is malformed.
    static func receive(from module: Channel) -> LoginRequest? {
        Channel.wait(for: [module], until: system_now() + 5_000)
        guard case .frame(let frame) = module.receive() else { return nil }
        return LoginRequest(frame)
    }
}

extension Frame { fileprivate func uid(_ name: CInt) -> UInt32? { number(name).flatMap { UInt32(exactly: $0) } } }
