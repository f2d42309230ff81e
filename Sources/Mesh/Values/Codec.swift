import Messages

/// The way from bytes to a message, found once per type: asking for each message whether its type is binary costs more
/// than reading a small one.
enum Codec {
    /// What ``Wire/decode(_:from:)`` does for `type`.
    static func decoder<M: Message>(_ type: M.Type) -> @Sendable ([UInt8]) throws -> M {
        if let binary = type as? any BinaryMessage.Type, let decode = reader(binary) as? @Sendable ([UInt8]) throws -> M
        {
            return decode
        }
        return { try Wire.decode(M.self, from: $0) }
    }

    private static func reader<B: BinaryMessage>(_ type: B.Type) -> Any {
        let read: @Sendable ([UInt8]) throws -> B = { try B(bytes: $0) }
        return read
    }
}
