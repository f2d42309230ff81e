import Crypto
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// By what an idempotency key is held against what was asked with it.
enum Digest {
    /// The digest of everything in the body of `POST /tasks` but the key.
    static func of(_ body: TaskRequestBody) -> String {
        var body = body
        body.idempotencyKey = nil
        body.target = body.target ?? Target.defaultDevice.description
        body.agent = body.agent ?? TaskRequestBody.defaultAgent
        return hex(body)
    }

    /// SHA-256 in hex of a value's JSON with its keys in order.
    static func hex(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and the numbers of a decoded body always have a JSON form.
        let canonical = (try? encoder.encode(value)) ?? Data()
        return SHA256.hash(data: canonical).map { byte in
            let hex = String(byte, radix: 16)
            return byte < 16 ? "0" + hex : hex
        }.joined()
    }
}
