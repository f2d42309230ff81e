import Crypto
import CryptoExtras
import Storage

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A stored password: scrypt (RFC 7914) with its parameters, written `$scrypt$ln=15,r=8,p=1$SALT$KEY` (PHC string
/// format, base64).
struct PasswordHash: Sendable, CustomStringConvertible {
    /// The work and memory of one hash.
    struct Cost: Sendable, Equatable {
        /// log2 of the rounds.
        var logRounds: Int
        var blockSize: Int
        var parallelism: Int
        /// 32 MiB and about a tenth of a second: OWASP's recommendation, and two at a time still fit a small machine.
        static let standard = Cost(logRounds: 15, blockSize: 8, parallelism: 1)
    }

    var cost: Cost
    var salt: Data
    var key: Data

    /// Hashes a new password. Takes the time and memory of `cost`; must not run on an event loop.
    init(_ password: String, cost: Cost = .standard) throws {
        self.cost = cost
        salt = Data((0..<16).map { _ in UInt8.random(in: 0...255) })
        key = try Self.derive(password, salt: salt, cost: cost, count: 32).withUnsafeBytes { Data($0) }
    }

    /// Parses a ``description``.
    /// - Throws: ``StoreError`` `corrupt`.
    init(parsing text: String) throws {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
        let numbers = parts.count == 5 ? parts[2].split(separator: ",").compactMap(Self.number) : []
        guard parts.count == 5, parts[1] == "scrypt", numbers.count == 3, let salt = Data(base64Encoded: parts[3]),
            let key = Data(base64Encoded: parts[4]), key.count >= 16, (1...24).contains(numbers[0])
        else { throw StoreError(.corrupt, "a password in gateway.db has an unknown format") }
        cost = Cost(logRounds: numbers[0], blockSize: numbers[1], parallelism: numbers[2])
        self.salt = salt
        self.key = key
    }

    /// Whether it is the hash of `password`, compared in constant time. Costs as much as a new hash.
    func matches(_ password: String) throws -> Bool {
        try Self.derive(password, salt: salt, cost: cost, count: key.count) == SymmetricKey(data: key)
    }

    var description: String {
        "$scrypt$ln=\(cost.logRounds),r=\(cost.blockSize),p=\(cost.parallelism)"
            + "$\(salt.base64EncodedString())$\(key.base64EncodedString())"
    }

    /// The same salt and key with another cost: it matches no password, and a comparison takes that cost.
    func relabelled(_ cost: Cost) -> PasswordHash {
        var copy = self
        copy.cost = cost
        return copy
    }

    private static func derive(_ password: String, salt: Data, cost: Cost, count: Int) throws -> SymmetricKey {
        try KDF.Scrypt.deriveKey(
            from: Data(password.utf8), salt: salt, outputByteCount: count, rounds: 1 << cost.logRounds,
            blockSize: cost.blockSize, parallelism: cost.parallelism)
    }

    private static func number(_ text: Substring) -> Int? {
        text.split(separator: "=").last.flatMap { Int($0) }
    }
}
