internal import AuthyWire
internal import Encoding
internal import Identifiers
internal import Records

extension APIService {
    /// Returns one page of the user's history, newest first (`GET history`).
    ///
    /// - Parameters:
    ///   - phone: The device that calls.
    ///   - before: Only entries before this Unix time in seconds; nil for the first page.
    /// - Returns: At most 30 entries; `next` is `before` of the next page, or null.
    /// - Throws: `PhoneAPIError`: `unconfirmed`; `RecordStoreError` if the records cannot be read.
    public func history(of phone: Phone, before: Int64?) async throws -> ServiceResponse {
        guard phone.device.isActive else { throw PhoneAPIError.unconfirmed }
        let before = before ?? .max
        let now = now()
        let page = 30
        let (approvals, activities, names, devices) = try await store.read { records in
            let names = Dictionary(
                try records.applications().map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
            let devices = Dictionary(
                try records.devices(of: phone.user).map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
            return (
                try records.approvals(of: phone.user, before: before, limit: page),
                try records.activities(of: phone.user, before: before, limit: page),
                names, devices
            )
        }
        let requests = approvals.filter { $0.standing(at: now) != .pending }.map { approval in
            (
                at: approval.created,
                json: Self.entry(
                    approval, standing: approval.standing(at: now), application: names[approval.application],
                    devices: devices)
            )
        }
        let others = activities.filter { $0.kind != "reported" }.map {
            (at: $0.at, json: Self.entry($0, application: $0.application.flatMap { names[$0] }))
        }
        let entries = (requests + others).sorted { $0.at > $1.at }.prefix(page)
        let hasMore = approvals.count == page || activities.count == page
        let next: Int64? = if hasMore { entries.last?.at } else { nil }
        return ServiceResponse([
            "entries": .array(entries.map(\.json)),
            "next": .integer(orNull: next),
        ])
    }

    private static func entry(
        _ approval: Approval, standing: Approval.Status, application: String?, devices: [String: String]
    )
        -> JSONValue
    {
        [
            "at": .integer(approval.created), "kind": "request",
            "application": .string(orNull: application),
            "status": .string(standing.rawValue), "message": .string(approval.message),
            "request": .string(approval.text),
            "device": .string(orNull: approval.answer.flatMap { devices[$0.device] }),
            "reported": .bool(approval.reported),
        ]
    }

    private static func entry(_ activity: Activity, application: String?) -> JSONValue {
        [
            "at": .integer(activity.at), "kind": .string(activity.kind),
            "application": .string(orNull: application),
            "status": .null, "message": .string(activity.detail), "device": .null,
            "reported": false,
        ]
    }
}
