/// A number of JSON (RFC 8259, section 6), with the text that stands for it.
public struct JSONNumber: Sendable {
    /// The number as it is written.
    public let text: String

    /// A whole number.
    public init(_ integer: some FixedWidthInteger) { text = String(integer) }

    /// A number as Swift writes it; nil for infinity and NaN, which JSON cannot express.
    public init?(_ double: Double) {
        guard double.isFinite else { return nil }
        text = "\(double)"
    }

    /// A text that the reader has checked.
    init(checked text: String) { self.text = text }

    /// The number if it is whole and fits, however it is written: `100`, `100.0` and `1e2` are the same.
    public var integer: Int64? {
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2D }) { return Int64(text) }
        // From 2^53 on not every whole number is a Double.
        guard double.magnitude < 0x1p53 else { return nil }
        return Int64(exactly: double)
    }

    /// The nearest Double; infinity if the number is larger than any.
    public var double: Double { Double(text) ?? .infinity }
}

extension JSONNumber: Equatable {
    /// Whether both are the same number, however they are written.
    public static func == (first: JSONNumber, second: JSONNumber) -> Bool {
        if let integer = first.integer, let other = second.integer { return integer == other }
        return first.integer == nil && second.integer == nil && first.double == second.double
    }
}
