internal import AuthyWire
internal import Identifiers

extension Client {
    /// A request, and how far it got.
    struct Task {
        /// What is sent for the request, one after the other.
        enum Step: Equatable {
            /// Whether the person has a device, before an approval is created.
            case device
            case request
            /// Whether the server answers again after it failed at a request that is not repeated; its last result.
            case probe(Result)
        }

        let number: Int64
        let request: Request
        var step = Step.request
        var attempts = 0
        /// When the task began, and when it is abandoned, on the client's clock.
        var began: Int64 = 0
        var giveUp: Int64 = 0
        /// The server was away: the next attempt has the full time.
        var isRenewed = false

        /// Whether the task checks a code: it is not repeated after 429, as the server may have checked and counted the
        /// code.
        var isVerify: Bool {
            if case .verify = request { step == .request } else { false }
        }

        var isLook: Bool {
            if case .poll = request { true } else { false }
        }

        /// Whether the request may be repeated although the server may have received it (RFC 9110, section 9.2.2).
        var isRepeatable: Bool {
            switch (step, request) {
            case (.device, _), (.probe, _), (_, .poll), (_, .verify), (_, .status), (_, .application): true
            // These ring a phone or send a code; and a lost answer to a right code may have spent it.
            case (_, .create), (_, .sms), (_, .call), (_, .startPhoneCheck), (_, .checkPhone), (_, .register),
                (_, .report), (_, .join):
                false
            }
        }

        /// The user whose status tells whether the server works, if a failure of this request might excuse the login;
        /// or nil.
        var user: AuthyID? {
            switch request {
            case .create(_, let user), .verify(_, let user, _, _), .sms(let user), .call(let user): user
            default: nil
            }
        }

        /// Milliseconds for which the server may hold the answer back.
        var wait: Int {
            if case .poll(_, let wait) = request { wait } else { 0 }
        }
    }

    /// Whether another attempt may have a better result.
    enum Prospect {
        case none
        /// After a few attempts.
        case busy
        /// When the server is back: it may be restarting.
        case away
    }
}

extension Client.Task {
    /// What is sent now.
    ///
    /// - Parameters:
    ///   - created: the request that was created last, which is polled.
    ///   - now: milliseconds, on the client's clock.
    ///   - key: the API key.
    /// - Returns: the request, which may take until the task is given up.
    func http(polling created: ApprovalRequestID?, at now: Int64, key: String) -> HTTPRequest {
        let (endpoint, json) = endpoint(polling: created)
        let timeout = Int(clamping: giveUp - now)
        guard let endpoint else { return HTTPRequest(path: "/", timeout: timeout, isSentOnce: !isRepeatable) }
        var http = HTTPRequest(endpoint, json: json, key: key, timeout: timeout)
        http.isSentOnce = !isRepeatable
        if case .application = request { http.wantsFacts = true }
        // A repeated request has less time left.
        let left = wait - Int(clamping: now - began)
        if step == .request, left >= 1_000 {
            http.headers.append("\(Header.prefer): \(Header.wait(seconds: min(left / 1_000, 60)))")
        }
        return http
    }

    /// The call and its body; no call for a poll if no request was created.
    private func endpoint(polling created: ApprovalRequestID?) -> (Endpoint?, json: String?) {
        switch request {
        case _ where step != .request: (user.map { Endpoint.status(of: $0) } ?? Endpoint.application, nil)
        case .create(let new, let user): (.createApprovalRequest(for: user), new.json)
        case .register(let new): (.newUser, new.json)
        case .status(let user): (.status(of: user), nil)
        case .application: (.application, nil)
        case .join(let join): (.join, join.json)
        case .report(let activity, let user): (.registerActivity(of: user), activity.json)
        case .poll: (created.map { Endpoint.readApprovalRequest($0) }, nil)
        case .verify(let code, let user, let isProven, let confirmation):
            (.verify(code, of: user, isProven: isProven, confirmation: confirmation), nil)
        case .sms(let user): (.sms(to: user), nil)
        case .call(let user): (.call(to: user), nil)
        case .startPhoneCheck(let check): (.startPhoneCheck, check.json)
        case .checkPhone(let code, let phone): (.checkPhone(code, of: phone), nil)
        }
    }
}
