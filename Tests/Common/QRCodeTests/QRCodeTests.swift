import Testing

@testable import QRCode

struct QRCodeTests {
    static let link = "https://login.example.com/p/#e=0123456789abcdefghijklmnopqrstuvwxyzABCDEF"

    @Test func `a short text takes 21 modules and the margins`() throws {
        let code = try #require(QRCode("hello"))
        #expect(code.columns(.halfBlocks) == 29)
        #expect(code.columns(.ascii) == 58)
        #expect(code.lines(.ascii, coloured: false).count == 29)
        #expect(code.lines(.halfBlocks, coloured: false).count == 15)
    }

    @Test(arguments: [QRCode.Style.halfBlocks, .ascii])
    func `every line has as many columns as were said`(style: QRCode.Style) throws {
        let code = try #require(QRCode(Self.link))
        #expect(code.lines(style, coloured: false).allSatisfy { $0.count == code.columns(style) })
    }

    @Test func `the same is drawn in half blocks as in letters`() throws {
        let code = try #require(QRCode(Self.link))
        let rows = code.lines(.ascii, coloured: false).map { line in
            stride(from: 0, to: line.count, by: 2).map { Array(line)[$0] == "#" }
        }
        for (index, line) in code.lines(.halfBlocks, coloured: false).enumerated() {
            let upper = rows[2 * index]
            let lower = 2 * index + 1 < rows.count ? rows[2 * index + 1] : upper.map { _ in true }
            #expect(line.map { "\u{2588}\u{2580}".contains($0) } == upper)
            #expect(line.map { "\u{2588}\u{2584}".contains($0) } == lower)
        }
    }

    @Test func `the rows are what a terminal shows within the margin`() throws {
        let code = try #require(QRCode(Self.link))
        let drawn = code.lines(.ascii, coloured: false).dropFirst(4).dropLast(4).map { line in
            stride(from: 8, to: line.count - 8, by: 2).map { Array(line)[$0] == "#" ? "0" : "1" }.joined()
        }
        #expect(code.rows == Array(drawn) && code.rows.count == code.rows.first?.count)
    }

    @Test func `colours stand round each line and are ended`() throws {
        let code = try #require(QRCode("hello"))
        for (plain, coloured) in zip(code.lines(.ascii, coloured: false), code.lines(.ascii, coloured: true)) {
            #expect(coloured == "\u{1B}[97;40m\(plain)\u{1B}[0m")
        }
    }

    @Test func `the finder pattern stands in three corners, in the margin nothing`() throws {
        let code = try #require(QRCode("hello"))
        let bars =
            (0..<7).map { code.isLight($0, 0) ? "." : "#" }.joined()
            + (0..<7).map { code.isLight($0, 1) ? "." : "#" }.joined()
        #expect(bars == "########.....#")
        for (x, y) in [(0, 0), (20, 0), (0, 20)] { #expect(!code.isLight(x, y)) }
        for (x, y) in [(-1, 0), (0, -1), (21, 0), (0, 21)] { #expect(code.isLight(x, y)) }
    }

    @Test func `an empty text, one with a zero byte and one too long are refused`() {
        #expect(QRCode("") == nil)
        #expect(QRCode("a\u{0}b") == nil)
        #expect(QRCode(String(repeating: "a", count: 2953)) != nil)
        #expect(QRCode(String(repeating: "a", count: 2954)) == nil)
    }

    @Test func `a code is not printed`() throws {
        let code = try #require(QRCode("hello"))
        #expect("\(code)" == "QR code" && Mirror(reflecting: code).children.isEmpty)
    }
}

struct SVGTests {
    @Test func `the image is white, with a margin, and as large as was asked for`() throws {
        let image = try #require(QRCode("hello")).svg(scale: 8)
        #expect(
            image.hasPrefix(#"<svg xmlns="http://www.w3.org/2000/svg" width="232" height="232" viewBox="0 0 29 29" "#))
        #expect(
            image.contains(##"<rect width="29" height="29" fill="#fff"/><path d="M4 4h7v1H4z"##)
                && image.hasSuffix("</svg>"))
        #expect(image.split(separator: "<path").count == 2)
    }

    @Test(arguments: [(Int.min, 29), (0, 29), (1, 29), (100, 2900), (Int.max, 2900)])
    func `a scale beyond reason is cut`(scale: Int, pixels: Int) throws {
        #expect(try #require(QRCode("hello")).svg(scale: scale).contains(#"width="\#(pixels)" height="\#(pixels)""#))
    }

    @Test func `its bars cover the dark modules and nothing else`() throws {
        let code = try #require(QRCode(QRCodeTests.link))
        var covered: [[Int]] = []
        for bar in try #require(code.svg(scale: 1).split(separator: "\"").first { $0.hasPrefix("M4 4h7") }).split(
            separator: "z")
        {
            let numbers = bar.split { !$0.isNumber }.compactMap { Int($0) }
            try #require(numbers.count == 5 && numbers[3] == 1 && numbers[4] == numbers[0])
            covered += (numbers[0]..<numbers[0] + numbers[2]).map { [$0 - 4, numbers[1] - 4] }
        }
        let dark = (0..<code.width).flatMap { y in (0..<code.width).filter { !code.isLight($0, y) }.map { [$0, y] } }
        #expect(covered == dark)
    }
}
