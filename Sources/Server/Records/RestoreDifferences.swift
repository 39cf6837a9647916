internal import SQLite

extension SQLiteRecordStore {
    /// The differences that a restore of older records would bring back.
    public struct RestoreDifferences: Sendable {
        /// Phones that are active in the older records and not in the present ones; `id` is a lower-case UUID.
        public var phones: [(id: String, user: Int64, name: String)] = []
        /// API keys that are valid in the older records and not in the present ones; `hint` is the first four
        /// characters.
        public var keys: [(hint: String, application: Int64)] = []
        /// Callback URLs of the older records that differ from the present ones.
        public var callbacks: [(application: Int64, url: String)] = []
        /// The number of users who exist only in the older records.
        public var users = 0
        /// Users in both whose phone number differs.
        public var numbers: [Int64] = []
        /// Memberships that exist only in the older records, of users who are in both.
        public var members: [(application: Int64, user: Int64)] = []
        /// Members in both whose SoftToken secret or authenticator secret differs.
        public var secrets: [(application: Int64, user: Int64)] = []
        /// Applications that the user allowed in the older records and has refused or not allowed in the present ones.
        public var consents: [(application: Int64, user: Int64)] = []
        /// The number of users who have the same phone number and different e-mail addresses.
        public var emails = 0

        /// Whether the restore would bring back nothing.
        public var isEmpty: Bool {
            phones.isEmpty && keys.isEmpty && callbacks.isEmpty && users == 0 && numbers.isEmpty && members.isEmpty
                && secrets.isEmpty
                && consents.isEmpty && emails == 0
        }
    }

    /// Compares two records files, without the master key.
    ///
    /// - Parameters:
    ///   - path: The records that are to replace the present ones.
    ///   - other: The present records.
    ///   - now: Unix time in seconds, to tell which API keys are valid.
    /// - Returns: What is valid in the records at `path` and not, or no longer, in those at `other`.
    /// - Throws: `RecordStoreError` if one of the files cannot be read or is damaged.
    public static func differences(restoring path: String, over other: String, at now: Int64) throws
        -> RestoreDifferences
    {
        do {
            for path in [path, other] {
                let file = try RecordFile(path)
                try file.secure()
                _ = try RecordSchema.check(try file.connect(Connection.Options()))
            }
            let connection = try RecordFile(path).connect(Connection.Options())
            try connection.run("ATTACH ?1 AS present", try RecordFile(other).path)
            var differences = RestoreDifferences()
            try addPhonesAndApplications(to: &differences, connection, at: now)
            try addUsers(to: &differences, connection)
            return differences
        } catch { throw RecordStoreError.from(error) }
    }

    private static func addPhonesAndApplications(
        to differences: inout RestoreDifferences, _ connection: Connection, at now: Int64
    )
        throws
    {
        differences.phones = try connection.all(
            """
            SELECT id, user, name FROM main.devices WHERE confirmed IS NOT NULL AND removed IS NULL
                AND id NOT IN (SELECT id FROM present.devices WHERE confirmed IS NOT NULL AND removed IS NULL)
            ORDER BY user, id
            """
        ) { (id: $0.text(0) ?? "", user: $0.integer(1) ?? 0, name: $0.text(2) ?? "") }
        func good(_ schema: String) -> String {
            """
            FROM \(schema).api_keys JOIN \(schema).applications ON applications.id = application
                WHERE revoked IS NULL AND (ends IS NULL OR ends > ?1)
            """
        }
        differences.keys = try connection.all(
            """
            SELECT hint, application \(good("main")) AND hash NOT IN (SELECT hash \(good("present")))
            ORDER BY application, hint
            """, now
        ) { (hint: $0.text(0) ?? "", application: $0.integer(1) ?? 0) }
        differences.callbacks = try connection.all(
            """
            SELECT id, old.url FROM main.applications AS old JOIN present.applications AS new USING (id)
            WHERE old.revoked IS NULL AND old.url IS NOT new.url AND old.url IS NOT NULL ORDER BY id
            """
        ) { (application: $0.integer(0) ?? 0, url: $0.text(1) ?? "") }
    }

    /// Compares sealed values as bytes: they are equal only if nobody has written them since, and the key is not
    /// needed.
    private static func addUsers(to differences: inout RestoreDifferences, _ connection: Connection) throws {
        func count(_ from: String) throws -> Int {
            Int(try connection.first("SELECT count(*) " + from) { $0.integer(0) ?? 0 } ?? 0)
        }
        func members(_ from: String) throws -> [(application: Int64, user: Int64)] {
            try connection.all("SELECT application, user \(from) ORDER BY application, user") {
                ($0.integer(0) ?? 0, $0.integer(1) ?? 0)
            }
        }
        let both = "FROM main.users AS old JOIN present.users AS new USING (id)"
        differences.users = try count("FROM main.users WHERE id NOT IN (SELECT id FROM present.users)")
        differences.numbers = try connection.all("SELECT id \(both) WHERE old.phone_hash != new.phone_hash ORDER BY id")
        {
            $0.integer(0) ?? 0
        }
        differences.emails = try count("\(both) WHERE old.phone_hash = new.phone_hash AND old.contact != new.contact")
        differences.members = try members(
            """
            FROM main.members WHERE user IN (SELECT id FROM present.users)
                AND (application, user) NOT IN (SELECT application, user FROM present.members)
            """)
        differences.secrets = try members(
            """
            FROM main.members AS old JOIN present.members AS new USING (application, user)
                WHERE old.secret != new.secret OR old.generic_secret != new.generic_secret
            """)
        differences.consents = try members(
            """
            FROM main.members AS old JOIN present.members AS new USING (application, user)
                WHERE old.consented IS NOT NULL AND new.consented IS NULL
            """)
    }
}
