internal import Accounts
internal import ArgumentParser
internal import CommandSupport
internal import Identifiers
internal import LoginPolicy

/// Columns of `list`; the raw values are the words of `--columns` and the header of `--csv`.
enum Column: String, CaseIterable {
    case user, uid, key, state, authyid, softtoken, grace
    case graceLeft = "grace-left"
    case locked, failures, paused, reason
    case optedOut = "opted-out"
    case prefer, recovery, phone, app, seen, label

    static let usual: [Column] = [.user, .uid, .state, .authyid, .softtoken, .grace, .locked]

    var header: String {
        switch self {
        case .locked: "LOCKED UNTIL"
        case .paused: "PAUSED UNTIL"
        case .optedOut: "OPTED OUT"
        case .grace: "GRACE USED"
        case .graceLeft: "LEFT"
        default: rawValue.uppercased()
        }
    }

    /// Returns the cell for people.
    func cell(_ view: AccountView) -> String {
        let text = value(view, moment: Timestamp.short)
        return if text.isEmpty { "-" } else { text }
    }

    /// Returns the cell for programs.
    ///
    /// The number of used grace logins stands alone, as spreadsheets read 5/5 as a day in May.
    func csv(_ view: AccountView) -> String {
        guard self == .grace else { return value(view, moment: Timestamp.utc) }
        return if view.account.isConfirmed { "" } else { String(view.account.graceUsed) }
    }

    /// Returns an empty string if there is no value.
    private func value(_ view: AccountView, moment: (Int64) -> String) -> String {
        let account = view.account
        return switch self {
        case .user: view.person.name
        case .uid: String(view.person.uid)
        case .key: view.person.key?.description ?? ""
        case .state: view.standing
        case .authyid: account.authyID?.description ?? ""
        case .softtoken: account.hasSoftToken ? "yes" : ""
        // Used, and used plus left.
        case .grace: account.isConfirmed ? "" : "\(account.graceUsed)/\(account.graceUsed + view.graceLeft)"
        case .graceLeft: view.isInGrace ? String(view.graceLeft) : ""
        case .locked: view.lockedUntil.map(moment) ?? ""
        case .failures: String(account.failures)
        case .paused: view.pause.map { moment($0.until) } ?? ""
        case .reason: view.pause?.reason ?? ""
        case .optedOut: view.isOptedOut ? account.optedOut.map(moment) ?? "" : ""
        case .prefer: account.prefers?.rawValue ?? ""
        case .recovery: account.state == .none ? "" : String(account.recoveryLeft)
        case .phone: account.seen?.phone ?? ""
        case .app: account.seen?.hasApp.map { $0 ? "yes" : "no" } ?? ""
        case .seen: account.seen.map { moment($0.time) } ?? ""
        case .label: view.label ?? ""
        }
    }

    func color(_ text: String) -> TerminalColor? {
        switch (self, text) {
        case (.state, "confirmed"): .green
        case (.state, "linked"), (.state, "paused"), (.state, "opted-out"): .yellow
        case (.locked, let text) where text != "-" && text != header: .red
        default: nil
        }
    }
}

/// Names of columns, separated by commas.
struct ColumnNames: ExpressibleByArgument {
    let columns: [Column]

    static var names: String { Column.allCases.map(\.rawValue).joined(separator: ", ") }
    static var defaultCompletionKind: CompletionKind { .list(Column.allCases.map(\.rawValue)) }

    init?(argument: String) {
        let words = argument.lowercased().split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        columns = words.compactMap(Column.init(rawValue:))
        guard columns.count == words.count else { return nil }
    }
}

/// Accounts that `--state` selects.
enum StateFilter: String, CaseIterable, ExpressibleByArgument {
    case none, linked, confirmed
    case optedOut = "opted-out"
    case paused, locked

    func matches(_ view: AccountView) -> Bool {
        switch self {
        case .none, .linked, .confirmed: view.account.state.rawValue == rawValue
        case .optedOut: view.isOptedOut
        case .paused: view.pause != nil
        case .locked: view.lockedUntil != nil
        }
    }
}
