public import Identifiers
public import OATH

/// One user of a roster, and what the line says of the factor. Nothing of it is checked but its form.
public struct Entry: Equatable, Sendable {
    /// From 1: where the entry begins.
    public let line: Int
    public let user: String
    public let factor: Factor
    /// What is left behind of the line, for a person to know.
    public var notes: [String] = []

    public init(line: Int, user: String, factor: Factor) {
        self.line = line
        self.user = user
        self.factor = factor
    }

    public enum Factor: Equatable, Sendable {
        /// To be registered at the server. Country code and e-mail may be empty.
        case phone(Phone)
        /// Registered already.
        case authyID(AuthyID)
        case softToken(SoftToken)
    }

    public struct Phone: Equatable, Sendable {
        public let countryCode: String
        public let number: String
        public let email: String

        public init(countryCode: String, number: String, email: String) {
            self.countryCode = countryCode
            self.number = number
            self.email = email
        }
    }

    /// A token as another program kept it, with the codes that its user has on paper.
    public struct SoftToken: Equatable, Sendable {
        public let secret: Secret
        public let parameters: TOTP
        public var scratchCodes: [String]

        public init(secret: Secret, parameters: TOTP, scratchCodes: [String] = []) {
            self.secret = secret
            self.parameters = parameters
            self.scratchCodes = scratchCodes
        }
    }
}
