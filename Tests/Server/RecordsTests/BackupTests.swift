import Foundation
import Identifiers
import SQLite
import Testing

@testable import Records

struct BackupTests {
    let place: Place
    let store: SQLiteRecordStore

    init() async throws {
        place = try Place()
        store = try place.open()
        try await store.fill()
    }

    @Test func `A backup is a whole file for this user alone, made while others write`() async throws {
        let writes = Task { [store] in
            for number in 0..<200 {
                try await store.write { writing in
                    try writing.setValue("a", to: Array("\(number)".utf8))
                    try writing.setValue("b", to: Array("\(number)".utf8))
                }
            }
        }
        try await store.backUp(to: place.path + ".copy")
        try await writes.value
        #expect(try place.mode(".copy") == 0o600)
        #expect(try SQLiteRecordStore.check(path: place.path + ".copy") == [])
        let copy = try SQLiteRecordStore(path: place.path + ".copy", create: false)
        #expect(try await copy.read { try $0.users(after: 0, limit: 9) }.count == 2)
        #expect(try await copy.read { try $0.value("a") == $0.value("b") })
        copy.close()
        #expect(try place.names().filter { !$0.hasPrefix("records.db-") } == ["records.db", "records.db.copy"])
    }

    @Test func `A backup overwrites nothing and follows no link`() async throws {
        let copy = place.folder + "/copy"
        try Data([1]).write(to: URL(fileURLWithPath: copy))
        await #expect(throws: RecordStoreError.exists(copy)) { try await store.backUp(to: copy) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == Data([1]))
        #expect(symlink("/tmp/nowhere", place.folder + "/link") == 0)
        await #expect(throws: RecordStoreError.self) { try await store.backUp(to: place.folder + "/link") }
        await #expect(throws: RecordStoreError.self) { try await store.backUp(to: place.path) }
        await #expect(throws: RecordStoreError.self) { try await store.backUp(to: "/nowhere/copy") }
    }

    @Test func `What is good in old records and not in the present ones is found, and nothing else`() async throws {
        try await store.write { writing in
            // It had ended by then.
            try writing.put(key(2, of: 1, ends: start))
            for (name, isConfirmed) in [("kept", true), ("lost", true), ("unconfirmed", false)] {
                var phone = try device(name)
                phone.confirmed = isConfirmed ? start : nil
                try writing.put(phone)
            }
        }
        let old = place.path + ".old"
        try await store.backUp(to: old)
        func differences() throws -> SQLiteRecordStore.RestoreDifferences {
            try SQLiteRecordStore.differences(restoring: old, over: place.path, at: start)
        }
        #expect(try differences().isEmpty)
        try await store.write { writing in
            _ = try writing.add(try person(9))
            try writing.put(Member(application: 1, user: try id(9), added: start, secret: [5]))
            try writing.put(key(3, of: 1))
        }
        let raw = try place.raw()
        try raw.execute(
            """
            UPDATE members SET generic_secret = x'07' WHERE user = 7; \
            UPDATE applications SET url = 'a', method = 'GET'
            """
        )
        #expect(try differences().isEmpty)
        try raw.execute("DELETE FROM api_keys WHERE number < 3; UPDATE devices SET removed = 1 WHERE id != 'kept'")
        try raw.execute(
            "UPDATE users SET contact = x'09' WHERE id = 7; UPDATE members SET secret = x'06' WHERE user = 7")
        try raw.execute("UPDATE users SET phone_hash = x'01' WHERE id = 8; DELETE FROM members WHERE user = 8")
        let found = try differences()
        #expect(
            found.phones.map(\.id) == ["lost"] && found.keys.map(\.application) == [1] && found.users == 0
                && found.emails == 1)
        #expect(found.secrets.map(\.user) == [7] && found.members.map(\.user) == [8] && found.numbers == [8])
        // A user who is gone altogether counts as that only.
        try raw.execute("DELETE FROM users WHERE id = 8")
        let more = try differences()
        #expect(more.users == 1 && more.members.isEmpty && more.numbers.isEmpty)
    }

    @Test func `The records are sound, also while they are in use`() throws {
        #expect(try SQLiteRecordStore.check(path: place.path) == [])
    }

    @Test func `What belongs to nothing, and what is miscounted, is found`() throws {
        let raw = try place.raw()
        try raw.execute("UPDATE applications SET members = 9; PRAGMA foreign_keys = OFF")
        try raw.execute("INSERT INTO activities (user, at, kind, detail) VALUES (99, 1, '', '')")
        #expect(
            try SQLiteRecordStore.check(path: place.path)
                == ["activities: 1 rows belong to nothing", "application 1: its members are miscounted"])
    }

    @Test func `A torn file is found, a missing one is an error`() async throws {
        try await store.write { writing in
            for number in 100..<600 as Range<Int64> { _ = try writing.add(try person(number)) }
        }
        store.close()
        let handle = try #require(FileHandle(forUpdatingAtPath: place.path))
        for page in 3..<40 as Range<UInt64> {
            try handle.seek(toOffset: page * 4096)
            try handle.write(contentsOf: Data(repeating: 0x5A, count: 64))
        }
        try handle.close()
        #expect(try !SQLiteRecordStore.check(path: place.path).isEmpty)
        #expect(throws: RecordStoreError.missing(place.path + "x")) {
            try SQLiteRecordStore.check(path: place.path + "x")
        }
    }

    @Test func `A server that is killed in the middle of writing has kept all that it answered`() async throws {
        let folder: String = place.folder
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            let store = try SQLiteRecordStore(path: folder + "/killed.db", create: true)
            let answers = open(folder + "/answers", O_WRONLY | O_CREAT | O_APPEND, 0o600)
            await withTaskGroup(of: Void.self) { group in
                for caller in 0..<8 {
                    group.addTask {
                        for number in 0..<100_000 {
                            let name = "\(caller)-\(number)"
                            guard (try? await store.write { try $0.setValue(name, to: [1]) }) != nil else { return }
                            _ = write(answers, name + "\n", name.utf8.count + 1)
                            if caller == 0 && number == 100 { kill(getpid(), SIGKILL) }
                        }
                    }
                }
            }
        }
        let answered = try String(contentsOfFile: folder + "/answers", encoding: .utf8).split(separator: "\n").map(
            String.init)
        #expect(answered.count > 100)
        #expect(try SQLiteRecordStore.check(path: folder + "/killed.db") == [])
        let store = try SQLiteRecordStore(path: folder + "/killed.db", create: false)
        for name in answered { #expect(try await store.read { try $0.value(name) } == [1]) }
    }

    @Test func `When the disk takes no more, writings fail whole; when it does again, they go on`() async throws {
        await #expect(processExitsWith: .success) { [folder = place.folder as String] in
            let store = try SQLiteRecordStore(path: folder + "/full.db", create: true)
            try await store.write { try $0.setValue("first", to: [1]) }
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 200_000, rlim_max: .max)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            await #expect(throws: RecordStoreError.self) {
                try await store.write { try $0.setValue("large", to: [UInt8](repeating: 1, count: 1_000_000)) }
            }
            #expect(try await store.read { try $0.value("large") } == nil)
            #expect(try await store.read { try $0.value("first") } == [1])
            limit.rlim_cur = .max
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            try await store.write { try $0.setValue("large", to: [UInt8](repeating: 1, count: 1_000_000)) }
            store.close()
            #expect(try SQLiteRecordStore.check(path: folder + "/full.db") == [])
        }
    }
}
