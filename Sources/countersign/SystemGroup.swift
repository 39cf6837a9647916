internal import Glibc
internal import LoginFlow
internal import Settings

/// A group that the system knows.
enum SystemGroup {
    /// Its number; nil where the system says that there is no such group.
    static func named(_ name: String) throws -> UInt32? {
        // A group names its members: some are long.
        var buffer = [CChar](repeating: 0, count: 1 << 20)
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        let error = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
        if found != nil { return entry.gr_gid }
        guard [0, ENOENT, ESRCH].contains(error) else {
            throw Trouble("the system cannot look up the group \(name): \(systemReason(error))")
        }
        return nil
    }

    /// In how many groups one may be whose groups are looked up: as for the module.
    private static let most = 512

    /// Which of these a user is in, and of which that cannot be found out.
    static func those(_ names: [String], of user: String) -> (certain: Set<String>, unsure: Set<String>) {
        var found: (certain: Set<String>, unsure: Set<String>) = ([], [])
        guard !names.isEmpty else { return found }
        do {
            guard let user = try SystemUser.named(user) else { return found }
            var groups = [gid_t](repeating: 0, count: most)
            var count = CInt(most)
            guard getgrouplist(user.name, user.gid, &groups, &count) >= 0 else { return ([], Set(names)) }
            let theirs = Set(groups.prefix(Int(count)))
            for name in names {
                do {
                    if let gid = try named(name), theirs.contains(gid) { found.certain.insert(name) }
                } catch { found.unsure.insert(name) }
            }
        } catch { return ([], Set(names)) }
        return found
    }
}

extension Settings {
    /// The rules of a login of this person's. Of a group that cannot be looked up: what is allowed with it and without it, as in a login.
    func login(for service: String, of person: Person) -> LoginRules {
        let groups = SystemGroup.those(factorGroups, of: person.name)
        var rules = login(for: service, user: person.name, groups: groups.certain)
        let others = login(for: service, user: person.name, groups: groups.certain.union(groups.unsure)).factors
        rules.factors.removeAll { !others.contains($0) }
        return rules
    }
}
