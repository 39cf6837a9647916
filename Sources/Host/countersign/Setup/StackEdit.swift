internal import CommandSupport
internal import Glibc

/// The change that makes one PAM service ask for the second factor: one line in the stack that is there.
///
/// Each place behind the password is tried. One is taken only if libpam's walk finds no way to success without the
/// module, and if the same results of the other modules let in as before.
struct StackEdit {
    /// What proves the user before the second factor.
    enum FirstFactor {
        /// What the stack asks for now.
        case password
        /// The key that sshd has checked; the stack asks for no password any more.
        case key
    }

    let service: String
    let change: FileChange
    /// Whether the module is asked also after a wrong password.
    let asksAfterWrongPassword: Bool

    static let line = "auth       required     \(AuthStack.module)"
    /// Succeeds only if sshd has checked a key.
    private static let keyLine =
        "auth       requisite    pam_exec.so quiet /usr/bin/grep -qz ^SSH_AUTH_INFO_0=publickey /proc/self/environ"

    /// Plans the change of the service's file in /etc/pam.d; one of /usr/lib/pam.d or /usr/etc/pam.d is copied there.
    ///
    /// - Throws: `CommandError` with file and line if the stack is not understood.
    init(_ service: String, after factor: FirstFactor, scratch: SetupScratch) throws {
        let path = "\(AuthStack.folders[0])/\(service)"
        let own = try SystemFile.text(path)
        guard let text = try Self.text(of: service) else {
            throw CommandError("there is no PAM service \(service)", hint: "ls \(AuthStack.folders[0])")
        }
        let planner = StackPlanner(path: path, text: text, scratch: scratch)
        let plan =
            switch factor {
            case .password: try planner.behindPassword(line: Self.line)
            case .key: try planner.inPlaceOfPassword(lines: [Self.keyLine, Self.line])
            }
        self.service = service
        asksAfterWrongPassword = plan.asksAfterWrongPassword
        change = FileChange(path: path, before: own, after: plan.text, hunks: plan.hunks)
    }
}

extension StackEdit {
    /// The text of the first file that libpam finds for a name; nil if there is none.
    ///
    /// - Throws: `CommandError` if it is not one that setup reads.
    static func text(of name: String) throws -> String? {
        try AuthStack.folders.lazy.compactMap { try SystemFile.text("\($0)/\(name)") }.first
    }
}

/// Finds the place for the line in one file.
private struct StackPlanner {
    struct Plan {
        let text: String
        let hunks: [FileChange.Hunk]
        let asksAfterWrongPassword: Bool
    }

    let path: String
    let file: EditedStack
    let text: String
    let scratch: SetupScratch

    init(path: String, text: String, scratch: SetupScratch) {
        (self.path, self.text, self.scratch) = (path, text, scratch)
        file = EditedStack(text)
    }

    func behindPassword(line: String) throws -> Plan {
        let auth = file.records.filter(\.isAuth)
        guard let password = try auth.lastIndex(where: isProving) else { throw noPassword }
        guard let now = try scratch.stack(text), StackComparison.letsAnybodyIn(now) else {
            throw SystemFile.notUnderstood(path, "the stack lets nobody in today, as a line of it jumps too far")
        }
        var fault: String?
        var second: Plan?
        for (record, old, new) in versions(auth[password]) {
            for place in auth[password...] {
                let isSame = place.first == record.first
                let text = file.text(
                    replacing: record, with: isSame ? new + [line] : new, adding: isSame ? [] : [line], behind: place)
                if let found = try self.fault(text, from: line) {
                    fault = fault ?? found
                    continue
                }
                let hunks = hunks(old, new, line: line)
                let rings = try asksAfterWrongPassword(text, line: line)
                let plan = Plan(text: text, hunks: hunks, asksAfterWrongPassword: rings)
                if !rings { return plan }
                second = second ?? plan
            }
        }
        if let second { return second }
        throw SystemFile.notUnderstood(path, fault ?? "no place for the line")
    }

    func inPlaceOfPassword(lines: [String]) throws -> Plan {
        let proving = try file.records.filter(\.isAuth).filter(isProving)
        guard let record = proving.first else { throw noPassword }
        guard proving.count == 1 else {
            throw SystemFile.notUnderstood("\(path):\(proving[1].first + 1)", "a second line asks for a password")
        }
        let isWhole = try record.type != "@include" || isAuthOnly(record)
        guard isWhole else {
            throw SystemFile.notUnderstood("\(path):\(record.first + 1)", "the included file is not for auth alone")
        }
        let text = file.text(replacing: record, with: lines, adding: [], behind: record)
        guard let stack = try scratch.stack(text), stack.asks else { throw noPassword }
        if let fault = StackJudgment(stack).text { throw SystemFile.notUnderstood(path, named(fault.message)) }
        let hunk = FileChange.Hunk(old: file.raw(record), new: lines)
        return Plan(text: text, hunks: [hunk], asksAfterWrongPassword: false)
    }

    // MARK: versions of a file

    /// The record as it is, and with `substack` in place of `include`, so that no line of the included file ends ours.
    private func versions(_ record: EditedStack.Record) -> [(EditedStack.Record, old: [String], new: [String])] {
        let raw = file.raw(record)
        guard record.isPlainInclude, let line = raw.first, let range = line.firstRange(of: "include") else {
            return [(record, raw, raw)]
        }
        let changed = line.replacingCharacters(in: range, with: "substack")
        return [(record, raw, raw), (record, raw, [changed] + raw.dropFirst())]
    }

    private func hunks(_ old: [String], _ new: [String], line: String) -> [FileChange.Hunk] {
        let added = FileChange.Hunk(old: [], new: [line])
        return old == new ? [added] : [added, FileChange.Hunk(old: old, new: new)]
    }

    // MARK: what a text is worth

    /// Says what is wrong with the text; nil if nothing is.
    private func fault(_ text: String, from line: String) throws -> String? {
        guard let stack = try scratch.stack(text), stack.asks else { return "the line is not part of the stack" }
        if let fault = StackJudgment(stack).text { return named(fault.message) }
        guard let original = try scratch.stack(self.text) else { return "the stack cannot be read" }
        guard let isSame = StackComparison(original, stack).letsInTheSame else {
            return "the stack has too many modules to compare all ways through it"
        }
        return isSame ? nil : "other people would be let in than before, as lines jump over others"
    }

    /// Whether the module is asked although each module that asks for a password has refused.
    private func asksAfterWrongPassword(_ text: String, line: String) throws -> Bool {
        // Success that nothing can take back stands in for the question.
        let mark = "auth [default=reset] pam_permit.so\nauth sufficient pam_permit.so"
        guard let stack = try scratch.stack(text.replacing(line, with: mark)) else { return true }
        let walk = StackWalk(stack.lines) { line in
            switch line.module {
            case "pam_deny.so": return ["auth_err"]
            case "pam_permit.so": return ["success"]
            case let module where StackJudgment.proving.contains(module): return ["auth_err", "user_unknown"]
            default: break
            }
            let results = ["success", "ignore"]
            return line.exempts ? results.filter { !line.control.action(on: $0).isWay } : results
        }
        return walk.isCut || walk.success != nil
    }

    private func isProving(_ record: EditedStack.Record) throws -> Bool {
        let stack = try scratch.stack(file.raw(record).joined(separator: "\n") + "\n")
        // A line that adds nothing to the auth stack leaves it to `other`.
        guard let stack, !stack.isFallback else { return false }
        return stack.lines.contains { StackJudgment.proving.contains($0.module) }
    }

    /// Whether the file that the record includes has lines of the auth stack only.
    private func isAuthOnly(_ record: EditedStack.Record) throws -> Bool {
        guard let name = record.includes else { return true }
        return try StackEdit.text(of: name).map { EditedStack($0).records.allSatisfy(\.isAuth) } ?? false
    }

    private func named(_ message: String) -> String { scratch.naming(message, path: path) }

    private var noPassword: CommandError {
        SystemFile.notUnderstood(path, "no line of it asks for a password in a way that setup knows")
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
