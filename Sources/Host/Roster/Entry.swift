public import Identifiers
public import OATH

/// One user of a roster, with the factor that the entry gives.
///
/// Only the form of the entry has been checked, not whether the user exists or the number can be one.
public struct Entry: Equatable, Sendable {
    /// Line where the entry begins, counted from 1.
    public let line: Int
    /// Name of the user, as written.
    public let user: String
    /// Factor that the user is to get.
    public let factor: Factor
    /// Notes for people on what of the line is not taken over.
    public var notes: [String] = []

    /// Makes an entry without notes.
    ///
    /// - Parameters:
    ///   - line: line where the entry begins, counted from 1.
    ///   - user: name of the user, as written.
    ///   - factor: factor that the user is to get.
    public init(line: Int, user: String, factor: Factor) {
        self.line = line
        self.user = user
        self.factor = factor
    }

    /// Factor that an entry gives its user.
    public enum Factor: Equatable, Sendable {
        /// To be registered at the server; country code and e-mail address may be empty.
        case phone(Phone)
        /// Already registered at the server.
        case authyID(AuthyID)
        case softToken(SoftToken)
    }

    /// Contact data of a user, as written.
    public struct Phone: Equatable, Sendable {
        /// Country calling code (E.164), such as 49; empty if none is given.
        public let countryCode: String
        /// Phone number, national or with the country code.
        public let number: String
        /// E-mail address; empty if none is given.
        public let email: String

        /// Takes the fields as they are, unchecked.
        ///
        /// - Parameters:
        ///   - countryCode: country calling code, or empty.
        ///   - number: phone number.
        ///   - email: e-mail address, or empty.
        public init(countryCode: String, number: String, email: String) {
            self.countryCode = countryCode
            self.number = number
            self.email = email
        }
    }

    /// Token as another program kept it, with the codes that its user has on paper.
    public struct SoftToken: Equatable, Sendable {
        /// Shared secret of the token.
        public let secret: Secret
        /// Algorithm, digits and period of the token (RFC 6238).
        public let parameters: TOTP
        /// Codes that are good for one login each, in digits; empty if there are none.
        public var scratchCodes: [String]

        /// Makes a token from what the other program stored.
        ///
        /// - Parameters:
        ///   - secret: shared secret of the token.
        ///   - parameters: algorithm, digits and period (RFC 6238).
        ///   - scratchCodes: codes that are good for one login each.
        public init(secret: Secret, parameters: TOTP, scratchCodes: [String] = []) {
            self.secret = secret
            self.parameters = parameters
            self.scratchCodes = scratchCodes
        }
    }
}
