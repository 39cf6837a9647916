import Foundation
import SQLite
import Testing

@testable import Records

struct FileTests {
    let place: Place

    init() throws { place = try Place() }

    private func refusal(create: Bool = true) -> RecordStoreError? {
        #expect(throws: RecordStoreError.self) { try SQLiteRecordStore(path: place.path, create: create) }
    }

    @Test func `A missing file is made only when that is asked for, for this user alone`() async throws {
        #expect(refusal(create: false) == .missing(place.path))
        let store = try place.open()
        try await store.fill()
        #expect(try ["", "-wal", "-shm"].map(place.mode) == [0o600, 0o600, 0o600])
        store.close()
        #expect(try place.names() == ["records.db"])
        #expect(try await SQLiteRecordStore(path: place.path, create: false).read { try $0.applications() }.count == 1)
    }

    @Test func `Ten that find no file make one between them`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { [place] group in
            for number in 0..<10 {
                group.addTask { try await place.open().write { try $0.setValue("\(number)", to: [1]) } }
            }
            try await group.waitForAll()
        }
        #expect(try place.names().filter { !$0.hasPrefix("records.db-") } == ["records.db"])
        let store = try place.open()
        for number in 0..<10 { #expect(try await store.read { try $0.value("\(number)") } == [1]) }
    }

    @Test func `A file that others may use is refused`() throws {
        try place.open().close()
        #expect(chmod(place.path, 0o640) == 0)
        #expect(refusal()?.description.hasSuffix("its mode must be 0600") == true)
    }

    @Test func `What is no regular file, and a symlink to one, is refused`() throws {
        try place.open().close()
        #expect(rename(place.path, place.folder + "/other") == 0)
        #expect(symlink(place.folder + "/other", place.path) == 0)
        #expect(refusal() == .file(place.path, why: "not a regular file"))
        #expect(unlink(place.path) == 0)
        #expect(mkdir(place.path, 0o700) == 0)
        #expect(refusal() == .file(place.path, why: "not a regular file"))
    }

    @Test(arguments: ["", "/", "/tmp/", "/nowhere/records.db", "/tmp/\0"]) func `A path to no file is refused`(
        _ path: String
    ) {
        #expect(throws: RecordStoreError.self) { try SQLiteRecordStore(path: path, create: true) }
    }

    @Test func `A file that is empty, garbage or another program's is damage, and stays as it is`() throws {
        for content in [Data(), Data(repeating: 0x41, count: 8192)] {
            try content.write(to: URL(fileURLWithPath: place.path))
            #expect(chmod(place.path, 0o600) == 0)
            guard case .damaged = refusal() else { throw Stop() }
            #expect(try Data(contentsOf: URL(fileURLWithPath: place.path)) == content)
        }
        #expect(unlink(place.path) == 0)
        try place.open().close()
        try place.raw().execute("PRAGMA application_id = 1")
        guard case .damaged = refusal() else { throw Stop() }
    }

    @Test func `A log without its file is damage, as a new file would take it in`() throws {
        try Data([1]).write(to: URL(fileURLWithPath: place.path + "-wal"))
        guard case .damaged = refusal() else { throw Stop() }
        #expect(try place.names() == ["records.db-wal"])
    }

    @Test func `A file of a later version is refused with both versions`() throws {
        try place.open().close()
        try place.raw().execute("PRAGMA user_version = 9")
        #expect(refusal() == .newer(version: 9, known: RecordSchema.version))
        #expect(try #require(refusal()).description.contains("install the newer program"))
    }

    @Test func `After closing, everything is an error and closing again is nothing`() async throws {
        let store = try place.open()
        store.close()
        store.close()
        await #expect(throws: RecordStoreError.closed) { try await store.read { try $0.applications() } }
        await #expect(throws: RecordStoreError.closed) { try await store.write { try $0.setValue("a", to: nil) } }
    }

    @Test func `What was put before closing is done, or is an error`() async throws {
        let store = try place.open()
        let done = await withTaskGroup(of: Int?.self) { group in
            for number in 0..<50 {
                group.addTask {
                    try? await store.write {
                        try $0.setValue("\(number)", to: [1])
                        return number
                    }
                }
            }
            store.close()
            return await group.reduce(into: []) { $0.append($1) }
        }
        let again = try place.open()
        for number in done.compactMap({ $0 }) { #expect(try await again.read { try $0.value("\(number)") } == [1]) }
    }
}
