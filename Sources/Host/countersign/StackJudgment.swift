internal import CommandSupport

/// What a stack with pam_countersign is worth, found by libpam's walk through its lines with made-up results.
enum StackJudgment {
    /// Nobody that the module refuses gets in.
    case holds
    /// People that the module refuses get in, as the line's control does not count every refusal.
    case refusalIgnored(AuthStack.Line)
    /// Somebody gets in without the module; holds the line that ends the stack or jumps over the rest.
    case passedBy(AuthStack.Line)
    /// The module's success lets in without the password that the stack also asks for.
    case passwordSkipped(AuthStack.Line)
    /// Nobody gets in, although the module approves; holds the line that refuses.
    case refuses(AuthStack.Line)
    /// There are too many ways to follow them all.
    case unclear(AuthStack.Line)

    /// Modules that ask for something that the person knows, is or has.
    static let proving = [
        "pam_unix.so", "pam_unix2.so", "pam_sss.so", "pam_ldap.so", "pam_krb5.so", "pam_winbind.so",
        "pam_systemd_home.so", "pam_fprintd.so", "pam_u2f.so", "pam_pkcs11.so",
    ]

    /// The first judgment of `all`.
    init(_ stack: AuthStack) { self = Self.all(stack).first ?? .holds }

    /// All that is wrong with a stack; `holds` if nothing is, or if it does not ask.
    static func all(_ stack: AuthStack) -> [StackJudgment] {
        let lines = stack.lines
        guard let ours = lines.first(where: \.isOurs) else { return [.holds] }
        var found: [StackJudgment] = []
        if let line = lines.first(where: { $0.isOurs && isFragile($0.control) }) { found.append(.refusalIgnored(line)) }
        let walk = StackWalk(lines, results: whereWeRefuse)
        for way in walk.ways {
            switch way {
            case .asked where found.isEmpty:
                found.append(.refusalIgnored(lines.first { $0.isOurs && !countsRefusals($0.control) } ?? ours))
            case .asked: break
            case .passedBy(let index): found.append(.passedBy(index.map { lines[$0] } ?? ours))
            }
        }
        if walk.isCut { found.append(.unclear(ours)) }
        guard found.isEmpty else { return found }
        if skipsPassword(lines) { return [.passwordSkipped(ours)] }
        return refusing(lines).map { [.refuses($0)] } ?? [.holds]
    }

    /// Whether the control lets the rest of the stack decide after a refusal, whatever the rest is today.
    private static func isFragile(_ control: PAMControl) -> Bool {
        ["sufficient", "optional"].contains(control.text.lowercased())
    }

    /// Whether each result of the module except success ends in a refusal.
    private static func countsRefusals(_ control: PAMControl) -> Bool {
        ModuleResults.ours.allSatisfy { [.bad, .die].contains(control.action(on: $0)) }
    }

    /// All possible results of a line, if our module refuses and nobody is exempt.
    private static func whereWeRefuse(_ line: AuthStack.Line) -> [String] {
        if line.isOurs { return ModuleResults.ours }
        let results = ModuleResults.all(line)
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

    /// The line that refuses everybody, also those that the module approves; nil if some get in.
    private static func refusing(_ lines: [AuthStack.Line]) -> AuthStack.Line? {
        if letsIn(lines, sparing: nil) { return nil }
        let suspects = lines.indices.filter {
            lines[$0].kind == .failing || lines[$0].module == "pam_deny.so" || PAMModules.isMissing(lines[$0].path)
        }
        let culprit = suspects.first { letsIn(lines, sparing: $0) } ?? suspects.first
        return culprit.map { lines[$0] } ?? lines.first(where: \.isOurs)
    }

    /// Whether somebody gets in if the module approves; `sparing` is a line that is taken to succeed.
    private static func letsIn(_ lines: [AuthStack.Line], sparing index: Int?) -> Bool {
        var lines = lines
        if let index {
            let line = lines[index]
            lines[index] = AuthStack.Line(
                kind: .module, level: line.level, module: "pam_permit.so", path: "pam_permit.so", control: .required,
                arguments: [], mayBeMissing: false, place: line.place)
        }
        let walk = StackWalk(lines) { line in
            if !line.isOurs, PAMModules.isMissing(line.path) { return ["module_unknown"] }
            return line.isOurs ? ["success"] : ModuleResults.all(line)
        }
        return !walk.ways.isEmpty || walk.isCut
    }

    /// What it means for logins.
    var effect: CheckResult.Effect { if case .refuses = self { .stopsLogins } else { .asksNotAll } }

    /// Nil if the stack holds.
    var text: (message: String, hint: String)? {
        switch self {
        case .holds: nil
        case .refusalIgnored(let line):
            (
                "\(line.place): `\(line.control.text)` lets in people that pam_countersign refuses",
                "write `required` in place of `\(line.control.text)`"
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
        case .refuses(let line):
            (
                "\(line.place): \(line.module.isEmpty ? "this line" : line.module) "
                    + "refuses everybody that pam_countersign approves",
                "the documentation has stacks that work, in pam.d: compare them, and check again"
            )
        case .unclear(let line):
            (
                "\(line.place): the stack around this line has too many ways to follow them all",
                "make it shorter: put jumps and substacks away"
            )
        }
    }
}

extension AuthStack.Line {
    /// Modules that take the people they apply to from files of their own.
    private static let byFile = [
        "pam_rootok.so", "pam_listfile.so", "pam_access.so", "pam_wheel.so", "pam_group.so", "pam_time.so",
    ]
    /// Conditions of pam_succeed_if(8) that few people meet.
    private static let narrow = ["=", "eq", "in", "ingroup", "innetgr", "<", "<=", "lt", "le"]

    /// Whether the line may send some people, or some callers, another way on purpose.
    ///
    /// A way for everybody, or nearly everybody, does not count, such as `uid >= 1000`.
    var exempts: Bool {
        switch module {
        case "pam_succeed_if.so": hasNarrowCondition
        case "pam_usertype.so": arguments.contains("issystem")
        default: Self.byFile.contains(module)
        }
    }

    /// Whether any of its results ends the stack, or passes over lines.
    var hasWay: Bool { ["success", "auth_err", "perm_denied"].contains { control.action(on: $0).isWay } }

    /// Whether any condition is narrow, as all conditions of a line must hold.
    private var hasNarrowCondition: Bool {
        arguments.indices.dropFirst().dropLast().contains { index in
            let (name, value) = (arguments[index - 1], arguments[index + 1])
            return Self.narrow.contains(arguments[index].lowercased()) && !(["*", "?*"].contains(value))
                && ["user", "uid", "gid", "tty", "rhost", "service", "ruser"].contains(name)
        } || arguments.contains { ["ingroup", "innetgr"].contains($0) }
    }
}
