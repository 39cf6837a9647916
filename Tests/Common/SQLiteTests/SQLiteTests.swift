import Foundation
import SQLite
import Testing

/// A temporary directory, removed with the last reference.
private final class Folder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/countersign-sqlite.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func open(_ edit: (inout Connection.Options) -> Void = { $0.create = true }) throws -> Connection {
        var options = Connection.Options()
        edit(&options)
        return try Connection(path: path + "/test.db", options)
    }
}

private struct Stop: Error {}

struct SQLiteTests {
    private let folder: Folder
    private let connection: Connection

    init() throws {
        folder = try Folder()
        connection = try folder.open()
        try connection.execute(
            "CREATE TABLE things (id INTEGER PRIMARY KEY, number INTEGER, name TEXT, bytes BLOB) STRICT")
    }

    private func count() throws -> Int64? {
        try connection.first("SELECT count(*) FROM things") { $0.integer(0) } ?? nil
    }

    @Test func `What is bound comes back as it was, with its zeros and its absence`() throws {
        for (number, text, bytes) in [
            (Int64.min, "", []), (.max, "a\0b", [0, 1, 0]), (0, "naïve 🗝", [255]), (nil, nil, nil),
        ] as [(Int64?, String?, [UInt8]?)] {
            try connection.run("INSERT INTO things (number, name, bytes) VALUES (?1, ?2, ?3)", number, text, bytes)
            let last = try connection.first("SELECT number, name, bytes FROM things ORDER BY id DESC") { row in
                #expect(row.integer(0) == number)
                #expect(row.text(1) == text)
                #expect(row.blob(2) == bytes)
                return true
            }
            #expect(last == true)
        }
    }

    @Test func `A statement says how many rows it changed, and gives its rows in order`() throws {
        #expect(try connection.run("INSERT INTO things (number) VALUES (1), (2), (3)") == 3)
        #expect(try connection.run("UPDATE things SET number = number + 1 WHERE number > ?1", 1) == 2)
        #expect(try connection.run("SELECT * FROM things") == 0)
        #expect(try connection.all("SELECT number FROM things ORDER BY id") { $0.integer(0) } == [1, 3, 4])
        #expect(try connection.first("SELECT 1 FROM things WHERE number = 9") { _ in true } == nil)
    }

    @Test func `Too few and too many values are errors`() throws {
        #expect(throws: SQLiteError.self) { try connection.run("INSERT INTO things (number) VALUES (?1)") }
        #expect(throws: SQLiteError.self) { try connection.run("INSERT INTO things (number) VALUES (?1)", 1, 2) }
        #expect(try count() == 0)
    }

    @Test func `An error has its codes and its words`() throws {
        try connection.run("INSERT INTO things (id) VALUES (1)")
        let error = #expect(throws: SQLiteError.self) { try connection.run("INSERT INTO things (id) VALUES (1)") }
        #expect(error?.code == 19)
        #expect(error?.extendedCode == 1555)
        #expect(error?.description == "UNIQUE constraint failed: things.id (SQLite 1555)")
        #expect(throws: SQLiteError.self) { try connection.execute("SELEC") }
        #expect(throws: SQLiteError.self) { try connection.run("") }
    }

    @Test func `A transaction that throws undoes everything, whether our code or SQLite threw`() throws {
        #expect(throws: Stop.self) {
            try connection.transaction(.immediate) {
                try connection.run("INSERT INTO things (number) VALUES (1)")
                throw Stop()
            }
        }
        #expect(throws: SQLiteError.self) {
            try connection.transaction(.immediate) {
                try connection.run("INSERT INTO things (number) VALUES (1)")
                try connection.run("INSERT INTO things (number) VALUES ('text')")
            }
        }
        #expect(try count() == 0)
        #expect(
            try connection.transaction(.immediate) { try connection.run("INSERT INTO things (number) VALUES (1)") } == 1
        )
        #expect(try count() == 1)
    }

    @Test func `A commit that fails undoes everything`() throws {
        try connection.execute(
            """
            CREATE TABLE parent (id INTEGER PRIMARY KEY);
            CREATE TABLE child (parent REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
            """)
        #expect {
            try connection.transaction(.immediate) { try connection.run("INSERT INTO child VALUES (9)") }
        } throws: {
            ($0 as? SQLiteError)?.extendedCode == 787
        }
        #expect(try connection.first("SELECT 1 FROM child") { _ in true } == nil)
        #expect(try connection.transaction(.immediate) { 1 } == 1)
    }

    @Test func `A transaction within a transaction is an error that undoes both`() throws {
        #expect(throws: SQLiteError.self) {
            try connection.transaction(.immediate) {
                try connection.run("INSERT INTO things (number) VALUES (1)")
                try connection.transaction(.immediate) {}
            }
        }
        #expect(try count() == 0)
    }

    @Test func `A writer has the lock from the beginning; a reader sees what was there when it began`() throws {
        let other = try folder.open { $0.busyTimeout = 0 }
        try connection.transaction(.immediate) {
            #expect { try other.transaction(.immediate) {} } throws: { ($0 as? SQLiteError)?.code == 5 }
        }
        try other.transaction(.deferred) {
            #expect(try other.first("SELECT count(*) FROM things") { $0.integer(0) } == 0)
            try connection.run("INSERT INTO things (number) VALUES (1)")
            #expect(try other.first("SELECT count(*) FROM things") { $0.integer(0) } == 0)
        }
        #expect(try other.first("SELECT count(*) FROM things") { $0.integer(0) } == 1)
    }

    @Test func `A missing file is made only when that is asked for`() throws {
        let folder = try Folder()
        #expect { try folder.open { _ in } } throws: { ($0 as? SQLiteError)?.code == 14 }
        _ = try folder.open()
        _ = try folder.open { _ in }
    }

    @Test(arguments: ["", "/", ".", "/nowhere/test.db", "/tmp", "/tmp/\0"])
    func `A path to no file is an error`(_ path: String) {
        #expect(throws: SQLiteError.self) { try Connection(path: path) }
    }

    @Test func `A symlink to the file is refused, one to its folder is not`() throws {
        symlink(folder.path + "/test.db", folder.path + "/link.db")
        #expect { try Connection(path: folder.path + "/link.db") } throws: {
            ($0 as? SQLiteError)?.extendedCode == 1550
        }
        symlink(folder.path, folder.path + "/folder")
        #expect(
            try Connection(path: folder.path + "/folder/test.db").first("SELECT count(*) FROM things") { $0.integer(0) }
                == 0)
    }

    @Test func `A name that looks like a URI is a name`() throws {
        var options = Connection.Options()
        options.create = true
        let strange = folder.path + "/file:x?mode=memory"
        _ = try Connection(path: strange, options)
        #expect(access(strange, F_OK) == 0)
    }

    @Test func `Foreign keys are enforced, and the schema is neither trusted nor writable`() throws {
        try connection.execute("CREATE TABLE other (id INTEGER PRIMARY KEY, thing INTEGER REFERENCES things (id))")
        #expect(throws: SQLiteError.self) { try connection.run("INSERT INTO other (thing) VALUES (9)") }
        #expect(throws: SQLiteError.self) {
            try connection.execute(
                "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = '' WHERE name = 'things'")
        }
        #expect(try connection.first("PRAGMA trusted_schema") { $0.integer(0) } == 0)
        #expect(try connection.first("PRAGMA cell_size_check") { $0.integer(0) } == 1)
        #expect(try connection.first("PRAGMA journal_mode") { $0.text(0) } == "wal")
    }

    @Test func `The last to close copies the log back, or leaves it`() throws {
        for back in [true, false] {
            let folder = try Folder()
            do {
                let connection = try folder.open {
                    $0.create = true
                    $0.checkpointOnClose = back
                }
                try connection.execute("CREATE TABLE things (id)")
            }
            #expect(access(folder.path + "/test.db-wal", F_OK) == (back ? -1 : 0))
            #expect(try folder.open().first("SELECT count(*) FROM things") { $0.integer(0) } == 0)
        }
    }

    @Test func `A long log is copied back, nobody is waited for, and a reader in the way is not disturbed`() throws {
        let folder = try Folder()
        let writer = try folder.open {
            $0.create = true
            $0.walPages = 8
            $0.busyTimeout = 600_000
        }
        try writer.execute("CREATE TABLE things (bytes)")
        let reader = try folder.open()
        try reader.transaction(.deferred) {
            #expect(try reader.first("SELECT count(*) FROM things") { $0.integer(0) } == 0)
            for _ in 1...40 { try writer.run("INSERT INTO things VALUES (randomblob(3000))") }
            #expect(try reader.first("SELECT count(*) FROM things") { $0.integer(0) } == 0)
        }
        for _ in 1...3 { try writer.run("INSERT INTO things VALUES (randomblob(3000))") }
        var status = stat()
        try #require(stat(folder.path + "/test.db-wal", &status) == 0)
        #expect(status.st_size < 12 * 4120)
        #expect(try reader.first("SELECT count(*) FROM things") { $0.integer(0) } == 43)
    }

    @Test(arguments: [0, 1, 200]) func `A statement can run again, and within itself, however many are kept`(
        _ kept: Int
    ) throws {
        let connection = try folder.open { $0.keptStatements = kept }
        try connection.run("INSERT INTO things (number) VALUES (1), (2), (3)")
        let sql = "SELECT number FROM things WHERE number >= ?1 ORDER BY number"
        for _ in 1...3 {
            let nested = try connection.all(sql, 2) { outer in
                try connection.all(sql, 3) { inner in [outer.integer(0), inner.integer(0)] }
            }
            #expect(nested == [[[2, 3]], [[3, 3]]])
            #expect(try connection.first(sql, 1) { $0.integer(0) } == 1)
        }
    }

    @Test func `A kept statement keeps no values, survives an error, and follows the schema`() throws {
        let insert = "INSERT INTO things (id, number) VALUES (?1, ?2)"
        #expect(try connection.run(insert, 1, 7) == 1)
        #expect(throws: SQLiteError.self) { try connection.run(insert, 1, 8) }
        #expect(throws: SQLiteError.self) { try connection.run(insert, 2) }
        #expect(try connection.run(insert, 2, nil) == 1)
        let all = "SELECT * FROM things ORDER BY id"
        #expect(try connection.all(all) { $0.integer(1) } == [7, nil])
        try connection.execute(
            "ALTER TABLE things DROP COLUMN number; ALTER TABLE things ADD COLUMN more INTEGER DEFAULT 5")
        #expect(try connection.all(all) { $0.integer(3) } == [5, 5])
    }

    @Test func `A reading that was not read to its end holds nothing up`() throws {
        try connection.run("INSERT INTO things (number) VALUES (1), (2)")
        #expect(try connection.first("SELECT number FROM things") { $0.integer(0) } == 1)
        #expect(throws: Stop.self) { try connection.all("SELECT number FROM things") { _ in throw Stop() } }
        try connection.execute("DROP TABLE things")
    }

    @Test func `A transaction that SQLite has undone by itself is known to be over`() throws {
        try connection.execute(
            "CREATE TRIGGER undo BEFORE INSERT ON things BEGIN SELECT RAISE(ROLLBACK, 'undone'); END")
        #expect(throws: SQLiteError.self) {
            try connection.transaction(.immediate) {
                #expect(connection.isInTransaction)
                defer { #expect(!connection.isInTransaction) }
                try connection.run("INSERT INTO things (number) VALUES (1)")
            }
        }
        #expect(!connection.isInTransaction)
    }

    @Test func `A log that may be long is begun anew, not cut`() throws {
        let folder = try Folder()
        let writer = try folder.open {
            $0.create = true
            $0.walPages = 8
            $0.cutPages = 100
        }
        try writer.execute("CREATE TABLE things (bytes)")
        for _ in 1...40 { try writer.run("INSERT INTO things VALUES (randomblob(3000))") }
        var status = stat()
        try #require(stat(folder.path + "/test.db-wal", &status) == 0)
        #expect(status.st_size > 8 * 4120 && status.st_size < 20 * 4120)
    }
}
