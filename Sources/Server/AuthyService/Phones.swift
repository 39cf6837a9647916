public import AuthyWire
internal import Encoding
internal import Identifiers
internal import Logging
internal import Records
internal import Vault
internal import WebPush

// The phones of a person, for the phone page: docs/reference/phone.md

extension APIService {
    /// Returns the SoftToken secret for one application (`GET tokens/ID`).
    ///
    /// - Parameters:
    ///   - id: The id of the application as in the path.
    ///   - phone: The device that calls.
    /// - Returns: The secret in Base64url, and the parameters of TOTP (RFC 6238).
    /// - Throws: `PhoneAPIError`: `unconfirmed`, or `unknown` if the user is not in the application or has refused it;
    ///   `RecordStoreError` or `VaultError` if it cannot be read.
    public func token(_ id: String, for phone: Phone) async throws -> ServiceResponse {
        guard phone.device.isActive else { throw PhoneAPIError.unconfirmed }
        guard let application = Int64(id) else { throw PhoneAPIError.unknown }
        let found = try await store.read {
            (try $0.member(application: application, user: phone.user), try $0.application(application))
        }
        guard let member = found.0, member.refused == nil, let name = found.1?.name else { throw PhoneAPIError.unknown }
        let secret = try vault.open(member.secret, as: Purpose.secret(member))
        return ServiceResponse([
            "id": .string(id), "application": .string(name),
            "secret": .string(Base64URL.encode(secret)),
            "algorithm": "SHA-1", "digits": 6, "period": 30,
        ])
    }

    /// Stores or removes the push subscription of a device (`POST push`).
    ///
    /// - Parameters:
    ///   - parameters: `endpoint`, `p256dh` and `auth`; none of them to remove the subscription.
    ///   - phone: The device that calls.
    /// - Returns: An empty object.
    /// - Throws: `PhoneAPIError`: `invalid` if the keys are invalid or the server may not call the push service,
    ///   `unknown` if the device was removed; `RecordStoreError` if the server cannot store it.
    public func setPush(_ parameters: Parameters, from phone: Phone) async throws -> ServiceResponse {
        let push = try self.push(parameters)
        try await change(phone.device.id, of: phone) { $0.push = push }
        return ServiceResponse([:])
    }

    private func push(_ parameters: Parameters) throws -> Device.Push? {
        guard let endpoint = parameters.text("endpoint") else { return nil }
        guard let key = parameters.text("p256dh").flatMap(Base64URL.decode),
            let authentication = parameters.text("auth").flatMap(Base64URL.decode),
            PushSubscription(publicKey: key, authentication: authentication) != nil, endpoint.utf8.count <= 1_024,
            outbox.mayPush(to: endpoint)
        else { throw PhoneAPIError.invalid }
        return Device.Push(endpoint: endpoint, publicKey: key, authentication: authentication)
    }

    private func change(_ id: String, of phone: Phone, with change: @escaping @Sendable (inout Device) -> Void)
        async throws
    {
        try await store.write { records in
            guard var device = try records.device(id), device.user == phone.user, device.removed == nil else {
                throw PhoneAPIError.unknown
            }
            change(&device)
            try records.put(device)
        }
        waiters.wake(.user(phone.user))
    }

    /// Lists the user's devices that are not removed, oldest first (`GET devices`).
    ///
    /// - Parameter phone: The device that calls.
    /// - Returns: The devices.
    /// - Throws: `PhoneAPIError`: `unconfirmed`; `RecordStoreError` if the records cannot be read.
    public func devices(of phone: Phone) async throws -> ServiceResponse {
        guard phone.device.isActive else { throw PhoneAPIError.unconfirmed }
        let devices = try await store.read { try $0.devices(of: phone.user) }.filter { $0.removed == nil }
        return ServiceResponse([
            "devices": .array(
                devices.map { device in
                    [
                        "id": .string(device.id), "name": .string(device.name),
                        "os_type": .string(device.osType),
                        "created": .integer(device.created), "last_seen": .integer(device.lastSeen),
                        "confirmed": .bool(device.isActive),
                        "this": .bool(device.id == phone.device.id),
                    ]
                })
        ])
    }

    /// Renames a device (`POST devices/UUID`).
    ///
    /// - Parameters:
    ///   - id: The UUID of the device as in the path.
    ///   - parameters: `name` is cut to 60 characters.
    ///   - phone: The device that calls.
    /// - Returns: An empty object.
    /// - Throws: `PhoneAPIError`: `unconfirmed`, or `unknown` if the user has no such device; `RecordStoreError` if the
    ///   server cannot store it.
    public func renameDevice(_ id: String, parameters: Parameters, from phone: Phone) async throws -> ServiceResponse {
        guard phone.device.isActive else { throw PhoneAPIError.unconfirmed }
        let name = Self.deviceName(parameters.text("name"))
        try await change(id, of: phone) { $0.name = name }
        return ServiceResponse([:])
    }

    /// Confirms a new phone with the code that it shows, from a confirmed one (`POST devices/UUID/confirm`).
    ///
    /// - Parameters:
    ///   - id: The UUID of the new device as in the path.
    ///   - parameters: `code` is the code; blanks and hyphens are ignored.
    ///   - phone: The device that calls.
    /// - Returns: An empty object.
    /// - Throws: `PhoneAPIError`: `unconfirmed`, `wrong_code` for another code, `unknown` if no new phone has this id;
    ///   `RecordStoreError` or `VaultError` if the server cannot store it.
    public func confirmDevice(_ id: String, parameters: Parameters, from phone: Phone) async throws -> ServiceResponse {
        let code = (parameters.text("code") ?? "").filter { $0 != " " && $0 != "-" }
        let now = now()
        try await store.write { records in
            guard let own = try records.device(phone.device.id), own.isActive else { throw PhoneAPIError.unconfirmed }
            guard let new = try records.device(id), new.user == own.user, new.isNew(at: now) else {
                throw PhoneAPIError.unknown
            }
            guard try newDevice(showing: code, of: own.user, at: now, in: records)?.id == id,
                try confirm(code, of: own.user, at: now, in: records) != nil
            else { throw PhoneAPIError.wrongCode }
        }
        waiters.wake(.user(phone.user))
        log.notice(
            "device_confirmed", metadata: ["user": "\(phone.user)", "device": "\(id)", "by": "\(phone.device.id)"])
        return ServiceResponse([:])
    }

    /// Removes a device (`DELETE devices/UUID`); a device that is not confirmed can remove only itself.
    ///
    /// - Parameters:
    ///   - id: The UUID of the device as in the path.
    ///   - phone: The device that calls.
    /// - Returns: An empty object.
    /// - Throws: `PhoneAPIError`: `unconfirmed`, or `unknown` if the user has no such device; `RecordStoreError` if the
    ///   server cannot store it.
    public func removeDevice(_ id: String, from phone: Phone) async throws -> ServiceResponse {
        guard phone.device.isActive || id == phone.device.id else { throw PhoneAPIError.unconfirmed }
        let now = now()
        try await change(id, of: phone) { $0.remove(at: now) }
        log.notice(
            "device_removed", metadata: ["user": "\(phone.user)", "device": "\(id)", "by": "\(phone.device.id)"])
        return ServiceResponse([:])
    }
}

extension Device {
    /// Whether the device is confirmed and not removed.
    var isActive: Bool { confirmed != nil && removed == nil }

    mutating func remove(at now: Int64) {
        removed = now
        push = nil
        confirmation = nil
    }
}
