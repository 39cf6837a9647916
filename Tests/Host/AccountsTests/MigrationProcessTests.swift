import Foundation
import SQLite
import Testing

@testable import Accounts

/// Processes that end while they bring a file up to date.
@Suite(.serialized) struct MigrationProcessTests {
    let place: Place

    init() throws { place = try Place() }

    /// The number of statements, of each kind and in order, that a migration runs.
    private func statements() throws -> Int {
        try place.makeVersion5()
        let connection = try place.raw()
        var count = 0
        connection.trace = { _ in count += 1 }
        _ = try Schema.check(connection)
        connection.trace = nil
        for end in ["", "-wal", "-shm"] { unlink(place.path + end) }
        return count
    }

    @Test func `A process that is killed before any statement leaves the old file, and the next login the new one`()
        async throws
    {
        let count = try statements()
        #expect(count > 20)
        // The first ones and the last ones, and some of those that seal rows.
        for number in Array(1...9) + [count - 6, count - 3, count - 2, count - 1, count] {
            try place.makeVersion5()
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = place.path as String, number = number as Int] in
                let connection = try StateFile(path).open(busyTimeout: 5000)
                var left = number
                connection.trace = { _ in
                    left -= 1
                    if left == 0 { kill(getpid(), SIGKILL) }
                }
                _ = try Schema.check(connection)
            }
            let version = try place.version()
            #expect(version == 5 || (version == Schema.version && number == count), "statement \(number)")
            try MigrationTests.expectAll(in: Accounts(path: place.path, id: version5ID))
            for end in ["", "-wal", "-shm"] { unlink(place.path + end) }
        }
    }

    @Test func `Processes that find the old file at once bring it up to date once`() async throws {
        try place.makeVersion5()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { [path = place.path] in
                    await #expect(processExitsWith: .success) { [path = path as String] in
                        let accounts = try Accounts(path: path, id: version5ID, busyTimeout: 30_000)
                        guard try accounts.account(of: alice).recoveryLeft == 3 else { exit(3) }
                    }
                }
            }
        }
        try MigrationTests.expectAll(in: Accounts(path: place.path, id: version5ID))
    }

    @Test func `A process that may not make files longer is refused, and leaves the old file`() async throws {
        try place.makeVersion5()
        await #expect(processExitsWith: .exitCode(7)) { [path = place.path as String] in
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 60_000, rlim_max: 60_000)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            do { _ = try Accounts(path: path, id: version5ID) } catch is SQLiteError { exit(7) }
        }
        #expect(try place.version() == 5)
        try MigrationTests.expectAll(in: Accounts(path: place.path, id: version5ID))
    }
}
