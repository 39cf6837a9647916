import Identifiers
import OATH
import Roster

/// All entries of a file, read in pieces of this many bytes.
func read(_ bytes: [UInt8], _ form: RosterReader.Format = .own, pieces: Int = 7) -> [Found] {
    var roster = RosterReader(form)
    var found: [Found] = []
    for start in stride(from: 0, to: bytes.count, by: pieces) {
        found += roster.read(Array(bytes[start..<min(start + pieces, bytes.count)]))
    }
    return found + roster.end()
}

func read(_ text: String, _ form: RosterReader.Format = .own, pieces: Int = 7) -> [Found] {
    read(Array(text.utf8), form, pieces: pieces)
}

func entry(_ line: Int, _ user: String, _ country: String, _ phone: String, _ email: String) -> Found {
    .entry(Entry(line: line, user: user, factor: .phone(.init(countryCode: country, number: phone, email: email))))
}

func fault(_ line: Int, _ message: String) -> Found { .error(RosterError(line, message)) }

let header = "user,country_code,phone,email\n"
let alice = entry(2, "alice", "49", "1701234567", "alice@example.com")
let columnsNote = "the first line names the columns: user,country_code,phone,email and, where there are any, authy_id"
