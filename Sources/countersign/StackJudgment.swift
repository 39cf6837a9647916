/// What a stack with pam_countersign is worth: libpam's walk through its lines, with results that are made up.
enum StackJudgment {
    /// Nobody gets in whom the module refuses.
    case holds
    /// People whom the module refuses get in all the same, as the line's control does not count every refusal.
    case refusalIgnored(AuthStack.Line)
    /// Everybody gets in where the module's file is missing.
    case absenceIgnored(AuthStack.Line)
    /// Somebody gets in and the module is not asked; the line that ends or jumps over the rest.
    case passedBy(AuthStack.Line)
    /// The module's yes lets in without the password that the stack asks for too.
    case passwordSkipped(AuthStack.Line)

    /// Modules that ask for something that the person knows, is or has.
    private static let proving = [
        "pam_unix.so", "pam_sss.so", "pam_ldap.so", "pam_krb5.so", "pam_winbind.so", "pam_systemd_home.so", "pam_fprintd.so", "pam_u2f.so",
        "pam_pkcs11.so",
    ]
    /// Modules that let some people, or some callers, go another way: that is meant.
    private static let exempting = [
        "pam_rootok.so", "pam_succeed_if.so", "pam_listfile.so", "pam_localuser.so", "pam_access.so", "pam_wheel.so", "pam_group.so",
        "pam_usertype.so", "pam_faillock.so", "pam_time.so",
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
        let ways = lines.indices.filter { Self.isWayIn(lines[$0]) }
        for way in [nil] + ways.map(Optional.some) {
            let walk = Self.walk(lines) { index in
                let line = lines[index]
                if line.isOurs || line.module == "pam_deny.so" { return false }
                return Self.isWayIn(line) ? index == way : Self.passes(line)
            }
            guard walk.letsIn else { continue }
            self = walk.asked ? .refusalIgnored(ours) : .passedBy(walk.turn.map { lines[$0] } ?? ours)
            return
        }
        self = Self.skipsPassword(lines) ? .passwordSkipped(ours) : .holds
    }

    /// Whether whatever the module returns but success ends in a refusal.
    private static func countsRefusals(_ control: PAMControl) -> Bool {
        let results = [
            "auth_err", "abort", "authinfo_unavail", "user_unknown", "perm_denied", "maxtries", "cred_insufficient", "conv_err",
            "system_err", "service_err", "buf_err", "module_unknown", "open_err", "symbol_err",
        ]
        return results.allSatisfy { [.bad, .die].contains(control.action(on: $0)) }
    }

    private static func skipsPassword(_ lines: [AuthStack.Line]) -> Bool {
        guard lines.contains(where: { proving.contains($0.module) }) else { return false }
        let walk = walk(lines) { index in
            let line = lines[index]
            if line.isOurs { return true }
            if proving.contains(line.module) || line.module == "pam_deny.so" || isWayIn(line) { return false }
            return passes(line)
        }
        return walk.letsIn
    }

    /// Whether a login may end, or pass over other lines, by this line's yes.
    private static func isWayIn(_ line: AuthStack.Line) -> Bool {
        guard !line.isOurs, !line.module.isEmpty, !exempting.contains(line.module), line.module != "pam_permit.so" else { return false }
        switch (line.control.action(on: "success"), line.control.action(on: "auth_err")) {
        case (.done, _), (.jump, .ignore), (.jump, .jump): return true
        default: return false
        }
    }

    /// What a line says that is no way in: yes, unless its no changes nothing but the way.
    private static func passes(_ line: AuthStack.Line) -> Bool {
        switch line.control.action(on: "success") {
        case .done, .jump: line.module == "pam_permit.so"
        default: true
        }
    }

    /// As libpam's dispatcher does it for pam_authenticate(3).
    /// - Parameter says: whether the module of that line says yes.
    private static func walk(_ lines: [AuthStack.Line], says: (Int) -> Bool) -> (letsIn: Bool, asked: Bool, turn: Int?) {
        var (isPositive, isNegative, asked) = (false, false, false)
        // The line by which the module was passed over.
        var turn: Int?
        var index = 0
        /// Behind `count` lines of this level, each with what is in it.
        func past(_ from: Int, _ count: Int) -> Int {
            let level = lines[from].level
            var (next, left) = (from + 1, count)
            while next < lines.count, lines[next].level >= level, left > 0 {
                repeat { next += 1 } while next < lines.count && lines[next].level > level
                left -= 1
            }
            return next
        }
        while index < lines.count {
            let line = lines[index]
            guard !line.module.isEmpty else {
                index += 1
                continue
            }
            let yes = says(index)
            if line.isOurs { asked = true }
            var ends = false
            var next = index + 1
            switch line.control.action(on: yes ? "success" : "auth_err") {
            case .ignore: break
            case .ok, .done:
                let action = line.control.action(on: yes ? "success" : "auth_err")
                if !isNegative { if yes { isPositive = true } else { isNegative = true } }
                ends = action == .done && !isNegative
            case .bad: isNegative = true
            case .die: (isNegative, ends) = (true, true)
            case .reset: (isPositive, isNegative) = (false, false)
            case .jump(let count):
                next = past(index, count)
                if !asked, lines[index..<next].contains(where: \.isOurs) { turn = index }
            }
            if ends {
                if !asked { turn = index }
                if line.level == 0 { break }
                while next < lines.count, lines[next].level >= line.level { next += 1 }
            }
            index = next
        }
        return (isPositive && !isNegative, asked, turn)
    }

    /// Nil where the stack holds.
    var text: (message: String, hint: String)? {
        switch self {
        case .holds: nil
        case .refusalIgnored(let line):
            (
                "\(line.place): `\(line.control.text)` lets people in whom pam_countersign refuses",
                "write `required` in place of `\(line.control.text)`"
            )
        case .absenceIgnored(let line):
            (
                "\(line.place): `-auth` lets everybody in when pam_countersign.so is missing",
                "write `auth` in place of `-auth`"
            )
        case .passedBy(let line):
            (
                "\(line.place): \(line.module) with `\(line.control.text)` lets people in before pam_countersign is asked",
                "put the line of pam_countersign where nothing ends the stack before it, or passes over it: see pam.d/sudo in the documentation"
            )
        case .passwordSkipped(let line):
            (
                "\(line.place): `\(line.control.text)` lets people in by the second factor alone, without a password",
                "write `required` in place of `\(line.control.text)`, behind the password"
            )
        }
    }
}
