import AuthyWire
import Glibc
import Identifiers
import Logging
import Records
import ServerSettings
import Testing
import Vault

@testable import AuthyService

/// A server with users from before numbers were parsed by their numbering plans.
private final class Site {
    let folder: String
    let store: SQLiteRecordStore
    let service: APIService
    let caller: AuthenticatedApplication

    init() async throws {
        var template = Array("/tmp/countersign-numbers.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        store = try SQLiteRecordStore(path: folder + "/records.db", create: true)
        service = APIService(
            store: store, vault: try Vault.create(masterKey: MasterKey()).vault, settings: ServiceSettings(),
            waiters: WaiterRegistry { 0 },
            outbox: Silence(),
            log: Logger(label: "none") { _ in SwiftLogNoOpLogHandler() }, now: { 1_800_000_000 })
        caller = try await service.caller(key: try await service.createApplication("Example", callback: nil).key)
    }

    deinit {
        for name in ["records.db", "records.db-wal", "records.db-shm"] { unlink(folder + "/" + name) }
        rmdir(folder)
    }

    func register(_ code: String, _ number: String) async throws -> AuthyID {
        var parameters = Parameters()
        let form =
            "user[email]=a@b.cc&user[cellphone]=\(number)&user[country_code]=\(code)&send_install_link_via_sms=false"
        parameters.merge(FormText.members(form.utf8) ?? [])
        let answer = try await service.newUser(by: caller, parameters)
        return try #require(
            answer.body.split(separator: #""id":"#).last.flatMap { AuthyID(String($0.prefix { $0.isNumber })) })
    }

    /// A user as stored before: with the digits as written.
    func old(_ code: String, _ number: String, like other: String) async throws -> AuthyID {
        let id = try await register(code, other)
        let phone = try #require(PhoneNumber(countryCode: code, national: number))
        try await store.write { [service] records in
            var user = try #require(try records.user(id))
            user.phoneHash = service.vault.index(phone.e164)
            user.contact = try Contact(phone: phone).sealed(for: id, in: service.vault)
            try records.put(user)
        }
        return id
    }

    func number(of id: AuthyID) async throws -> String {
        let user = try #require(try await store.read { try $0.user(id) })
        return try service.contact(of: user).phone.e164
    }
}

private struct Silence: Outbox {
    func canSend(_: OneCode.Kind) -> Bool { true }
    func send(_: OneCode) async -> Bool { true }
    func mayPush(to _: String) -> Bool { false }
    func notify(_: Notification) {}
    func deliverCallbacks() {}
}

struct NumberRevisionTests {
    @Test("A number that was kept as it was written becomes the one that it is, and the user stays the same")
    func revised() async throws {
        let site = try await Site()
        let zoe = try await site.old("49", "015123456789", like: "15123450000")
        let bob = try await site.old("1", "15550100123", like: "5550100999")
        #expect(try await site.service.reviseNumbers() == 2)
        #expect(try await site.number(of: zoe) == "+4915123456789")
        #expect(try await site.number(of: bob) == "+15550100123")
        #expect(try await site.register("49", "(0)151 23456789") == zoe)
        #expect(try await site.register("1", "555-010-0123") == bob)
        #expect(try await site.service.reviseNumbers() == 0)
    }

    @Test("Where two users have one phone, or nobody can say which it is, all stays as it was and goes on working")
    func unrevised() async throws {
        let site = try await Site()
        let first = try await site.register("49", "15123456789")
        let second = try await site.old("49", "015123456789", like: "15123450000")
        let short = try await site.old("1", "3001", like: "5550100123")
        let unclear = try await site.old("39", "612345678", like: "3471234567")
        #expect(try await site.service.reviseNumbers() == 0)
        #expect(try await site.number(of: second) == "+49015123456789")
        #expect(try await site.number(of: short) == "+13001")
        #expect(try await site.number(of: unclear) == "+39612345678")
        #expect(try await site.register("49", "015123456789") == first)
        for user in [second, short, unclear] {
            #expect(try await site.service.status(user.description, by: site.caller).status == 200)
            #expect(
                try await site.service.sendOneCode(
                    .sms, to: user.description, by: site.caller, parameters: Parameters()
                ).status
                    == 200)
        }
    }

    @Test("All pages of users are revised, once")
    func pages() async throws {
        let site = try await Site()
        for index in 0..<501 {
            let digits = String(1_000_000 + index)
            _ = try await site.old("49", "0151\(digits)0", like: "152\(digits)0")
        }
        #expect(try await site.service.reviseNumbers() == 501)
        #expect(try await site.service.reviseNumbers() == 0)
    }
}
