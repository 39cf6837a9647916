/// Where users and their passwords come from, besides the files of this host.
enum UserSources {
    /// Modules that ask others for the password.
    private static let elsewhere: Set<String> = [
        "pam_sss.so", "pam_ldap.so", "pam_krb5.so", "pam_winbind.so", "pam_radius_auth.so", "pam_tacplus.so",
        "pam_systemd_home.so",
    ]

    /// Sources in nsswitch.conf(5) whose users the system does not list.
    static var remote: [String] {
        let lines = (FileText.read("/etc/nsswitch.conf", most: 65_536) ?? "").split(separator: "\n").map { line in
            line.prefix { $0 != "#" }.drop { " \t".contains($0) }
        }
        let words = lines.first { $0.hasPrefix("passwd:") }?.split { " \t:".contains($0) } ?? []
        return words.dropFirst().filter {
            !["files", "compat", "systemd", "altfiles"].contains($0) && !$0.contains { "[]=".contains($0) }
        }.map(String.init)
    }

    /// Whether a password that /etc/shadow does not have may still be right.
    static func asksElsewhere(_ stack: AuthStack) -> Bool {
        stack.lines.contains { elsewhere.contains($0.module) }
    }
}
