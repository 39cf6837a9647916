internal import Accounts
internal import CSyscalls
internal import CommandSupport
internal import Frames
internal import HostSettings
internal import Identifiers
internal import NetProtocol

/// What the 2FA server says; countersign-net asks it, as its own user.
struct DoctorServer {
    /// Time above which a login is slow, in milliseconds.
    private static let slow: Int64 = 2_000

    private var pool: NetPool?
    private let fault: CommandError?
    private let timeout: Int64

    /// Starts countersign-net; root calls this before it becomes another user.
    init(_ settings: Settings, helpers: Path, serviceUser: ServiceUser) {
        timeout = 1_000 * Int64(2 * (settings.server?.requestTimeout ?? 10) + 10)
        do {
            pool = try NetPool.start(settings, count: 1, helpers: helpers, serviceUser: serviceUser)
            fault = nil
        } catch { (pool, fault) = (nil, CommandError(error)) }
    }

    func end() { pool?.end() }

    /// Asks whether the key is accepted, how long that takes, and about the user's phone.
    mutating func examine(_ account: Account?, of person: Person?) -> [Diagnosis] {
        if let fault {
            return [.problem("server", fault.message, hint: fault.hint ?? "countersign check says more")]
        }
        let (first, began) = ask(.checkKey)
        guard first == .noted else { return [refused(first)] }
        let now = Timestamp.now
        let reply = pool?.processes.first?.reply
        let (_, again) = ask(.checkKey)
        var found: [Diagnosis] = [
            .ok("server", "reached in \(began) ms, again in \(again) ms; the key is accepted")
        ]
        if again > Self.slow {
            found = [
                .warning(
                    "server", "the server takes \(again) ms to answer",
                    hint: "see how busy it is, and the network between")
            ]
        }
        if let time = reply?.serverTime { found += clock(time, now: now) }
        if let end = reply?.certificatesEnd { found += certificate(end, now: now) }
        if let person, let id = account?.authyID { found += phone(id, of: person) }
        return found
    }

    /// Compares the clocks: codes of a phone are right for half a minute.
    private func clock(_ time: Int64, now: Int64) -> [Diagnosis] {
        let seconds = abs(now - time)
        let hint = "see which of the two is wrong: timedatectl"
        if seconds > 90 {
            return [
                .problem("clock", "this host and the server differ by \(seconds) s: codes will be refused", hint: hint)
            ]
        }
        if seconds > 15 { return [.warning("clock", "this host and the server differ by \(seconds) s", hint: hint)] }
        return [.ok("clock", "this host and the server agree within \(max(seconds, 1).counted("second"))")]
    }

    private func certificate(_ end: Int64, now: Int64) -> [Diagnosis] {
        let days = (end - now) / 86_400
        guard days < 14 else { return [.ok("server", "its certificate is valid for \(days.counted("day"))")] }
        let message = "its certificate, or one above it, ends in \(days.counted("day"))"
        return [.warning("server", message, hint: "renew it: no login of a user with an AuthyID works afterwards")]
    }

    private func refused(_ result: NetResult?) -> Diagnosis {
        switch result {
        case nil:
            .problem(
                "server", "countersign-net gave no answer in time",
                hint: "see whether the network answers, and try again")
        case .outage(let reason)?, .unreached(let reason)?:
            .problem(
                "server", "out of reach: \(reason)", hint: "see [outage] in the settings for what logins do meanwhile")
        case .limited?: .warning("server", "it takes no more requests for now", hint: "try again in a minute")
        case let result?:
            .problem(
                "server", "it cannot be used: \(result.reason ?? "an answer that makes no sense")",
                hint: "api_key, url and ca_file of the settings must be those of the server: countersign check")
        }
    }

    /// The last sign of life of the user's phone.
    private mutating func phone(_ id: AuthyID, of person: Person) -> [Diagnosis] {
        switch ask(.status(of: id)).result {
        case .user(_, true?)?: return [.ok("phone", "\(person.name) has a device that can approve")]
        case .user(_, false?)?:
            return [
                .warning(
                    "phone", "\(person.name) has no device that can approve: codes only",
                    hint: "countersign enroll \(person.typed), or a new link from the server")
            ]
        case .user?: return [.ok("phone", "the server does not say whether \(person.name) has a device")]
        case .unknownUser?:
            return [
                .problem(
                    "phone", "the server does not know AuthyID \(id) of \(person.name)",
                    hint: "countersign unlink \(person.typed), and then countersign enroll")
            ]
        case let other: return [refused(other)]
        }
    }

    /// Returns the answer, nil if there is none in time, and the milliseconds that it took.
    private mutating func ask(_ request: NetRequest) -> (result: NetResult?, milliseconds: Int64) {
        let began = system_now()
        guard pool?.processes.isEmpty == false else { return (nil, 0) }
        pool?.processes[0].ask(request)
        while let process = pool?.processes[0] {
            if let answer = pool?.processes[0].answer() { return (answer, system_now() - began) }
            if readable([process.channel.descriptor], until: began + timeout).isEmpty { break }
        }
        return (nil, system_now() - began)
    }
}
