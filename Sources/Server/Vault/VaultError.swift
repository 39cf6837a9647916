/// The reason why a value was not sealed or not opened.
///
/// It never contains any part of the value.
public enum VaultError: Error, Equatable, CustomStringConvertible {
    /// The data key was wrapped under another master key.
    case wrongMasterKey
    /// The bytes were not sealed by this vault, not for this purpose, or were changed.
    case damaged
    /// The cipher failed, which can only happen when memory runs out.
    case unsealable

    /// What happened and what to do about it, in one line without secrets.
    public var description: String {
        switch self {
        case .wrongMasterKey:
            "the data key is wrapped under another master key; put back the file of the one that was in use"
        case .damaged: "a sealed value is damaged, or stands where it was not sealed for; put back a backup"
        case .unsealable: "a value could not be sealed; see that there is memory"
        }
    }
}
