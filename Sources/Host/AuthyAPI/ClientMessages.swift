public import AuthyWire
public import Identifiers

extension Client {
    /// The requests to the server.
    public enum Request: Sendable {
        case create(NewApprovalRequest, AuthyID)
        /// Polls the request that was created last; a server that can wait may hold the answer back for `wait`
        /// milliseconds.
        case poll(AuthyID, wait: Int)
        /// See `Endpoint.verify`.
        case verify(OneTimeCode, AuthyID, isProven: Bool, confirmation: OneTimeCode?)
        case sms(AuthyID)
        case call(AuthyID)
        case startPhoneCheck(NewPhoneCheck)
        case checkPhone(OneTimeCode, PhoneNumber)
        case register(NewUser)
        case status(AuthyID)
        /// Reports an activity of the user.
        case report(UserActivity, AuthyID)
        /// Whether the server takes the API key.
        case application
        /// Exchanges the secret of a code for the API key.
        case join(NewJoin)
    }

    /// The results of all requests.
    public enum Result: Equatable, Sendable {
        case created(ApprovalRequestID)
        case status(ApprovalStatus)
        case valid
        case wrong
        /// The code was right, but was used before.
        case spent
        /// The code of a new phone, which is now confirmed.
        case phoneConfirmed
        /// The code of a new phone, which somebody else must confirm.
        case confirmationCode
        case sent
        case registered(AuthyID)
        /// The server refuses the data of the person: the fields that it names.
        case invalid(String)
        /// What the server knows about the user.
        case user(StatusAnswer.User)
        case unknownUser
        /// Status 200 for an activity, or for the API key.
        case noted
        /// The API key for a code.
        case joined(HostGrant)
        /// Too many requests, even after the retries; the seconds that the server asked to wait, or nil.
        case limited(Int?)
        /// No address or no connection: an outage in which nothing was sent.
        case unreached(String)
        /// No HTTP answer in time, or a server that still fails after the retries.
        case outage(String)
        /// The user gets no approval request; the reason.
        case noDevice(String)
        /// Any other answer or failure; the reason.
        ///
        /// It is not an outage.
        case refused(String)
    }

    /// The answer to a request.
    public struct Answer: Equatable, Sendable {
        /// The number that was passed to `ask`.
        public let number: Int64
        /// The result of the request.
        public let result: Result
        /// What the response to `application` said of the server.
        public internal(set) var facts: ServerFacts?
    }
}

/// What a response says of the server besides its answer.
public struct ServerFacts: Equatable, Sendable {
    /// The server's clock, in seconds since 1970; nil if it did not say.
    public let time: Int64?
    /// When the first certificate of its chain ends, in seconds since 1970; nil without TLS.
    public let certificatesEnd: Int64?
}
