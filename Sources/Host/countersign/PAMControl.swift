/// What a line makes of its module's result: the control field of pam.d(5), one word or pairs in brackets.
struct PAMControl: Equatable {
    enum Action: Equatable {
        case ignore, ok, done, bad, die, reset
        case jump(Int)
    }

    /// The control field as written.
    let text: String
    /// Whether libpam can read it; if not, every result counts as a failure.
    let isLegal: Bool
    private let actions: [String: Action]

    static let ignored = PAMControl("[default=ignore]")
    /// Every result is a failure: what libpam makes of a line that it cannot read.
    static let failing = PAMControl("[default=bad]")
    static let required = PAMControl("required")

    /// Names of the results that modules return (PAM_SUCCESS and so on), as control fields write them.
    ///
    /// `incomplete` is left out: the dispatcher stops there, and no login is let in.
    static let results = [
        "success", "open_err", "symbol_err", "service_err", "system_err", "buf_err", "perm_denied", "auth_err",
        "cred_insufficient", "authinfo_unavail", "user_unknown", "maxtries", "new_authtok_reqd", "acct_expired",
        "session_err", "cred_unavail", "cred_expired", "cred_err", "no_module_data", "conv_err", "authtok_err",
        "authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging", "try_again", "ignore", "abort",
        "authtok_expired", "module_unknown", "bad_item", "conv_again",
    ]

    private static let words = [
        "required": "success=ok new_authtok_reqd=ok ignore=ignore default=bad",
        "requisite": "success=ok new_authtok_reqd=ok ignore=ignore default=die",
        "sufficient": "success=done new_authtok_reqd=done default=ignore",
        "optional": "success=ok new_authtok_reqd=ok default=ignore",
    ]
    private static let names: [(name: [UInt8], action: Action)] = [
        (Array("ignore".utf8), .ignore), (Array("ok".utf8), .ok), (Array("done".utf8), .done),
        (Array("bad".utf8), .bad), (Array("die".utf8), .die), (Array("reset".utf8), .reset),
    ]
    private static let returns = (results + ["incomplete", "default"]).map { Array($0.utf8) }

    init(_ text: String) {
        self.text = text
        var inner = text[...]
        if inner.hasPrefix("[") { inner = inner.dropFirst() }
        if inner.hasSuffix("]"), text.hasPrefix("[") { inner = inner.dropLast() }
        let actions = Self.parse(Array((Self.words[inner.lowercased()] ?? String(inner)).utf8))
        self.actions = actions ?? [:]
        isLegal = actions != nil
    }

    /// Returns the action for a module's return value, given as libpam's name without `PAM_`, in lower case.
    func action(on result: String) -> Action { actions[result] ?? actions["default"] ?? .bad }

    /// Reads pairs as libpam does: names are found by their beginning, and nothing need separate two pairs.
    ///
    /// The first `default` counts, and the last value of any other result. Nil if libpam gives up.
    private static func parse(_ bytes: [UInt8]) -> [String: Action]? {
        var actions: [String: Action] = [:]
        var rest = trimmed(bytes[...])
        while !rest.isEmpty {
            guard let name = returns.first(where: { rest.starts(with: $0) }) else { return nil }
            rest = trimmed(rest.dropFirst(name.count))
            guard rest.first == 0x3D else { return nil }
            rest = trimmed(rest.dropFirst())
            guard let action = action(&rest) else { return nil }
            let key = String(decoding: name, as: UTF8.self)
            if key != "default" || actions[key] == nil { actions[key] = action }
            rest = trimmed(rest)
        }
        return actions
    }

    private static func action(_ rest: inout ArraySlice<UInt8>) -> Action? {
        if let word = names.first(where: { rest.starts(with: $0.name) }) {
            rest = rest.dropFirst(word.name.count)
            return word.action
        }
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(digits.count)
        guard let number = Int32(String(decoding: digits, as: UTF8.self)), number > 0 else { return nil }
        return .jump(Int(number))
    }

    /// Drops what isspace(3) calls a blank.
    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        bytes.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    }
}

extension PAMControl.Action {
    /// Whether it ends the stack, or passes over lines.
    var isWay: Bool {
        switch self {
        case .done, .jump: true
        case .ignore, .ok, .bad, .die, .reset: false
        }
    }
}
