internal import CGroups
internal import CommandSupport
internal import Glibc
internal import HostSettings
internal import Identifiers
internal import LoginPolicy

/// A group known to the system.
enum SystemGroup {
    /// Returns the gid of a group; nil if every source of the system says that there is no such group.
    ///
    /// Throws if a source did not answer.
    static func named(_ name: String) throws -> UInt32? {
        var gid: gid_t = 0
        let found = groups_named(name, &gid)
        guard found >= 0 else {
            throw CommandError("the system cannot look up the group \(name): \(systemReason(-found))")
        }
        return if found == 1 { gid } else { nil }
    }

    /// The groups that a user is in, and those where that is unknown, found as the module does in a login.
    static func those(_ names: [String], of user: String) -> (certain: Set<String>, unsure: Set<String>) {
        var found: (certain: Set<String>, unsure: Set<String>) = ([], [])
        guard !names.isEmpty else { return found }
        do {
            guard let user = try SystemUser.named(user) else { return found }
            var groups = group_list()
            groups_find(user.name, user.gid, &groups)
            defer { groups_forget(&groups) }
            for name in names {
                switch groups_have(&groups, name) {
                case 1: found.certain.insert(name)
                case 0: break
                default: found.unsure.insert(name)
                }
            }
        } catch { return ([], Set(names)) }
        return found
    }
}

extension Settings {
    /// The rules for a login of this person.
    ///
    /// If membership is unknown, only the factors permitted either way are allowed, as in a login.
    func login(for service: String, of person: Person) -> LoginRules {
        let groups = SystemGroup.those(factorGroups, of: person.name)
        var rules = login(for: service, user: person.name, groups: groups.certain)
        let others = login(for: service, user: person.name, groups: groups.certain.union(groups.unsure))
        rules.factors.removeAll { !others.factors.contains($0) }
        rules.checkNumber = rules.checkNumber || others.checkNumber
        return rules
    }
}
