public import AuthyWire
internal import Encoding
internal import Identifiers
internal import Logging
internal import Records
internal import ServerSettings

// Approval requests (OneTouch), for the application

extension APIService {
    /// Creates an approval request (Authy API: POST /onetouch/json/users/ID/approval_requests).
    ///
    /// It returns as soon as the request is on the disk; the phones are told afterwards.
    ///
    /// - Parameters:
    ///   - id: The AuthyID as in the path.
    ///   - caller: The application.
    ///   - parameters: The parameters of the call.
    /// - Returns: The UUID of the request.
    /// - Throws: `APIError` if the user is unknown or has no device, a parameter is invalid, or a limit is reached;
    ///   `RecordStoreError` if the server cannot store it.
    public func createApproval(for id: String, by caller: AuthenticatedApplication, _ parameters: Parameters)
        async throws -> ServiceResponse
    {
        let checked = try ApprovalParameters(parameters)
        let now = now()
        guard let user = AuthyID(id) else { throw APIError.userNotFound }
        let approval = try await store.write { records in
            guard var member = try records.member(application: caller.id, user: user) else {
                throw APIError.userNotFound
            }
            guard try devices(for: member, in: records).contains(where: \.isActive) else {
                throw APIError(400, 60051, "The user has no OneTouch device.")
            }
            if let wait = member.requests.wait(Interval.tenMinutes, limit: settings.limits.requests, at: limitTime()) {
                throw APIError.tooMany(retryAfter: wait)
            }
            try records.expireApprovals(of: user, at: now)
            if try records.pendingCount(of: user, application: caller.id, at: now) >= settings.limits.pendingRequests {
                throw APIError.tooMany(retryAfter: 10)
            }
            member.requests.add(Interval.tenMinutes, at: limitTime())
            guard let approval = checked.approval(for: user, of: caller, at: now) else { throw APIError.broken }
            try records.put(member)
            try records.put(approval)
            try records.count(Self.month(of: caller.id, at: now) { _ in })
            return approval
        }
        waiters.wake(.user(user))
        outbox.notify(
            Notification(
                request: approval.id, user: user, application: caller.id, title: caller.application.name,
                body: approval.message,
                ends: approval.ends))
        metrics.created(approval.id, ends: approval.ends)
        log.info("request_created", metadata: approval.trace)
        return ServiceResponse([
            "approval_request": ["uuid": .string(approval.id.description)],
            "message": "Approval request was created.", "success": true,
        ])
    }

    /// Reads an approval request (Authy API: GET /onetouch/json/approval_requests/UUID).
    ///
    /// With a wait it returns at the moment of the decision, or when the time is over.
    ///
    /// - Parameters:
    ///   - name: The UUID as in the path.
    ///   - caller: The application.
    ///   - seconds: How long to wait for a decision, at most 60 seconds; 0 to return at once (`Prefer: wait=N`, RFC
    ///     7240).
    ///   - watch: Called with a function that ends the wait, once there is a wait to end; it calls the function when
    ///     the client disconnects.
    /// - Returns: The request and its status.
    /// - Throws: `APIError` if there is no such request, the key has ended, or too many calls wait for it;
    ///   `RecordStoreError` or `VaultError` if it cannot be read.
    public func readApproval(
        _ name: String, by caller: AuthenticatedApplication, wait seconds: Int64,
        watch: @Sendable (@escaping @Sendable () -> Void) async -> Void
    ) async throws -> ServiceResponse {
        let now = now()
        var view = try await approval(name, of: caller)
        guard seconds > 0, view.approval.standing(at: now) == .pending else { return view.response(at: now) }
        // One second more than the rest of the request's lifetime: either clock may be anywhere within its second.
        let left = view.approval.ends.map { min($0 - now + 1, 60) } ?? 60
        let deadline = waiters.uptime() + min(seconds, left)
        var mayWait = true
        while mayWait, view.approval.standing(at: self.now()) == .pending {
            let id = view.approval.id
            guard let waiter = waiters.register(for: .approval(id), of: id.description, until: deadline) else {
                throw APIError.tooMany(retryAfter: 5)
            }
            view = try await waiters.read(holding: waiter) { try await approval(name, of: caller) }
            if view.approval.standing(at: self.now()) == .pending {
                await watch { [waiters] in waiters.end(waiter) }
                mayWait = await waiters.wait(for: waiter)
                view = try await approval(name, of: caller)
            } else {
                waiters.end(waiter)
            }
        }
        return view.response(at: self.now())
    }

    /// Cancels a pending request (DELETE /onetouch/json/approval_requests/UUID; an extension of Authy's API).
    ///
    /// - Parameters:
    ///   - name: The UUID as in the path.
    ///   - caller: The application.
    /// - Returns: A message.
    /// - Throws: `APIError` if there is no such request or it is no longer pending; `RecordStoreError` if the server
    ///   cannot store it.
    public func cancelApproval(_ name: String, by caller: AuthenticatedApplication) async throws -> ServiceResponse {
        let now = now()
        let (user, id) = try await store.write { records in
            guard let id = ApprovalRequestID(name), var approval = try records.approval(id),
                approval.application == caller.id
            else {
                throw Self.notFound(name)
            }
            guard approval.standing(at: now) == .pending else {
                throw APIError(409, 60079, "The approval request is no longer pending.")
            }
            approval.status = .cancelled
            approval.processed = now
            approval.updated = now
            try records.put(approval)
            return (approval.user, id)
        }
        metrics.ended(id, as: .cancelled)
        waiters.wake(.user(user))
        waiters.wake(.approval(id))
        return ServiceResponse(["message": "Approval request was cancelled.", "success": true])
    }

    private static func notFound(_ name: String) -> APIError {
        let shown = ApprovalRequestID(name)?.description ?? "no UUID"
        return APIError(404, 60049, "Approval request not found: \(shown)")
    }

    /// Reads the request, and checks the key again: it may have ended while its holder waited.
    private func approval(_ name: String, of caller: AuthenticatedApplication) async throws -> ApprovalView {
        guard let id = ApprovalRequestID(name) else { throw Self.notFound(name) }
        let now = now()
        let (approval, user, device) = try await store.read { records in
            guard try records.application(keyHash: caller.keyHash, at: now) != nil else { throw APIError.key }
            guard let approval = try records.approval(id), approval.application == caller.id,
                let user = try records.user(approval.user)
            else {
                throw Self.notFound(name)
            }
            return (approval, user, try approval.answer.flatMap { try records.device($0.device) })
        }
        return ApprovalView(
            approval: approval, application: caller.application,
            email: try self.contact(of: user).email(of: caller.id) ?? "",
            device: device)
    }
}
