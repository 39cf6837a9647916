import Foundation
import Identifiers
import SQLite
import Testing

@testable import Records

struct MigrationTests {
    let place: Place

    init() throws { place = try Place() }

    /// A file as version 1 left it, with a row in each of its tables, and application 1 counting its member.
    private func makeVersion1() throws {
        try #require(
            FileManager.default.createFile(atPath: place.path, contents: nil, attributes: [.posixPermissions: 0o600]))
        let connection = try place.raw()
        try connection.execute("PRAGMA application_id = \(RecordSchema.applicationID)")
        try connection.execute(RecordSchema.migrations[0])
        try connection.execute("PRAGMA user_version = 1")
        for insert in Self.rows { try connection.execute("INSERT INTO \(insert)") }
    }

    private static let rows = [
        "applications (id, name, url, method, created) VALUES (1, 'hosts', 'https://a.example', 'POST', 100)",
        "api_keys VALUES (1, x'0901', 1, x'00FF', 'abcd', 100, NULL)",
        "users VALUES (7, x'0902', x'010200', 101)",
        """
        members VALUES (1, 7, 102, 103, x'05', 60000000, x'06', 60000001, x'07', 'transfer', \
        700, 1, 104, 3, 105, 9, 106, 2, 107, 1)
        """,
        """
        devices VALUES (1, 'a', 7, x'04', 'Pixel 9', 'android', 108, '192.0.2.1', 109, 110, \
        NULL, NULL, 'https://p.example', x'04', x'02')
        """,
        "enrolments VALUES (x'0903', 7, 111, 711, 'a')",
        """
        approvals VALUES (1, '00000000-0000-4000-8000-000000000001', 1, 7, '{}', 'Log in?', '', '[]', '42', 112, 60, \
        172, 113, 'approved', 113, 1, 2, 'a', 'signed', x'08', NULL, 0)
        """,
        "phone_checks VALUES (1, x'0904', 'id', x'09', 713, 1, 114, 1)",
        "activities VALUES (1, 7, 1, 115, 'softtoken', 'detail')",
        "deliveries VALUES (1, 116, 1, 7, 'sms', 'twilio', 1, 'HTTP 200', 12)",
        "months VALUES (1, 2027, 1, 1, 2, 3, 4, 5)",
        "server_values VALUES ('a', x'01')",
    ]

    /// The columns of all tables, as SQL writes their values.
    private func columns() throws -> [String: [String]] {
        let connection = try place.raw()
        let tables = try connection.all("SELECT name FROM sqlite_schema WHERE type = 'table'") { $0.text(0) ?? "" }
        return try Dictionary(
            uniqueKeysWithValues: tables.map { table in
                (
                    table,
                    try connection.all("SELECT name FROM pragma_table_info(?1)", table) { "quote(\($0.text(0) ?? ""))" }
                )
            })
    }

    /// The values of some columns in all rows.
    private func content(_ columns: [String: [String]]) throws -> [String: [String]] {
        let connection = try place.raw()
        return try Dictionary(
            uniqueKeysWithValues: columns.map { table, columns in
                (
                    table,
                    try connection.all("SELECT \(columns.joined(separator: " || ',' || ")) FROM \(table)") {
                        $0.text(0) ?? ""
                    }
                )
            })
    }

    /// A file as version 4 left it: application 1 is the user's company, application 2 has just added the same number.
    private func makeVersion4(_ rows: [String]) throws {
        try #require(
            FileManager.default.createFile(atPath: place.path, contents: nil, attributes: [.posixPermissions: 0o600]))
        let connection = try place.raw()
        try connection.execute("PRAGMA application_id = \(RecordSchema.applicationID)")
        for step in RecordSchema.migrations.prefix(4) { try connection.execute(step) }
        try connection.execute("PRAGMA user_version = 4")
        let both = [1, 2].map { "applications (id, name, created) VALUES (\($0), 'a', 100)" }
        for insert in both + ["users VALUES (7, x'0902', x'01', 101)"] + rows {
            try connection.execute("INSERT INTO \(insert)")
        }
    }

    private static func member(of application: Int, confirmed: Bool = false) -> String {
        "members (application, user, added, confirmed, secret, one_code_spent, wrong_since, wrong, day_wrong_since, "
            + "day_wrong, sends_since, sends, requests_since, requests) VALUES "
            + "(\(application), 7, 102, \(confirmed ? "103" : "NULL"), x'05', 0, 0, 0, 0, 0, 0, 0, 0, 0)"
    }

    private static func device(confirmed: Bool) -> String {
        "devices (id, user, public_key, name, os_type, created, address, last_seen, confirmed) VALUES "
            + "('a', 7, x'04', 'Pixel 9', 'android', 108, '192.0.2.1', 109, \(confirmed ? "110" : "NULL"))"
    }

    private static func approval(_ status: String) -> String {
        """
        approvals VALUES (1, '00000000-0000-4000-8000-000000000001', 1, 7, '{}', 'Log in?', '', '[]', NULL, 112, 60, \
        172, 113, '\(status)', 113, 1, 2, 'a', 'signed', x'08', NULL, 0)
        """
    }

    /// Rows of version 4, and whether applications 1 and 2 may ask afterwards.
    static let members: [(what: String, rows: [String], asks: [Bool])] = [
        (
            "a code was shown to one of two", [member(of: 1, confirmed: true), member(of: 2), device(confirmed: true)],
            [true, false]
        ),
        (
            "a request of one of two was approved",
            [member(of: 1), member(of: 2), device(confirmed: true), approval("approved")],
            [true, false]
        ),
        (
            "a request was denied", [member(of: 1), member(of: 2), device(confirmed: true), approval("denied")],
            [false, false]
        ),
        ("the only application has a phone", [member(of: 1), device(confirmed: true)], [true]),
        ("the only application has a phone that is not confirmed", [member(of: 1), device(confirmed: false)], [false]),
        ("the only application has no phone", [member(of: 1)], [false]),
        (
            "two have a phone, and nothing was proven to either",
            [member(of: 1), member(of: 2), device(confirmed: true)], [false, false]
        ),
    ]

    @Test(arguments: members.indices)
    func `An application asks on as before where something was proven to it, and no other does`(_ index: Int)
        async throws
    {
        let (what, rows, asks) = Self.members[index]
        try makeVersion4(rows + ["links_sent VALUES (x'0902', 5, 3)"])
        let store = try SQLiteRecordStore(path: place.path, create: false)
        let members = try await store.read { try $0.members(of: try id(7)) }
        #expect(members.map { $0.consented != nil } == asks, "\(what)")
        #expect(members.allSatisfy { $0.refused == nil })
        #expect(
            try await store.read { try $0.linksSent(application: 0, phoneHash: [9, 2]) }
                == WindowCounter(since: 5, times: 3))
    }

    private func schema(of place: Place) throws -> [String] {
        try place.raw().all("SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1") {
            $0.text(0) ?? ""
        }
    }

    @Test func `A file of version 1 is brought to this version with all that is in it`() async throws {
        try makeVersion1()
        let columns = try columns()
        let before = try content(columns)
        #expect(columns.count == Self.rows.count && before.values.allSatisfy { $0.count == 1 })
        let store = try SQLiteRecordStore(path: place.path, create: false)
        #expect(try content(columns) == before)
        #expect(try place.raw().first("PRAGMA user_version") { $0.integer(0) } == RecordSchema.version)
        let alice = try id(7)
        #expect(try await store.read { try $0.memberCount(of: 1) } == 1)
        let member = try #require(try await store.read { try $0.member(application: 1, user: alice) })
        #expect(
            member.confirmed == 103 && member.wrongCodes == WindowCounter(since: 104, times: 3)
                && member.requests == WindowCounter(since: 107, times: 1))
        #expect(try await store.read { try $0.approval(try requestID(1)) }?.answer?.signed == "signed")
        // The additions of later versions are there.
        #expect(member.notices == WindowCounter())
        #expect(try await store.read { try $0.linksSent(application: 1, phoneHash: [9, 2]) } == WindowCounter())
        try await store.write { try $0.put(FormerMember(member, phoneHash: [9, 2], removed: 120)) }
        #expect(try await store.read { try $0.formerMember(application: 1, phoneHash: [9, 2]) }?.removed == 120)
        store.close()
        #expect(try SQLiteRecordStore.check(path: place.path) == [])
    }

    @Test func `A file that was brought to this version is like one that was made in it`() throws {
        try makeVersion1()
        try SQLiteRecordStore(path: place.path, create: false).close()
        let fresh = try Place()
        try fresh.open().close()
        #expect(try schema(of: place) == schema(of: fresh))
    }

    @Test func `A step that fails leaves the file as it was`() throws {
        try makeVersion1()
        // A table with the name that version 2 creates.
        try place.raw().execute("CREATE VIEW former_members AS SELECT 1")
        let before = try schema(of: place)
        #expect(throws: (any Error).self) { try SQLiteRecordStore(path: place.path, create: false) }
        #expect(try schema(of: place) == before)
        #expect(try place.raw().first("PRAGMA user_version") { $0.integer(0) } == 1)
    }

    @Test func `Ten that open a file of version 1 at once all open it`() async throws {
        try makeVersion1()
        try await withThrowingTaskGroup(of: Void.self) { [path = place.path] group in
            for number in 0..<10 {
                group.addTask {
                    try await SQLiteRecordStore(path: path, create: false).write {
                        try $0.setValue("\(number)", to: [1])
                    }
                }
            }
            try await group.waitForAll()
        }
        let store = try place.open()
        for number in 0..<10 { #expect(try await store.read { try $0.value("\(number)") } == [1]) }
    }
}
