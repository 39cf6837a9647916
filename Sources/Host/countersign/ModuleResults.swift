/// Results that modules of Linux-PAM and of distributions can have in pam_authenticate(3).
///
/// Of a module that is not known here, every result is possible.
enum ModuleResults {
    private static let refusals = PAMControl.results.filter { !["success", "new_authtok_reqd", "ignore"].contains($0) }

    /// Modules that never let in or refuse by themselves in this phase.
    private static let neutral: Set<String> = [
        "pam_env.so", "pam_faildelay.so", "pam_keyinit.so", "pam_loginuid.so", "pam_mail.so", "pam_motd.so",
        "pam_umask.so",
    ]
    /// Modules with few results, as their sources and manuals name them.
    private static let few: [String: [String]] = [
        "pam_permit.so": ["success"],
        "pam_deny.so": ["auth_err"],
        "pam_rootok.so": ["success", "auth_err"],
        "pam_warn.so": ["ignore"],
        "pam_echo.so": ["success", "ignore", "buf_err", "system_err"],
        "pam_cap.so": ["success", "ignore", "auth_err", "buf_err", "user_unknown"],
        "pam_gnome_keyring.so": ["success", "ignore", "service_err"],
    ]

    /// What the module of a line can return, with the results that let in first.
    static func all(_ line: AuthStack.Line) -> [String] {
        if line.module == "pam_debug.so" { return debug(line.arguments) }
        if let results = few[line.module] { return results + missing(line) }
        if neutral.contains(line.module) {
            return ["success", "ignore", "buf_err", "system_err", "abort", "conv_err"] + missing(line)
        }
        return ["success", "new_authtok_reqd", "ignore"] + refusals
    }

    /// What pam_countersign can return when it refuses, and libpam in its place.
    static let ours = refusals

    /// The result of a module whose file is not there; none if it is, or if that cannot be known.
    private static func missing(_ line: AuthStack.Line) -> [String] {
        PAMModules.isMissing(line.path) ? ["module_unknown"] : []
    }

    /// pam_debug(8) returns what `auth=` names.
    private static func debug(_ arguments: [String]) -> [String] {
        let named = arguments.last { $0.hasPrefix("auth=") }.map { String($0.dropFirst(5)) }
        return [named.flatMap { PAMControl.results.contains($0) ? $0 : nil } ?? "success"]
    }
}
