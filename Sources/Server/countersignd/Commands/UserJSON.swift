internal import AuthyService
internal import CommandSupport
internal import Encoding
internal import Identifiers
internal import Records

extension UserView {
    /// The user as `user show --json` prints it.
    var json: JSONValue {
        .object([
            "id": .integer(id.value), "phone": .string(phone), "email": .string(email), "created": .time(created),
            "applications": .array(applications.map(\.json)), "devices": .array(devices.map(\.json)),
        ])
    }
}

extension UserView.Membership {
    fileprivate var json: JSONValue {
        .object([
            "id": .integer(application), "confirmed": .time(confirmed), "consented": .time(consented),
            "refused": .time(refused), "email": .string(orNull: email),
        ])
    }
}

extension Device {
    /// The phone as `user devices --json` prints it.
    var json: JSONValue {
        .object([
            "id": .string(id), "name": .string(name), "os_type": .string(osType), "created": .time(created),
            "last_seen": .time(lastSeen), "confirmed": .time(confirmed), "removed": .time(removed),
            "address": .string(address),
        ])
    }
}

extension DeliveryRecord {
    /// The message as `user deliveries --json` prints it.
    var json: JSONValue {
        .object([
            "time": .time(at), "application": application.map { .integer($0) } ?? .null, "kind": .string(kind),
            "gateway": .string(gateway), "sent": .bool(succeeded), "milliseconds": .integer(Int64(milliseconds)),
            "detail": .string(detail),
        ])
    }
}

extension Unlocked {
    /// What was cleared, as `user unlock --json` prints it.
    var json: JSONValue {
        .object([
            "wrong_codes": .integer(wrongCodes), "messages": .integer(messages), "requests": .integer(requests),
            "links": .integer(links), "mails": .integer(mails), "time_step": .bool(freesCode),
        ])
    }
}
