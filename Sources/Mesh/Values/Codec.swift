import Messages

/// Decodes messages. The decoder is chosen once per type: checking for each message whether its type is binary costs
/// more than decoding a small one.
enum Codec {
    /// Returns the equivalent of ``Wire/decode(_:from:)`` for `type`.
    static func decoder<M: Message>(_ type: M.Type) -> @Sendable ([UInt8]) throws -> M {
        if let binary = type as? any BinaryMessage.Type, let decode = reader(binary) as? @Sendable ([UInt8]) throws -> M
        {
            return decode
        }
        return { try Wire.decode(M.self, from: $0) }
    }

    /// Decodes a large body on the global thread pool, so that the reactor can go on.
    static func decodeOffReactor<M: Message>(_ type: M.Type, from body: [UInt8]) async throws -> M {
        try await Task.detached(executorPreference: globalConcurrentExecutor) {
            try Wire.decode(M.self, from: body)
        }.value
    }

    private static func reader<B: BinaryMessage>(_ type: B.Type) -> Any {
        let limit = BodyLimits.of(B.type)
        let read: @Sendable ([UInt8]) throws -> B = {
            try BodyLimits.check($0.count, B.type, limit: limit)
            return try B(bytes: $0)
        }
        return read
    }
}
