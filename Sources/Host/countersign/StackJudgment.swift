internal import CommandSupport

/// What a stack with pam_countersign is worth, found by libpam's walk through its lines with made-up results.
enum StackJudgment {
    /// Nobody that the module refuses gets in.
    case holds
    /// People that the module refuses get in, as the line's control does not count every refusal.
    case refusalIgnored(AuthStack.Line)
    /// Everybody gets in if the module's file is missing.
    case absenceIgnored(AuthStack.Line)
    /// Somebody gets in without the module; holds the line that ends the stack or jumps over the rest.
    case passedBy(AuthStack.Line)
    /// The module's success lets in without the password that the stack also asks for.
    case passwordSkipped(AuthStack.Line)

    /// Modules that ask for something that the person knows, is or has.
    static let proving = [
        "pam_unix.so", "pam_sss.so", "pam_ldap.so", "pam_krb5.so", "pam_winbind.so", "pam_systemd_home.so",
        "pam_fprintd.so", "pam_u2f.so",
        "pam_pkcs11.so",
    ]

    init(_ stack: AuthStack) {
        let lines = stack.lines
        guard let ours = lines.first(where: \.isOurs) else {
            self = .holds
            return
        }
        if lines.contains(where: { $0.isOurs && $0.mayBeMissing }) {
            self = .absenceIgnored(ours)
            return
        }
        if let line = lines.first(where: { $0.isOurs && !Self.countsRefusals($0.control) }) {
            self = .refusalIgnored(line)
            return
        }
        switch StackWalk(lines, results: Self.whereWeRefuse).success {
        case .asked: self = .refusalIgnored(ours)
        case .passedBy(let index): self = .passedBy(index.map { lines[$0] } ?? ours)
        case nil: self = Self.skipsPassword(lines) ? .passwordSkipped(ours) : .holds
        }
    }

    /// Results other than success that a module may have, and that some stacks do not count as a refusal.
    private static let refusals = [
        "auth_err", "abort", "authinfo_unavail", "user_unknown", "perm_denied", "maxtries", "cred_insufficient",
        "conv_err",
        "system_err", "service_err", "buf_err", "module_unknown", "open_err", "symbol_err",
    ]

    /// Whether each result of the module except success ends in a refusal.
    private static func countsRefusals(_ control: PAMControl) -> Bool {
        refusals.allSatisfy { [.bad, .die].contains(control.action(on: $0)) }
    }

    /// All possible results of a line, if our module refuses and nobody is exempt.
    private static func whereWeRefuse(_ line: AuthStack.Line) -> [String] {
        if line.isOurs { return refusals }
        switch line.module {
        case "pam_deny.so": return ["auth_err"]
        case "pam_permit.so": return ["success"]
        default: break
        }
        let results = ["success", "new_authtok_reqd", "ignore"] + refusals
        return if line.exempts { results.filter { !line.control.action(on: $0).isWay } } else { results }
    }

    private static func skipsPassword(_ lines: [AuthStack.Line]) -> Bool {
        guard lines.contains(where: { proving.contains($0.module) }) else { return false }
        let walk = StackWalk(lines) { line in
            if line.isOurs || line.module == "pam_permit.so" { return ["success"] }
            let isRight =
                !proving.contains(line.module) && line.module != "pam_deny.so"
                && !line.control.action(on: "success").isWay
            return [isRight ? "success" : "auth_err"]
        }
        return walk.success != nil
    }

    /// Nil if the stack holds.
    var text: (message: String, hint: String)? {
        switch self {
        case .holds: nil
        case .refusalIgnored(let line):
            (
                "\(line.place): `\(line.control.text)` lets in people that pam_countersign refuses",
                "write `required` in place of `\(line.control.text)`"
            )
        case .absenceIgnored(let line):
            (
                "\(line.place): `-auth` lets everybody in when pam_countersign.so is missing",
                "write `auth` in place of `-auth`"
            )
        case .passedBy(let line):
            (
                "\(line.place): \(line.module) with `\(line.control.text)` "
                    + "lets people in before pam_countersign is asked",
                "put the line of pam_countersign where nothing ends the stack before it, or passes over it: "
                    + "see pam.d/sudo in the documentation"
            )
        case .passwordSkipped(let line):
            (
                "\(line.place): `\(line.control.text)` lets people in by the second factor alone, without a password",
                "write `required` in place of `\(line.control.text)`, behind the password"
            )
        }
    }
}
