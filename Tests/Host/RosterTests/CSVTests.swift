import Identifiers
import Roster
import Testing

struct CSVTests {
    let line = "alice,49,1701234567,alice@example.com"

    @Test(arguments: 1...60) func itDoesNotMatterInWhichPiecesAFileComes(pieces: Int) {
        #expect(
            read(header + line + "\r\nbob,,\"+1 \"\"5\"\"\n\",\n", pieces: pieces) == [
                alice, entry(3, "bob", "", "+1 \"5\"\n", ""),
            ])
    }

    @Test(arguments: ["\n", "\r\n", ""]) func linesEndInAnyUsualWay(end: String) {
        #expect(read(header.replacing("\n", with: "\r\n") + line + end) == [alice])
    }

    @Test func aMarkOfTheByteOrderIsPassedOver() {
        #expect(read("\u{FEFF}" + header + line) == [alice])
    }

    @Test func columnsComeInAnyOrderAndCase() {
        #expect(read("Email, Phone ,user,COUNTRY_CODE\nalice@example.com,1701234567, alice ,49") == [alice])
    }

    @Test func quotedFieldsHoldCommasQuotesAndLineEndsAndAreCountedInLines() {
        #expect(
            read(header + "\"a,b\",1,\"2\r\n3\",\"\"\"\"\n\nalice,49,1701234567,alice@example.com") == [
                entry(2, "a,b", "1", "2\r\n3", "\""), entry(5, "alice", "49", "1701234567", "alice@example.com"),
            ])
    }

    @Test(arguments: [",,,\n", " , ,\t,\n", ",\n", ",,,,,,\n", "\"\",,,\n"]) func aRowOfNothingIsNoEntry(row: String) {
        let first = entry(3, "alice", "49", "1701234567", "alice@example.com")
        #expect(
            read(row + header + line + "\n" + row + row + line) == [
                first, entry(6, "alice", "49", "1701234567", "alice@example.com"),
            ])
    }

    @Test func aColumnWithoutANameIsPassedOverAsLongAsItIsEmpty() {
        let found = read("user,,country_code,phone,email,\nalice,,49,1701234567,alice@example.com, \nbob,x,49,170,,\n")
        #expect(found == [alice, fault(3, "field 2 has a value, but its column has no name")])
    }

    @Test(arguments: [
        "=1+1", "-x", "@x", "1-2", "5/5", "20.1.2027", "12:30", "mar1", "MAY-2027", "1-mar", "sept2", "1 june 2027",
        "5 pm",
        "7a", "1e5", "2E10", "0042", "00", "1.", ".5", "1 1/2", "50%", "$5", "(5)", "+49", "+49-151-1234567", "-05",
        "1234567890123456", "true", "FALSE", "'1-mar", "''0042", "'=x", "'5",
    ]) func whatASpreadsheetWouldChangeStandsBehindAnApostrophe(name: String) {
        #expect(CSVText.record([name]) == "'" + name)
        #expect(SpreadsheetCell.text(of: "'" + name) == name)
    }

    @Test(arguments: [
        "alice", "20230001", "0", "-5", "+49-XXX-XXX-XX78", "anna.m", "o'brien", "2027-03-31T22:00:00Z", "mar", "mara1",
        "ma1", "1-mar-x", "anna1", "e5", "5e", "abe5", "x-1", "192.0.2.x", "'tis", "'", "''", "trueman",
    ]) func whatASpreadsheetKeepsIsWrittenAsItIs(name: String) {
        #expect(CSVText.record([name]) == name)
        #expect(SpreadsheetCell.text(of: name) == name)
    }

    @Test func whatPeopleGuardIsReadWithoutTheGuard() {
        for name in ["+49", "049", "1234567", "5x", "=x"] { #expect(SpreadsheetCell.text(of: "'" + name) == name) }
    }

    @Test func anAuthyIDStandsInPlaceOfThePhone() {
        let found = read(
            "user,country_code,phone,email,authy_id\nalice,,,,4711\nbob,49,170,,4711\ncarol,,,,\ndave,,,,-1")
        #expect(
            found == [
                .entry(Entry(line: 2, user: "alice", factor: .authyID(AuthyID(4711)!))),
                fault(3, "phone and authy_id are both there; keep one of the two"),
                fault(4, "phone and authy_id are both missing"),
                fault(5, "authy_id: a positive whole number is needed"),
            ])
    }

    @Test(arguments: [
        ("user,phone,email", "the column country_code is missing"),
        ("phone", "the columns user, country_code, email are missing"),
        ("user,user", "the column user is there twice"), ("user,mail", "there is no column mail"),
        ("user;country_code;phone;email", "columns are told apart by commas, not by semicolons"),
        ("alice,49,1701234567,alice@example.com", "there is no column alice"),
    ]) func aHeaderThatIsNoneIsTheOnlyFaultThatIsTold(header: String, fault message: String) {
        #expect(
            read("\(header)\nalice,49,1701234567,alice@example.com\n") == [fault(1, "\(message); \(columnsNote)")]
                || read("\(header)\nalice,49,1701234567,alice@example.com\n") == [fault(1, message)])
    }

    @Test func anEmptyFileHasNoHeader() {
        #expect(read("") == [fault(1, "the file is empty; \(columnsNote)")])
        #expect(read("\n\n") == [fault(1, "there is no header; \(columnsNote)")])
    }

    @Test(arguments: [
        ("ali\"ce,49,1,", "a quote in a field that does not begin with one"),
        ("\"ali\"ce,49,1,", "something behind a closing quote"),
        ("alice,49,1\r,", "a carriage return without a line feed"), ("alice,49,1", "3 fields, but the header has 4"),
        ("alice", "1 field, but the header has 4"), ("alice,49,1,,x", "5 fields, but the header has 4"),
        (",49,1,", "the user is missing"),
        (String(repeating: ",", count: 100), "more than 64 fields"),
    ]) func aBadLineIsNamedAndTheNextOneIsRead(bad: String, message: String) {
        #expect(
            read(header + line + "\n" + bad + "\n" + line) == [
                alice, fault(3, message), entry(4, "alice", "49", "1701234567", "alice@example.com"),
            ])
    }

    @Test func aQuoteThatIsNeverClosedIsNamedByTheLineWhereItIsOpened() {
        #expect(
            read(header + line + "\nbob,\"49,1,\n" + line + "\n" + line) == [
                alice, fault(3, "the quote is never closed"),
            ])
    }

    @Test func bytesThatAreNoUTF8AreNamed() {
        let latin = Array((header + "m").utf8) + [0xFC] + Array("ller,49,1,\n\(line)".utf8)
        #expect(read(latin) == [fault(2, "not UTF-8"), entry(3, "alice", "49", "1701234567", "alice@example.com")])
    }

    @Test(arguments: ["", "\""]) func aFieldOfAMegabyteIsNamedAndNotKept(quote: String) {
        let field = quote + String(repeating: "x", count: 1 << 20) + quote
        #expect(
            read(header + line + "\nbob,49,\(field),\n" + line, pieces: 4_096) == [
                alice, fault(3, "longer than 64 kB"), entry(4, "alice", "49", "1701234567", "alice@example.com"),
            ])
    }

    @Test func whatIsWrittenIsReadAgain() {
        let fields = ["a\"b", "1,2", "x\ny", ""]
        #expect(
            read(CSVText.header + "\n" + CSVText.record(fields + [""]) + "\n") == [entry(2, "a\"b", "1,2", "x\ny", "")])
        #expect(CSVText.record(["alice", "", "", "", "12"]) == "alice,,,,12")
    }
}
