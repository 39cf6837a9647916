internal import NetProtocol

/// Ways to prove a factor at once.
enum Way: String, CaseIterable {
    case sms, call
    case oneTouch = "onetouch"
    case softToken = "softtoken"

    /// How the server sends a code: by call if that was asked for, by text message otherwise.
    var delivery: CodeDelivery {
        switch self {
        case .call: .call
        case .sms, .oneTouch, .softToken: .sms
        }
    }
}
