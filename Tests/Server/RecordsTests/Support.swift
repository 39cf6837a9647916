import Foundation
import Identifiers
import SQLite
import Testing

@testable import Records

/// A temporary directory with the path of the records in it, removed with the last reference.
final class Place: Sendable {
    let folder: String
    var path: String { folder + "/records.db" }

    init() throws {
        var template = Array("/tmp/countersign-records.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func open() throws -> SQLiteRecordStore { try SQLiteRecordStore(path: path, create: true) }

    /// A plain SQLite connection.
    func raw(_ end: String = "") throws -> Connection { try Connection(path: path + end) }

    func mode(_ end: String = "") throws -> mode_t {
        var status = stat()
        try #require(stat(path + end, &status) == 0)
        return status.st_mode & 0o777
    }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
}

struct Stop: Error {}

let start: Int64 = 1_800_000_000

/// An AuthyID that must be valid.
func id(_ value: Int64) throws -> AuthyID { try #require(AuthyID(value)) }

func requestID(_ number: Int) throws -> ApprovalRequestID {
    try #require(
        ApprovalRequestID(
            "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - "\(number)".count) + "\(number)"))
}

func hash(_ number: Int64) -> [UInt8] {
    [UInt8](repeating: 9, count: 24) + withUnsafeBytes(of: number.bigEndian) { Array($0) }
}

func person(_ number: Int64) throws -> User {
    User(id: try id(number), phoneHash: hash(number), contact: [1, 2, 0], created: start)
}

func key(_ number: Int64, of application: Int64, created: Int64 = start, ends: Int64? = nil) -> APIKeyRecord {
    APIKeyRecord(
        hash: hash(number), application: application, sealed: [0, 255], hint: "abcd", created: created, ends: ends)
}

func request(_ number: Int, user: Int64 = 7, created: Int64 = start, ends: Int64? = start + 60, check: String? = "42")
    throws -> Approval
{
    Approval(
        id: try requestID(number), application: 1, user: try id(user), text: "{\"a\":1}", message: "Log in?",
        hiddenDetails: "",
        logos: "[]", number: check, created: created, secondsToExpire: 60, ends: ends)
}

func activity(_ detail: String, user: Int64 = 7, at: Int64 = start) throws -> Activity {
    Activity(user: try id(user), application: 1, at: at, kind: "softtoken", detail: detail)
}

func delivery(_ detail: String, user: Int64? = 7, at: Int64 = start) -> DeliveryRecord {
    DeliveryRecord(
        at: at, application: 1, user: user.flatMap { AuthyID($0) }, kind: "sms", gateway: "twilio", succeeded: false,
        detail: detail,
        milliseconds: 12)
}

func device(_ name: String, user: Int64 = 7, created: Int64 = start) throws -> Device {
    Device(
        id: name, user: try id(user), publicKey: [4] + [UInt8](repeating: 1, count: 64), name: "phone",
        osType: "android",
        created: created, address: "192.0.2.1")
}

func month(_ number: Int64, year: Int64 = 2027, of application: Int64 = 1, calls: Int64 = 1) -> MonthOfStatistics {
    var month = MonthOfStatistics(application: application, year: year, month: number)
    month.apiCalls = calls
    return month
}

extension SQLiteRecordStore {
    /// Application 1 with key 1, and users 7 and 8 as its members.
    func fill() async throws {
        try await write { writing in
            let application = try writing.addApplication(name: "hosts", callback: nil, at: start)
            try writing.put(key(1, of: application.id))
            for number in [7, 8] as [Int64] {
                _ = try writing.add(try person(number))
                try writing.put(Member(application: application.id, user: try id(number), added: start, secret: [5]))
            }
        }
    }
}
