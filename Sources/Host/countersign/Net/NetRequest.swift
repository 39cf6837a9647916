internal import CFrames
internal import Frames
internal import Identifiers

/// Requests to countersign-net.
extension Frame {
    static func register(_ phone: PhoneNumber, email: String, installLink: Bool) -> Frame {
        var frame = Frame(KIND_REGISTER)
        frame.add(FIELD_COUNTRY_CODE, text: phone.countryCode)
        frame.add(FIELD_PHONE, text: phone.national)
        frame.add(FIELD_EMAIL, text: email)
        if installLink { frame.add(FIELD_INSTALL_LINK, number: 1) }
        return frame
    }

    static var application: Frame { Frame(KIND_APPLICATION) }

    static func status(of id: AuthyID) -> Frame { Frame(KIND_STATUS, id) }

    static func oneCode(by way: Way, to id: AuthyID) -> Frame { Frame(way == .call ? KIND_CALL : KIND_SMS, id) }

    /// Verifies a code.
    ///
    /// `isProven` says that the person has proven a factor before; the code of a new phone then proves nothing.
    static func verify(_ code: OneTimeCode, of id: AuthyID, isProven: Bool) -> Frame {
        var frame = Frame(KIND_VERIFY, id)
        frame.add(FIELD_CODE, text: code.digits)
        if isProven { frame.add(FIELD_PROVEN, number: 1) }
        return frame
    }

    static func approval(of id: AuthyID, message: String, seconds: Int, number: CheckNumber?) -> Frame {
        var frame = Frame(KIND_CREATE, id)
        frame.add(FIELD_MESSAGE, text: message, limit: 400)
        frame.add(FIELD_EXPIRY, number: Int64(seconds))
        if let number { frame.add(FIELD_CHECK_NUMBER, number: Int64(number.value)) }
        return frame
    }

    static func look(at id: AuthyID, milliseconds: Int64) -> Frame {
        var frame = Frame(KIND_LOOK, id)
        frame.add(FIELD_WAIT, number: milliseconds)
        return frame
    }

    private init(_ kind: CInt, _ id: AuthyID) {
        self.init(kind)
        add(FIELD_AUTHY_ID, number: id.value)
    }
}

/// Ways to prove a factor at once.
enum Way: String, CaseIterable {
    case sms, call
    case oneTouch = "onetouch"
    case softToken = "softtoken"
}
