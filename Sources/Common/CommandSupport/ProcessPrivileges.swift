internal import CSyscalls
internal import Glibc

/// The rights of this process, and giving them up.
package enum ProcessPrivileges {
    /// Groups that a process has besides its own one.
    package enum Groups {
        case none
        /// Those of the user in the system's group database, as in a unit of that user.
        case ofUser
    }

    /// Hardens the process: no core dump, no tracing by others of the same uid, no new privileges.
    ///
    /// - Throws: `CommandError` if the system refuses it.
    package static func harden() throws {
        let result = system_harden()
        guard result == 0 else { throw CommandError("this process cannot be kept to itself: \(systemReason(-result))") }
    }

    /// Makes the process of root that user's, for good, and hardens it again.
    ///
    /// - Throws: `CommandError` if a step fails, or a way back to root is left.
    package static func become(_ user: SystemUser, groups: Groups) throws {
        // For a process of root, setgid and setuid set the real, the effective and the saved ID.
        guard set(groups, of: user), setgid(user.gid) == 0, setuid(user.uid) == 0, isNow(user, groups: groups) else {
            throw CommandError("cannot change to the user \(user.name): \(systemReason())")
        }
        // The kernel resets the hardening when the uid changes.
        try harden()
    }

    private static func set(_ groups: Groups, of user: SystemUser) -> Bool {
        switch groups {
        case .none: setgroups(0, nil) == 0
        case .ofUser: initgroups(user.name, user.gid) == 0 || setgroups(0, nil) == 0
        }
    }

    /// Whether neither rights of root are left, nor a way back to them.
    private static func isNow(_ user: SystemUser, groups: Groups) -> Bool {
        getuid() == user.uid && geteuid() == user.uid && getgid() == user.gid && getegid() == user.gid
            && (groups == .ofUser || getgroups(0, nil) == 0)
            && seteuid(0) != 0 && (user.gid == 0 || setegid(0) != 0)
    }
}
