internal import Encoding
public import Vault

/// How a call looks to this server: for `countersignd doctor`, which asks whether `public_url` leads here, and whether
/// the proxies in between tell the client's address.
public struct InstanceView: Equatable, Sendable {
    /// The client's address as limits and the log take it.
    public let address: String
    /// The address of the connection.
    public let peer: String
    /// The values of X-Forwarded-For as they came, at most 300 characters; empty for none.
    public let forwarded: String

    /// Takes the values; a long `forwarded` is cut.
    public init(address: String, peer: String, forwarded: String) {
        self.address = address
        self.peer = peer
        self.forwarded = String(forwarded.prefix(300))
    }
}

/// Proofs that two processes have the same data key; both are HMACs over a nonce, so that neither can be guessed, or
/// made from the other.
public enum InstanceProof {
    /// The proof of the one who asks.
    ///
    /// - Parameters:
    ///   - nonce: a random text.
    ///   - vault: the vault of the database.
    /// - Returns: 43 characters of Base64url.
    public static func question(_ nonce: String, vault: Vault) -> String {
        Base64URL.encode(vault.index("countersign instance question\n\(nonce)"))
    }

    /// The proof of the server that answers.
    ///
    /// - Parameters:
    ///   - nonce: the nonce of the question.
    ///   - view: what the answer says.
    ///   - vault: the vault of the database.
    /// - Returns: 43 characters of Base64url.
    public static func answer(_ nonce: String, view: InstanceView, vault: Vault) -> String {
        let text = [view.address, view.peer, view.forwarded].map { Base64URL.encode(Array($0.utf8)) }
        return Base64URL.encode(
            vault.index("countersign instance answer\n\(nonce)\n\(text.joined(separator: "\n"))"))
    }
}

extension APIService {
    private static let longestNonce = 64

    /// Answers `GET /instance/NONCE/PROOF`, only to those who have the key of this database.
    ///
    /// - Parameters:
    ///   - nonce: the random text of the question.
    ///   - proof: the proof of the question.
    ///   - view: how the call looks to this server.
    /// - Returns: `address`, `peer`, `forwarded` and `proof`; 404 as for any unknown path if the proof is wrong.
    public func instance(_ nonce: String, proof: String, view: InstanceView) -> ServiceResponse {
        let right = Array(InstanceProof.question(nonce, vault: vault).utf8)
        let given = Array(proof.utf8)
        guard nonce.utf8.count <= Self.longestNonce, right.count == given.count,
            zip(right, given).reduce(0, { $0 | ($1.0 ^ $1.1) }) == 0
        else { return APIError.path.response }
        return ServiceResponse([
            "address": .string(view.address), "peer": .string(view.peer), "forwarded": .string(view.forwarded),
            "proof": .string(InstanceProof.answer(nonce, view: view, vault: vault)),
        ])
    }
}
