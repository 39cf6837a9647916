internal import CommandSupport
internal import Encoding

extension Output {
    /// Says what was done: as a sentence, or with `--json` as a value, with the sentence on standard error.
    static func report(_ sentence: String, as output: OutputOption, json value: @autoclosure () -> JSONValue) throws {
        try said(sentence, besidesData: output.json)
        if output.json { try json(value()) }
    }
}

extension JSONValue {
    /// A time in UTC (RFC 3339); null for none.
    static func time(_ unixTime: Int64?) -> JSONValue { .string(orNull: unixTime.map(RFC3339.utc)) }
}
