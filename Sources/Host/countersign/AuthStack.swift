internal import CommandSupport
internal import Glibc

/// The `auth` lines of one PAM service, with included files expanded in place (pam.d(5)).
struct AuthStack {
    /// One line, or the start of a `substack`, which counts as one line for jumps.
    struct Line {
        enum Kind {
            case module
            /// The start of a substack, which does nothing itself.
            case substack
            /// A line that libpam cannot read, or an include that it cannot follow: it returns `perm_denied`.
            case failing
        }

        let kind: Kind
        /// Number of substacks around the line.
        let level: Int
        /// File name of the module; empty where there is none.
        let module: String
        /// The module as the line names it: a name that libpam looks up, or a path.
        let path: String
        let control: PAMControl
        let arguments: [String]
        /// Whether libpam logs nothing if the module's file is missing; the line fails all the same.
        let mayBeMissing: Bool
        /// Path and line number.
        let place: String

        var isOurs: Bool { module == AuthStack.module }
    }

    /// What libpam cannot read, or would read otherwise than it looks.
    struct Fault: Equatable {
        /// Path, and the line number where there is one.
        let place: String
        let message: String
        let hint: String
        /// Whether people who are no administrators can change the stack by it.
        var isOpen = false

        var text: String { "\(place): \(message)" }
    }

    static let module = "pam_countersign.so"
    /// Where libpam looks, in this order; the last is SUSE's.
    static let folders = ["/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d"]
    /// Service whose lines stand for those of a service without lines of its own.
    static let fallback = "other"
    /// Files of distributions that other files include.
    private static let parts: Set<String> = [
        "system-auth", "password-auth", "postlogin", "smartcard-auth", "fingerprint-auth", "system-login",
        "system-local-login", "system-remote-login", "system-services", "config-util",
    ]

    let service: String
    let lines: [Line]
    let faults: [Fault]
    /// Whether libpam gives up reading the service, or `other`: nobody is let in.
    let isRefused: Bool
    /// Whether the lines are those of `other`.
    let isFallback: Bool

    /// Returns nil if the service has no file, or none that can be read.
    init?(of service: String) {
        var reader = StackReader(service: service)
        guard reader.readService() else { return nil }
        self.init(reader)
    }

    /// The stack that libpam uses for a service: its own, or that of `other`.
    static func used(by service: String) -> AuthStack {
        var reader = StackReader(service: service)
        _ = reader.readService()
        return AuthStack(reader)
    }

    private init(_ reader: StackReader) {
        service = reader.service
        var (lines, faults, isRefused, isFallback) = (reader.lines, reader.faults, reader.isRefused, false)
        if service != Self.fallback {
            // libpam reads `other` for every service, and uses its lines if there are no others.
            var other = StackReader(service: Self.fallback)
            _ = other.readService()
            isFallback = lines.isEmpty
            if isFallback { (lines, faults) = (other.lines, faults + other.faults) }
            if other.isRefused, !isRefused {
                isRefused = true
                faults += other.faults.filter { !faults.contains($0) }
            }
        }
        self.lines = lines
        self.faults = faults
        self.isRefused = isRefused
        self.isFallback = isFallback
    }

    /// Whether the stack contains the module.
    var asks: Bool { lines.contains { $0.isOurs } }

    /// Whether the stack denies everybody: its first module is pam_deny.so.
    var denies: Bool { lines.first { !$0.module.isEmpty }?.module == "pam_deny.so" }

    /// Services that have a file of their own.
    ///
    /// Files for inclusion, and copies left by editors and package managers, are skipped.
    static func services() -> [String] {
        let names = StackReader.usesFolders ? Set(folders.flatMap { Folder.names($0) }) : StackReader.namesInOneFile()
        return names.filter { name in
            !isPart(name) && !name.contains { ".~#".contains($0) }
        }.sorted()
    }

    /// Whether a file is there for others to include, and stands for no service.
    static func isPart(_ name: String) -> Bool { name.hasPrefix("common-") || parts.contains(name) }
}
