internal import CFrames
internal import CSyscalls
internal import Frames
internal import LoginPolicy

/// Of the groups that the settings name: those that the user is a member of, and those with unknown membership.
struct Groups {
    var certain: Set<String> = []
    var unsure: Set<String> = []
}

extension Module {
    /// Asks the module which of these groups the user, or the caller, is a member of, and waits for the answer.
    ///
    /// - Throws: `UserLeft` if the user leaves meanwhile, `LoginError` if no answer comes.
    func groups(among names: [String], ofCaller: Bool) throws -> Groups {
        guard !names.isEmpty else { return Groups() }
        let unasked = matchGroups(names, ofCaller: ofCaller)
        let until = system_now() + 10_000
        while system_now() < until {
            Channel.wait(for: [channel], until: until)
            switch channel.receive() {
            case .frame(let frame) where frame.kind == KIND_GROUPS:
                return Groups(frame, among: names, unasked: unasked)
            case .frame(let frame) where frame.kind == KIND_INTERRUPT: throw UserLeft(reason: .cancelled)
            case .frame(let frame) where frame.kind == KIND_DISCONNECTED: throw UserLeft(reason: .disconnected)
            case .nothing: continue
            case .frame, .end: throw LoginError(reason: .protocolError, detail: "the module named no groups")
            }
        }
        throw LoginError(reason: .protocolError, detail: "the module named no groups in time")
    }
}

extension Groups {
    /// Reads the module's answer; what was not asked, or for which the question had no room, is unsure.
    fileprivate init(_ frame: Frame, among names: [String], unasked: [String]) {
        unsure = Set(unasked)
        frame.each { field, name in
            let name = String(decoding: name, as: UTF8.self)
            guard names.contains(name) else { return }
            if field == FIELD_NAME { certain.insert(name) }
            if field == FIELD_UNSURE { unsure.insert(name) }
        }
    }
}
