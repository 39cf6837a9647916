internal import AuthyWire
internal import Crypto
internal import Encoding
public import Identifiers
internal import Records
internal import Vault
internal import WebPush

/// A device that has signed its call; only `phone(authorization:method:path:body:)` makes one.
public struct Phone: Sendable {
    let device: Device
    /// The UUID of the device.
    public var id: String { device.id }
    /// The id of its user.
    public var user: AuthyID { device.user }
    /// Whether the device is confirmed and not removed.
    public var isConfirmed: Bool { device.isActive }

    fileprivate init(_ device: Device) { self.device = device }
}

extension APIService {
    /// Authenticates a call of the phone page by `Authorization: Countersign DEVICE.TIME.SIGNATURE`.
    ///
    /// - Parameters:
    ///   - authorization: The value of the header; nil if it is missing.
    ///   - method: The HTTP method.
    ///   - path: The part of the URL after `public_url`, with its query.
    ///   - body: The body of the request.
    /// - Returns: The device.
    /// - Throws: `PhoneAPIError`: `unknown_device` if the device is unknown or removed or the signature is invalid,
    ///   `clock` if the time is more than 90 seconds off; `RecordStoreError` if the records cannot be read.
    public func phone(authorization: String?, method: String, path: String, body: [UInt8]) async throws -> Phone {
        let parts = authorization?.split(separator: " ", maxSplits: 1) ?? []
        let fields = parts.last?.split(separator: ".", omittingEmptySubsequences: false) ?? []
        guard parts.count == 2, parts[0] == "Countersign", fields.count == 3, fields[0].utf8.count == 36,
            let time = Int64(fields[1]),
            let signature = Base64URL.decode(String(fields[2]))
        else { throw PhoneAPIError.unknownDevice }
        guard let device = try await store.read({ try $0.device(String(fields[0])) }),
            let key = DeviceKey(uncompressedPoint: device.publicKey)
        else {
            throw PhoneAPIError.unknownDevice
        }
        let hash = Base64URL.encode(Array(SHA256.hash(data: body)))
        guard key.isValid(signature: signature, of: "countersign-call-1\n\(method)\n\(path)\n\(fields[1])\n\(hash)"),
            device.removed == nil
        else {
            throw PhoneAPIError.unknownDevice
        }
        let now = now()
        guard (now - 90...now + 90).contains(time) else {
            throw PhoneAPIError(
                status: 401, code: "clock", message: "The clock of this phone is off.", more: ["now": .integer(now)])
        }
        if now - device.lastSeen > 600 { try await touch(device, at: now) }
        return Phone(device)
    }

    private func touch(_ device: Device, at now: Int64) async throws {
        try await store.write { records in
            guard var device = try records.device(device.id) else { return }
            device.lastSeen = now
            try records.put(device)
        }
    }
}
