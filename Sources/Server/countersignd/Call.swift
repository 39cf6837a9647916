internal import AuthyService
internal import AuthyWire
internal import HTTPTypes

/// One call of the Authy API, routed by its path.
///
/// GET and POST are equal, since Authy's clients use both for the same calls.
struct Call {
    let method: HTTPRequest.Method
    /// The parts of the path between slashes.
    let steps: [Substring]
    let parameters: Parameters
    let wait: Int64

    func answer(
        by caller: Caller, _ service: AuthyService, watch: @Sendable (@escaping @Sendable () -> Void) async -> Void
    ) async throws -> Answer {
        guard steps.count >= 3, steps[1] == "json" else { throw Refusal.path }
        let rest = steps[2...].map(String.init)
        if steps[0] == "onetouch" { return try await oneTouch(rest, caller, service, watch) }
        guard method == .get || method == .post else { throw Refusal.method("GET, POST") }
        return try await protected(rest, caller, service)
    }

    private func oneTouch(
        _ path: [String], _ caller: Caller, _ service: AuthyService,
        _ watch: @Sendable (@escaping @Sendable () -> Void) async -> Void
    ) async throws -> Answer {
        if path.count == 3, path[0] == "users", path[2] == "approval_requests" {
            guard method == .post else { throw Refusal.method("POST") }
            return try await service.createApproval(for: path[1], by: caller, parameters)
        }
        guard path.count == 2, path[0] == "approval_requests" else { throw Refusal.path }
        switch method {
        case .get: return try await service.readApproval(path[1], by: caller, wait: wait, watch: watch)
        case .delete: return try await service.cancelApproval(path[1], by: caller)
        default: throw Refusal.method("GET, DELETE")
        }
    }

    private func protected(_ path: [String], _ caller: Caller, _ service: AuthyService) async throws -> Answer {
        switch (path.count, path[0]) {
        case (3, "verify"):
            return try await service.verify(FormText.step(path[1]) ?? path[1], of: path[2], by: caller, parameters)
        case (2, "sms"): return try await service.sendOneCode(.sms, to: path[1], by: caller, parameters)
        case (2, "call"): return try await service.sendOneCode(.call, to: path[1], by: caller, parameters)
        case (2, "email"): return try await service.sendOneCode(.email, to: path[1], by: caller, parameters)
        case (2, "app") where path[1] == "details": return service.applicationDetails(of: caller)
        case (2, "app") where path[1] == "stats": return try await service.statistics(of: caller)
        case (2..., "users"): return try await users(Array(path.dropFirst()), caller, service)
        case (2..., "phones"): return try await phones(Array(path.dropFirst()), caller, service)
        default: throw Refusal.path
        }
    }

    private func users(_ path: [String], _ caller: Caller, _ service: AuthyService) async throws -> Answer {
        switch (path.first, path.last) {
        case ("new", "new") where path.count == 1: return try await service.newUser(by: caller, parameters)
        case (_, "status") where path.count == 2: return try await service.status(path[0], by: caller)
        case (_, "delete") where path.count == 2, (_, "remove") where path.count == 2:
            return try await service.removeUser(path[0], by: caller)
        case ("delete", _) where path.count == 2: return try await service.removeUser(path[1], by: caller)
        case (_, "update") where path.count == 2: return try await service.updateUser(path[0], by: caller, parameters)
        case (_, "secret") where path.count == 2:
            return try await service.newSecret(of: path[0], by: caller, parameters)
        case (_, "register_activity") where path.count == 2:
            return try await service.registerActivity(path[0], by: caller, parameters)
        default: throw Refusal.path
        }
    }

    private func phones(_ path: [String], _ caller: Caller, _ service: AuthyService) async throws -> Answer {
        switch path.joined(separator: "/") {
        case "verification/start": return try await service.startPhoneCheck(by: caller, parameters)
        case "verification/check": return try await service.checkPhone(by: caller, parameters)
        case "verification/status": return try await service.phoneCheckStatus(by: caller, parameters)
        case "info": throw AuthyService.phoneInfo
        default: throw Refusal.path
        }
    }
}

/// One call of the phone's page: docs/reference/phone.md.
struct PhoneCall {
    let method: HTTPRequest.Method
    let steps: [Substring]
    let parameters: Parameters
    let query: [Parameter.Member]
    let wait: Int64

    func answer(
        by phone: Phone, _ service: AuthyService, watch: @Sendable (@escaping @Sendable () -> Void) async -> Void
    ) async throws -> Answer {
        switch (method, steps.first, steps.count) {
        case (.get, "state", 1):
            return try await service.state(of: phone, seen: value("seen"), wait: wait, watch: watch)
        case (.post, "answer", 1): return try await service.answer(parameters, from: phone)
        case (.post, "report", 1): return try await service.report(parameters, from: phone)
        case (.get, "tokens", 2): return try await service.token(String(steps[1]), for: phone)
        case (.post, "push", 1): return try await service.setPush(parameters, from: phone)
        case (.get, "history", 1):
            return try await service.history(of: phone, before: value("before").flatMap { Int64($0) })
        case (.get, "applications", 1): return try await service.applications(of: phone)
        case (.post, "applications", 2): return try await service.decide(on: String(steps[1]), parameters, from: phone)
        case (.post, "links", 1): return try await service.makeLink(parameters, from: phone)
        case (.get, "devices", 1): return try await service.devices(of: phone)
        case (.post, "devices", 2): return try await service.renameDevice(String(steps[1]), parameters, from: phone)
        case (.post, "devices", 3) where steps[2] == "confirm":
            return try await service.confirmDevice(String(steps[1]), parameters, from: phone)
        case (.delete, "devices", 2): return try await service.removeDevice(String(steps[1]), from: phone)
        default: throw PhoneRefusal.path
        }
    }

    private func value(_ name: String) -> String? { query.first { $0.name == name }?.value.text }
}
