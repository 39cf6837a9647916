internal import AuthyService
internal import AuthyWire
internal import CommandSupport
internal import Delivery
internal import Encoding
internal import Identifiers
internal import ServerSettings
internal import Vault

/// What the doctor sees over the network.
struct ReachChecks {
    /// An address for documentation (RFC 5737), which the doctor claims to come from: only a proxy that passes on what
    /// clients write makes the server believe it.
    private static let claimed = "192.0.2.77"
    private static let timeout = 10_000

    let settings: ServiceSettings
    let vault: Vault

    /// Asks at `public_url` who answers, and how the call looks there.
    func publicURL() async throws -> [DoctorFinding] {
        guard let url = settings.server.publicURL else {
            return [
                .warning(
                    "public_url", "it is not set: phones cannot reach this server",
                    hint: "set public_url under [server]")
            ]
        }
        let outgoing = try OutgoingClient(authorities: settings.server.hostAuthorities)
        defer { outgoing.shutDown() }
        var random = SystemRandomNumberGenerator()
        let nonce = Base64URL.encode((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        let result = await outgoing.send(
            OutgoingRequest(
                url: "\(url)/instance/\(nonce)/\(InstanceProof.question(nonce, vault: vault))", method: .get,
                headers: [("X-Forwarded-For", Self.claimed)], timeout: Self.timeout))
        switch result {
        case .response(let response):
            guard response.status == 200, let view = view(response.body, nonce: nonce) else {
                return [
                    .problem(
                        "public_url",
                        "another server answers at \(url), or one with another database (\(response.status))",
                        hint: "see where its name leads, and that the proxy in front passes every path on unchanged")
                ]
            }
            return [.ok("public_url", "\(url) leads to this server"), proxies(view)]
        case .unreached(let reason):
            return [
                .problem(
                    "public_url", "nothing answers at \(url): \(reason)",
                    hint: "systemctl status countersignd; then its name, the port and the firewall")
            ]
        case .failed(let reason):
            return [
                .problem(
                    "public_url", "\(url) cannot be used: \(reason)",
                    hint: "see the certificate there; for an authority of your own set host_ca_file")
            ]
        case .refused(let refusal):
            return [.problem("public_url", "\(url): \(refusal.rawValue)", hint: "correct public_url")]
        }
    }

    private func view(_ body: [UInt8], nonce: String) -> InstanceView? {
        guard let json = JSONValue(body, limits: .answer), let address = json["address"]?.text,
            let peer = json["peer"]?.text, let forwarded = json["forwarded"]?.text
        else { return nil }
        let view = InstanceView(address: address, peer: peer, forwarded: forwarded)
        return if json["proof"]?.text == InstanceProof.answer(nonce, view: view, vault: vault) { view } else { nil }
    }

    /// Judges X-Forwarded-For as it arrived.
    private func proxies(_ view: InstanceView) -> DoctorFinding {
        let entries = view.forwarded.split(separator: ",").map { $0.filter { $0 != " " } }
        let trusted = settings.server.trustedProxies.compactMap { Network($0) }
        let isTrusted = Address(view.peer).map { peer in trusted.contains { $0.contains(peer) } } ?? false
        let isUntouched = entries == [Self.claimed]
        let add = "nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for"
        guard !isUntouched else {
            if !isTrusted, !settings.server.behindProxy {
                return .ok("proxies", "clients reach the server without one")
            }
            return .problem(
                "proxies",
                "the proxy \(view.peer) passes on the address that a client claims, and adds none of its own",
                hint: add)
        }
        guard !entries.isEmpty else {
            return .problem("proxies", "the proxy \(view.peer) does not say where clients come from", hint: add)
        }
        if isTrusted { return .ok("proxies", "the proxy \(view.peer) tells the addresses of clients") }
        return .problem(
            "proxies", "calls come through \(view.peer), which is not trusted: all clients share its limits",
            hint: "trusted_proxies = [\"\(view.peer)\"] under [server]")
    }

    /// Whether the push services can be called.
    func push() async throws -> [DoctorFinding] {
        let hosts = settings.push.hosts.filter { !$0.hasPrefix("*") }
        guard !hosts.isEmpty else { return [.ok("push", "notifications are turned off")] }
        let outgoing = try OutgoingClient(authorities: settings.authorities)
        defer { outgoing.shutDown() }
        return await withTaskGroup(of: DoctorFinding.self) { group in
            for host in hosts {
                group.addTask {
                    let result = await outgoing.send(
                        OutgoingRequest(url: "https://\(host)/", method: .get, timeout: Self.timeout))
                    switch result {
                    case .response: return .ok("push", "\(host) answers")
                    case .unreached(let reason), .failed(let reason):
                        return .warning(
                            "push", "\(host): \(reason)",
                            hint: "let this machine reach it on port 443, or take it out of hosts under [push]")
                    case .refused(let refusal):
                        return .warning("push", "\(host): \(refusal.rawValue)", hint: "correct hosts under [push]")
                    }
                }
            }
            return await group.reduce(into: [DoctorFinding]()) { $0.append($1) }.sorted { $0.message < $1.message }
        }
    }

    /// Whether gateways have what they need; with `test`, whether each sends a message there.
    func gateways(test: String?) async throws -> [DoctorFinding] {
        let gateways = settings.gateways
        guard !gateways.isEmpty else {
            return [
                .warning(
                    "gateways", "there is none: no code goes out by text message, call or e-mail",
                    hint: "add a [[gateway]], or leave it if all people use the phone's page")
            ]
        }
        let outgoing = try OutgoingClient(authorities: settings.authorities)
        defer { outgoing.shutDown() }
        var findings: [DoctorFinding] = []
        for gateway in gateways {
            findings.append(await finding(gateway, test: test, outgoing: outgoing))
        }
        return findings
    }

    private func finding(_ gateway: Gateway, test: String?, outgoing: OutgoingClient) async -> DoctorFinding {
        let failover: GatewayFailover
        do { failover = try GatewayFailover(gateways: [gateway], outgoing: outgoing) { _ in } } catch {
            return .problem("gateways", "\(gateway.name): \(error)", hint: "countersignd check says more")
        }
        if gateway.type == .log {
            return .warning(
                "gateways", "\(gateway.name) writes codes to the log", hint: "it is for trying out only: take it out")
        }
        let kinds = gateway.kinds.map(\.rawValue).joined(separator: ", ")
        guard let test else { return .ok("gateways", "\(gateway.name) is set up for \(kinds)") }
        guard let kind = gateway.kinds.first(where: { ($0 == .email) == test.contains("@") }) else {
            return .ok("gateways", "\(gateway.name) carries no message to \(test); it is set up for \(kinds)")
        }
        let attempts = await failover.deliver(
            OneCodeMessage(
                kind: kind, to: test, code: "", subject: "A test of countersignd",
                text: "This is a test of countersignd. It needs no answer.", application: "Countersign"))
        guard let last = attempts.last, last.succeeded else {
            return .problem(
                "gateways", "\(gateway.name) sent no \(kind.rawValue): \(attempts.last?.detail ?? "nothing was tried")",
                hint: "see its account and its settings")
        }
        return .ok("gateways", "\(gateway.name) accepted the \(kind.rawValue) to \(test): \(last.detail)")
    }
}
