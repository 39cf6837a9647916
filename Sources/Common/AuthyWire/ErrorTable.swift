extension ErrorNumber {
    struct Row: Sendable {
        let code: Int
        let status: Int?
        let meaning: String

        init(_ code: Int, _ status: Int?, _ meaning: String) {
            self.code = code
            self.status = status
            self.meaning = meaning
        }
    }

    static let rows = Dictionary(table.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })

    /// The list of error codes of Authy; the HTTP status only if it has been seen.
    static let table =
        single + rows(60069...60074, meaning: "access keys and application keys")
        + rows(60094...60096, meaning: "reporting")
        + rows(60102...60105, meaning: "push certificates, platform or notification token")
        + rows(60108...60114, meaning: "authentication methods and authenticators")
        + rows(60127...60131, meaning: "state of a user's deletion")

    private static func rows(_ codes: ClosedRange<Int>, meaning: String) -> [Row] {
        codes.map { Row($0, nil, meaning) }
    }

    private static let single: [Row] = [
        Row(60000, 400, "generic error"),
        Row(60001, 401, "API key invalid"),
        Row(60002, 400, "request invalid"),
        Row(60003, 429, "too many requests per unit of time"),
        Row(60004, 400, "parameter invalid or missing"),
        Row(60005, nil, "not valid UTF-8"),
        Row(60006, 503, "calls disabled"),
        Row(60007, 503, "SMS disabled"),
        Row(60008, nil, "account suspended"),
        Row(60009, nil, "monthly SMS limit reached"),
        Row(60010, nil, "daily SMS limit reached"),
        Row(60011, nil, "monthly call limit reached"),
        Row(60012, nil, "daily call limit reached"),
        Row(60013, nil, "country banned"),
        Row(60014, nil, "call not started"),
        Row(60015, nil, "SMS not sent"),
        Row(60016, nil, "user does not exist"),
        Row(60017, nil, "user suspended"),
        Row(60018, nil, "user disabled"),
        Row(60019, 401, "token reused"),
        Row(60020, 401, "token invalid"),
        Row(60021, nil, "phone verification not created"),
        Row(60022, 401, "verification code wrong"),
        Row(60023, 404, "no pending verification"),
        Row(60024, nil, "phone information unavailable"),
        Row(60025, 500, "query for phone information failed"),
        Row(60026, 404, "user not found"),
        Row(60027, 400, "user not valid"),
        Row(60028, nil, "user not deleted"),
        Row(60029, nil, "activity not created"),
        Row(60030, nil, "parameters incorrect"),
        Row(60031, nil, "action not authorised"),
        Row(60032, nil, "SMS not found"),
        Row(60033, 400, "phone number invalid"),
        Row(60034, nil, "registration invalid"),
        Row(60035, nil, "registration not found"),
        Row(60036, nil, "registration with wrong PIN"),
        Row(60037, nil, "registration expired"),
        Row(60038, nil, "e-mail invalid"),
        Row(60042, nil, "parameters of phone verification"),
        Row(60046, nil, "dashboard ids missing"),
        Row(60047, nil, "Twilio key used instead of Authy key"),
        Row(60049, 404, "approval request not found"),
        Row(60050, nil, "OneTouch: user not in application"),
        Row(60051, nil, "OneTouch: user has no device"),
        Row(60052, nil, "OneTouch: internal connection failed"),
        Row(60053, nil, "OneTouch: sending failed"),
        Row(60054, nil, "OneTouch: approval failed"),
        Row(60055, nil, "OneTouch: notifying the customer failed"),
        Row(60056, nil, "TLS required"),
        Row(60057, nil, "account suspended for some time"),
        Row(60058, nil, "phone not found"),
        Row(60059, nil, "phone invalid"),
        Row(60060, nil, "Twilio account suspended"),
        Row(60061, nil, "application suspended"),
        Row(60063, nil, "IP address not allowed"),
        Row(60064, nil, "OneTouch cannot be enabled"),
        Row(60065, nil, "OneTouch must be enabled"),
        Row(60066, nil, "OneTouch: callback not saved"),
        Row(60067, nil, "several devices blocked"),
        Row(60068, nil, "cannot be updated on registration"),
        Row(60075, nil, "application not deleted"),
        Row(60078, 400, "country code"),
        Row(60079, nil, "approval request no longer pending"),
        Row(60080, nil, "approval request invalid"),
        Row(60082, 400, "SMS to a landline"),
        Row(60083, 400, "phone number not provisioned"),
        Row(60085, nil, "OneTouch not enabled"),
        Row(60086, nil, "JWT expired"),
        Row(60087, nil, "JWT signature invalid"),
        Row(60089, nil, "reporting"),
        Row(60090, nil, "registration request not created"),
        Row(60091, nil, "custom message not allowed"),
        Row(60092, nil, "device not found"),
        Row(60093, nil, "SDK device not deleted"),
        Row(60097, nil, "phone change in progress"),
        Row(60098, nil, "webhook not created"),
        Row(60099, nil, "webhooks not listed"),
        Row(60100, nil, "webhook not deleted"),
        Row(60101, nil, "JWT invalid"),
        Row(60106, nil, "user suspended from application"),
        Row(60107, nil, "user blocked"),
        Row(60115, nil, "phone number opted out"),
        Row(60116, nil, "JWT parameters of phone verification"),
        Row(60117, nil, "application not found"),
        Row(60118, nil, "TOTP code invalid"),
        Row(60119, nil, "user without personal data required"),
        Row(60120, nil, "SMS limit reached"),
        Row(60121, nil, "SMS invalid"),
        Row(60122, nil, "QR code failed"),
        Row(60123, nil, "generic tokens disabled"),
        Row(60124, nil, "account not found"),
        Row(60125, nil, "SDK application invalid"),
        Row(60126, nil, "HLR"),
        Row(60132, nil, "account deletion incomplete"),
        Row(60133, nil, "CLNPC message"),
    ]
}
