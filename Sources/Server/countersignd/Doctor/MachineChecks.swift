internal import CSyscalls
internal import CommandSupport
internal import Glibc
internal import ServerSettings

/// What the doctor sees on this machine, without the database and without the network.
enum MachineChecks {
    private static let day: Int64 = 86_400
    /// Days before its end from which a certificate is a warning, and a problem.
    private static let (daysToWarn, daysLeft): (Int64, Int64) = (14, 3)
    /// Bytes that are free from which the disk is a problem, and a warning.
    private static let (leastBytes, fewBytes): (UInt64, UInt64) = (50 << 20, 500 << 20)
    private static let (leastFiles, fewFiles): (UInt64, UInt64) = (100, 1_000)

    /// The certificate: that it is there, for this name, and for how long; and who may read its key.
    static func certificate(_ server: ServiceSettings.Server, at now: Int64) -> [DoctorFinding] {
        guard let files = server.certificate else {
            if server.behindProxy { return [.ok("certificate", "the proxy in front has it")] }
            guard server.publicURL?.hasPrefix("https://") ?? false else {
                return [
                    .warning(
                        "certificate", "there is none: only this machine can use the server",
                        hint: "set certificate and private_key under [server]")
                ]
            }
            return [.ok("certificate", "another program on this machine has it")]
        }
        do {
            _ = try Certificate(files)
            let facts = try CertificateFacts(file: files.chain, key: "certificate")
            return [term(of: facts, file: files.chain, at: now), name(of: facts, server), key(files.privateKey)]
        } catch {
            return [.problem("certificate", error)]
        }
    }

    private static func term(of facts: CertificateFacts, file: String, at now: Int64) -> DoctorFinding {
        let left = (facts.ends - now) / day
        let renew = "renew it; the server reads \(file) again within ten seconds"
        if facts.ends <= now {
            return .problem("certificate", "it expired at \(Timestamp.utc(facts.ends))", hint: renew)
        }
        if facts.begins > now {
            return .problem(
                "certificate", "it is valid from \(Timestamp.utc(facts.begins)) only",
                hint: "see whether the clock is right")
        }
        let text = "\(left.counted("day")) left"
        if left < daysLeft { return .problem("certificate", text, hint: renew) }
        if left < daysToWarn { return .warning("certificate", text, hint: renew) }
        return .ok("certificate", text)
    }

    private static func name(of facts: CertificateFacts, _ server: ServiceSettings.Server) -> DoctorFinding {
        guard let url = server.publicURL else {
            return .ok("certificate", "it is for \(facts.names.joined(separator: ", "))")
        }
        let host = CertificateFacts.host(of: url)
        if facts.covers(host: host) { return .ok("certificate", "it is for \(host), the name in public_url") }
        return .problem(
            "certificate", "it is not for \(host), the name in public_url",
            hint: "make one for that name, or correct public_url before phones are enrolled")
    }

    private static func key(_ file: String) -> DoctorFinding {
        var found = stat()
        guard stat(file, &found) == 0 else {
            return .problem("certificate", CommandError("\(file): \(systemReason())"))
        }
        if found.st_mode & 0o007 != 0 {
            return .problem(
                "certificate", "everybody on this machine may read the key \(file)", hint: "chmod o= \(file)")
        }
        return .ok("certificate", "its key is closed to other users")
    }

    /// The clock, which decides whether codes from apps are right.
    static func clock() -> DoctorFinding {
        if system_clock_is_synchronized() == 1 { return .ok("clock", "it is synchronized") }
        return .warning(
            "clock", "nothing keeps it right: codes from apps fail if it is off by half a minute",
            hint: "timedatectl set-ntp true, or install chrony")
    }

    /// Room for the database.
    static func disk(_ folder: String) -> [DoctorFinding] {
        var found = statvfs()
        guard statvfs(folder, &found) == 0 else {
            return [.problem("disk", CommandError("\(folder): \(systemReason())"))]
        }
        let free = UInt64(found.f_bavail) * UInt64(found.f_frsize)
        let hint = "make room on the disk of \(folder): without it no login is decided"
        var findings = [
            level(
                free, least: leastBytes, few: fewBytes, check: "disk", "\(free >> 20) MB free in \(folder)", hint: hint)
        ]
        // Some file systems do not count files.
        if found.f_files > 0 {
            let files = UInt64(found.f_favail)
            findings.append(
                level(
                    files, least: leastFiles, few: fewFiles, check: "inodes", "\(files) more files fit into \(folder)",
                    hint: hint))
        }
        return findings
    }

    private static func level(
        _ value: UInt64, least: UInt64, few: UInt64, check: String, _ text: String, hint: String
    ) -> DoctorFinding {
        if value < least { return .problem(check, text, hint: hint) }
        if value < few { return .warning(check, text, hint: hint) }
        return .ok(check, text)
    }
}
