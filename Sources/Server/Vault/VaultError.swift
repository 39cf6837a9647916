/// Why something was not sealed or not opened. It never says what was in it.
public enum VaultError: Error, Equatable, CustomStringConvertible {
    /// The data key was wrapped under another master key.
    case wrongMasterKey
    /// Not what was sealed, or not for this purpose, or under another data key.
    case damaged
    /// The cipher failed, which it does for want of memory, if ever.
    case unsealable

    public var description: String {
        switch self {
        case .wrongMasterKey:
            "the data key is wrapped under another master key; put back the file of the one that was in use"
        case .damaged: "a sealed value is damaged, or stands where it was not sealed for; put back a backup"
        case .unsealable: "a value could not be sealed; see that there is memory"
        }
    }
}
