import Foundation
import Identifiers
import SQLite
import Testing

@testable import Accounts

extension Place {
    /// Writes a file as an earlier version with seals would have left it: alice and bob have the same phone.
    func makeEarlier(version: Int64) throws {
        try write([])
        let connection = try raw()
        for step in Schema.migrations.prefix(Int(version)) { try connection.execute(step) }
        let id = String(repeating: "5", count: 32)
        try connection.run("INSERT INTO identity (id) VALUES (?1)", id)
        let seal = Seal(id: id)
        let count = Seal.count(in: version)
        let columns = Seal.columns.split(separator: ",").prefix(Int(count)).joined(separator: ",")
        for person in [alice, bob] {
            let digest = try connection.first(
                """
                INSERT INTO accounts (name, uid, authy_id, had_authy_id) VALUES (?1, ?2, ?3, 1) RETURNING \(columns)
                """, person.name, person.uid, phone.value
            ) { seal.digest(of: $0, count: count) }
            try connection.run("UPDATE accounts SET seal = ?2 WHERE name = ?1", person.name, digest)
            try connection.run("INSERT INTO members (id) VALUES (?1)", seal.member(person))
        }
        try connection.execute("PRAGMA user_version = \(version); PRAGMA wal_checkpoint(TRUNCATE)")
        try #require(chmod(path, 0o600) == 0)
    }
}

extension Place {
    /// The file that stands in `version5`.
    func makeVersion5(changed change: String = "") throws {
        try write([])
        do {
            let connection = try raw()
            try connection.execute(version5 + change + "; PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try #require(chmod(path, 0o600) == 0)
    }

    func version() throws -> Int64? { try raw().first("PRAGMA user_version") { $0.integer(0) } ?? nil }

    /// Opens the accounts as a login does, which brings the tables up to date.
    func login(busyTimeout: Int32 = 5000) throws -> Accounts {
        try Accounts(path: path, id: version5ID, busyTimeout: busyTimeout)
    }
}
