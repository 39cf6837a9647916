public import AuthyWire
internal import Encoding
internal import Identifiers
internal import Logging
internal import Records
internal import Vault
internal import WebPush

// Approval requests (OneTouch), for the phone: docs/reference/phone.md

extension APIService {
    /// Records the signed answer to an approval request (`POST answer`).
    ///
    /// A wrong check number denies the request, whichever decision was signed. The same answer again gets the same
    /// response.
    ///
    /// - Parameters:
    ///   - parameters: `id`, `decision`, `choice` and `signature`.
    ///   - phone: The device that calls.
    /// - Returns: The status of the request, and the reason if an approval became a denial.
    /// - Throws: `PhoneAPIError`: `unconfirmed`, `unknown_device`, `unknown`, `invalid`, or `over` if the request is no
    ///   longer pending; `RecordStoreError` if the server cannot store it.
    public func answer(_ parameters: Parameters, from phone: Phone) async throws -> ServiceResponse {
        guard phone.device.isActive else { throw PhoneAPIError.unconfirmed }
        guard let id = parameters.text("id").flatMap({ ApprovalRequestID($0) }), let word = parameters.text("decision"),
            let decision = Approval.Status(rawValue: word), decision == .approved || decision == .denied,
            let signature = parameters.text("signature").flatMap(Base64URL.decode),
            let key = DeviceKey(uncompressedPoint: phone.device.publicKey)
        else { throw PhoneAPIError.invalid }
        let choice = parameters.text("choice")
        let now = now()
        let decided = try await store.write { records -> (Approval, Bool) in
            guard let device = try records.device(phone.device.id), device.isActive else {
                throw PhoneAPIError.unknownDevice
            }
            guard var approval = try records.approval(id), approval.user == phone.user else {
                throw PhoneAPIError.unknown
            }
            let signed = "countersign-answer-1\n\(word)\n\(choice ?? "")\n\(approval.text)"
            guard key.isValid(signature: signature, of: signed) else { throw PhoneAPIError.invalid }
            if let old = approval.answer, old.device == device.id, old.signed == signed { return (approval, false) }
            guard approval.standing(at: now) == .pending else { throw PhoneAPIError.over(approval.standing(at: now)) }
            let isWrong = decision == .approved && approval.number != nil && approval.number != choice
            approval.status = if isWrong { .denied } else { decision }
            let reason: String? = if isWrong { "wrong_number" } else { nil }
            approval.answer = Approval.SignedAnswer(
                device: device.id, signed: signed, signature: signature, reason: reason)
            approval.processed = now
            approval.updated = now
            if try records.application(approval.application)?.callback != nil { approval.callbackState = .due }
            try records.put(approval)
            return (approval, true)
        }
        if decided.1 { announce(decided.0, by: phone) }
        var members: JSONObject = ["status": .string(decided.0.status.rawValue)]
        members["reason"] = decided.0.answer?.reason.map { .string($0) }
        return ServiceResponse(members)
    }

    private func announce(_ approval: Approval, by phone: Phone) {
        metrics.ended(approval.id, as: approval.outcome)
        waiters.wake(.approval(approval.id))
        waiters.wake(.user(approval.user))
        log.notice(
            "request_decided",
            metadata: approval.trace.merging([
                "status": "\(approval.status.rawValue)", "reason": "\(approval.answer?.reason ?? "")",
                "device": "\(phone.device.id)",
            ]) { $1 })
        if approval.callbackState == .due { outbox.deliverCallbacks() }
    }

    /// Records that the person did not start a login that was denied (`POST report`).
    ///
    /// - Parameters:
    ///   - parameters: `id` is the UUID of the request.
    ///   - phone: The device that calls.
    /// - Returns: An empty object.
    /// - Throws: `PhoneAPIError`: `unconfirmed`, `invalid`, or `unknown` if the user has no denied request with this
    ///   id; `RecordStoreError` if the server cannot store it.
    public func report(_ parameters: Parameters, from phone: Phone) async throws -> ServiceResponse {
        let now = now()
        guard phone.device.isActive else { throw PhoneAPIError.unconfirmed }
        guard let id = parameters.text("id").flatMap({ ApprovalRequestID($0) }) else { throw PhoneAPIError.invalid }
        let isNew = try await store.write { records in
            guard var approval = try records.approval(id), approval.user == phone.user, approval.status == .denied
            else {
                throw PhoneAPIError.unknown
            }
            guard !approval.reported else { return false }
            approval.reported = true
            approval.updated = now
            try records.put(approval)
            try records.add(
                Activity(
                    user: phone.user, application: approval.application, at: now, kind: "reported",
                    detail: id.description))
            return true
        }
        if isNew {
            log.warning(
                "request_reported",
                metadata: ["user": "\(phone.user)", "request": "\(id)", "device": "\(phone.device.id)"])
        }
        return ServiceResponse([:])
    }
}

extension Approval {
    /// How an answered request is counted.
    fileprivate var outcome: Metrics.ApprovalOutcome {
        if answer?.reason != nil { return .wrongNumber }
        return if status == .approved { .approved } else { .denied }
    }
}
