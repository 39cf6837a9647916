internal import AuthyWire
internal import Crypto
internal import Encoding
internal import Identifiers
internal import Records
internal import Vault

extension APIService {
    /// Returns the state that the page shows (`GET state`).
    ///
    /// It returns at once if `seen` is not the current revision; otherwise when something changes or the time is over.
    ///
    /// - Parameters:
    ///   - phone: The device that calls.
    ///   - seen: The revision that the page has; nil for none.
    ///   - seconds: How long to wait for a change, at most 60 seconds; 0 to return at once (`Prefer: wait=N`, RFC
    ///     7240).
    ///   - watch: Called with a function that ends the wait, once there is a wait to end; it calls the function when
    ///     the client disconnects.
    /// - Returns: The state and its revision.
    /// - Throws: `PhoneAPIError`: `unknown_device` if the device was removed, `too_many` if the device waits too often;
    ///   `RecordStoreError` or `VaultError` if the state cannot be read.
    public func state(
        of phone: Phone, seen: String?, wait seconds: Int64,
        watch: @Sendable (@escaping @Sendable () -> Void) async -> Void
    ) async throws -> ServiceResponse {
        var state = try await state(of: phone.device)
        let deadline = waiters.uptime() + min(seconds, 60)
        var mayWait = seconds > 0
        while mayWait, seen == state.revision {
            let end = state.firstEnd.map { waiters.uptime() + min(max(0, $0 - now()) + 1, 60) } ?? .max
            guard let waiter = waiters.register(for: .user(phone.user), of: phone.device.id, until: min(deadline, end))
            else {
                throw PhoneAPIError.tooManyWaits
            }
            state = try await waiters.read(holding: waiter) { try await self.state(of: phone.device) }
            if seen == state.revision {
                await watch { [waiters] in waiters.end(waiter) }
                mayWait = await waiters.wait(for: waiter)
                state = try await self.state(of: phone.device)
            } else {
                waiters.end(waiter)
            }
        }
        return state.response(at: now())
    }

    private struct State {
        let members: JSONObject
        let firstEnd: Int64?
        let revision: String

        init(_ members: JSONObject, firstEnd: Int64?) {
            self.members = members
            self.firstEnd = firstEnd
            let text = JSONValue.object(members).serialized()
            revision = Base64URL.encode(Array(SHA256.hash(data: Array(text.utf8)).prefix(12)))
        }

        func response(at now: Int64) -> ServiceResponse {
            ServiceResponse(["revision": .string(revision), "now": .integer(now)] + members)
        }
    }

    private func state(of known: Device) async throws -> State {
        let now = now()
        let (device, user, requests, tokens, joining, questions, key) = try await store.read { records in
            guard let device = try records.device(known.id), device.removed == nil,
                let user = try records.user(device.user)
            else {
                throw PhoneAPIError.unknownDevice
            }
            let requests: [Approval] =
                if device.isActive { try records.pendingApprovals(of: user.id, at: now) } else { [] }
            let members: [Member] = if device.isActive { try records.members(of: user.id) } else { [] }
            let tokens = try members.filter { $0.refused == nil }
                .map { ($0.application, try records.application($0.application)?.name ?? "", $0.added) }
            let questions = try openQuestions(members, in: records)
            let joining: [Device] =
                if device.isActive { try records.devices(of: user.id).filter { $0.isNew(at: now) } } else { [] }
            return (device, user, requests, tokens, joining, questions, try records.value(VAPID.publicName))
        }
        var members: JSONObject = [
            "device": [
                "id": .string(device.id), "name": .string(device.name),
                "confirmed": .bool(device.isActive),
            ]
        ]
        if let sealed = device.confirmation {
            let code = String(decoding: try vault.open(sealed, as: Purpose.confirmation(device.id)), as: UTF8.self)
            members["confirmation"] = .string(code)
        }
        members += [
            "user": ["phone": .string(try self.contact(of: user).phone.masked)],
            "push_key": .string(Base64URL.encode(key ?? [])), "push": .bool(device.push != nil),
            "tokens": .array(
                tokens.map {
                    [
                        "id": .string(String($0.0)), "application": .string($0.1),
                        "added": .integer($0.2),
                    ]
                }),
            "joining": .array(joining.map(Self.joining)), "consents": .array(questions),
            "requests": .array(
                requests.map {
                    [
                        "id": .string($0.id.description), "text": .string($0.text),
                    ]
                }),
        ]
        return State(members, firstEnd: requests.compactMap(\.ends).min())
    }

    /// Describes a new phone to a confirmed one, as JSON.
    private static func joining(_ device: Device) -> JSONValue {
        [
            "id": .string(device.id), "name": .string(device.name),
            "address": .string(device.address),
            "created": .integer(device.created),
        ]
    }
}
