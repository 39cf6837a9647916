internal import AuthyService
internal import CommandSupport
internal import Records
internal import SettingsFile
internal import Vault

extension CommandError {
    /// Makes an error of anything that a command throws; its code is `settings` if the settings must be changed.
    init(_ error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case let error as AdministrationError: self.init(error.message, hint: error.hint)
        case let error as MasterKeyError: self.init("\(error.file): \(error.message)", hint: error.hint)
        case let error as SettingsError:
            self.init(error.description, hint: "countersignd.toml(5) explains every key", code: .settings)
        case VaultError.wrongMasterKey:
            self.init("the master key does not fit this database", hint: "put back the key file that belongs to it")
        case RecordStoreError.missing(let path):
            self.init(
                "\(path) is missing",
                hint:
                    "mount the volume that it is on, or countersignd restore BACKUP; "
                    + "only before a first start: countersignd init"
            )
        default: self.init("\(error)")
        }
    }
}
