internal import CommandSupport
internal import Records

/// Reports what a restore has brought back, with what to do about each.
struct RestoreReport {
    let differences: Result<SQLiteRecordStore.RestoreDifferences, any Error>

    init(_ differences: Result<SQLiteRecordStore.RestoreDifferences, any Error>) { self.differences = differences }

    func show(besidesData: Bool) throws {
        guard let differences = try? differences.get() else {
            return Output.warning(
                "the one before cannot be read: "
                    + "phones, API keys, users and all else that was removed since are back, unnamed"
            )
        }
        for phone in differences.phones {
            Output.warning("\(phone.name) is a phone of user \(phone.user) again")
            Output.hint("countersignd user devices \(phone.user) --remove \(phone.id)")
        }
        for key in differences.keys {
            Output.warning("the API key \(key.hint)... of application \(key.application) is good again")
            Output.hint("countersignd app rotate \(key.application) --overlap 0, or app revoke \(key.application)")
        }
        for (application, url) in differences.callbacks {
            Output.warning("decisions of application \(application) are told to \(url) again")
            Output.hint("countersignd app callback \(application) none, or another URL")
        }
        warn(users: differences)
        if differences.isEmpty { try Output.said("Nothing that was removed since is back.", besidesData: besidesData) }
    }

    private func warn(users differences: SQLiteRecordStore.RestoreDifferences) {
        if differences.users > 0 {
            let who =
                if differences.users == 1 {
                    "1 user who was removed is"
                } else {
                    "\(differences.users) users who were removed are"
                }
            Output.warning("\(who) back: countersignd user list")
        }
        for user in differences.numbers {
            Output.warning("user \(user) has the phone number of the backup again: codes go there")
            Output.hint("countersignd user change-phone \(user) NUMBER")
        }
        for (application, user) in differences.members {
            Output.warning("user \(user) is in application \(application) again")
            Output.hint("the application removes the user: POST /protected/json/users/\(user)/remove")
        }
        for (application, user) in differences.secrets {
            Output.warning("user \(user) has the SoftToken of the backup in application \(application) again")
            Output.hint("if somebody else may know it, the application removes the user and adds them again")
        }
        for (application, user) in differences.consents {
            Output.warning("application \(application) may ask user \(user) again, who has refused it since")
            Output.hint(
                "the user refuses it once more on the phone, under Phones; "
                    + "or countersignd app revoke \(application)"
            )
        }
        if differences.emails > 0 {
            let who = if differences.emails == 1 { "1 user has" } else { "\(differences.emails) users have" }
            Output.warning("\(who) the e-mail addresses of the backup again: countersignd user list")
        }
    }
}
