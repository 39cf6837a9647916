internal import Accounts
internal import Identifiers

/// A person that the system knows, with the account as it was when the login began.
///
/// For a name that the system does not know, a decoy runs that sends and stores nothing.
struct KnownUser {
    let person: Person
    let account: Account
    let accounts: Accounts
}
