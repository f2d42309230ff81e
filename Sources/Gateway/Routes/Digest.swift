import Crypto
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The digest of a request: an idempotency key may be used again only with the same digest.
enum Digest {
    /// Returns the digest of a body of `POST /tasks` without its key.
    static func of(_ body: TaskRequestBody) -> String {
        var body = body
        body.idempotencyKey = nil
        body.target = body.target ?? Target.defaultDevice.description
        body.agent = body.agent ?? TaskRequestBody.defaultAgent
        return hex(body)
    }

    /// Returns the id of a message to a task that a client has named: the same for each repetition of its request.
    static func message(_ key: String, to task: TaskID) -> MessageID {
        var bytes = Array(SHA256.hash(data: Data("\(task) \(key)".utf8)).prefix(16))
        // A UUID of version 8, whose bits are the application's own.
        bytes[6] = bytes[6] & 0x0f | 0x80
        bytes[8] = bytes[8] & 0x3f | 0x80
        return MessageID(bytes: bytes) ?? .generate()
    }

    /// Returns the SHA-256, in hex, of a value's JSON with sorted keys.
    static func hex(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Cannot fail: the value was decoded from JSON.
        let canonical = (try? encoder.encode(value)) ?? Data()
        return SHA256.hash(data: canonical).map { byte in
            let hex = String(byte, radix: 16)
            return byte < 16 ? "0" + hex : hex
        }.joined()
    }
}
