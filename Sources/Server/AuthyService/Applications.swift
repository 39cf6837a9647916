internal import AuthyWire
internal import Encoding
internal import Records
internal import ServerSettings

// The calls app/details and app/stats

extension APIService {
    /// Describes the calling application (Authy API: GET /protected/json/app/details).
    ///
    /// - Parameter caller: The application.
    /// - Returns: Its id and name, and whether text messages and approval requests are available.
    public func applicationDetails(of caller: AuthenticatedApplication) -> ServiceResponse {
        let app: JSONValue = [
            "app_id": .integer(caller.id), "name": .string(caller.application.name),
            "plan": "self-hosted",
            "sms_enabled": .bool(outbox.canSend(.sms)),
            "onetouch_enabled": .bool(settings.server.publicURL != nil),
        ]
        return ServiceResponse(["app": app, "message": "Application information.", "success": true])
    }

    /// Returns the counters of the last twelve months (Authy API: GET /protected/json/app/stats).
    ///
    /// The client `authy-client` requires exactly these seven keys.
    ///
    /// - Parameter caller: The application.
    /// - Returns: The months, newest first, and the number of users.
    /// - Throws: `RecordStoreError` if the records cannot be read.
    public func statistics(of caller: AuthenticatedApplication) async throws -> ServiceResponse {
        let (months, total) = try await store.read {
            (try $0.statistics(of: caller.id), try $0.memberCount(of: caller.id))
        }
        var added: Int64 = 0
        let stats = months.prefix(12).map { month -> JSONValue in
            defer { added += month.usersAdded }
            return [
                "api_calls_count": .integer(month.apiCalls), "auths_count": .integer(month.codesAccepted),
                "calls_count": .integer(month.calls),
                "month": .string(Self.names[Int(month.month - 1) % 12]),
                "sms_count": .integer(month.messages),
                "users_count": .integer(max(0, total - added)), "year": .integer(month.year),
            ]
        }
        return ServiceResponse([
            "app_id": .integer(caller.id), "count": .integer(stats.count), "total_users": .integer(total),
            "stats": .array(stats),
            "message": "Monthly statistics.", "success": true,
        ])
    }

    private static let names = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// Returns the counters for one call, changed by `change`.
    static func month(of application: Int64, at now: Int64, _ change: (inout MonthOfStatistics) -> Void)
        -> MonthOfStatistics
    {
        let day = UTCDay(unixTime: now)
        var counts = MonthOfStatistics(application: application, year: day.year, month: day.month)
        counts.apiCalls = 1
        change(&counts)
        return counts
    }
}
