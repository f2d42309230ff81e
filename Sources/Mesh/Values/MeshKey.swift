import CZeroMQ

/// A public key of CURVE, which names a service of the mesh: 32 bytes, written as 40 characters of Z85.
public struct MeshKey: Hashable, Sendable, LosslessStringConvertible {
    /// Characters of a key in Z85.
    static let length = 40

    /// The characters, eight to a word: a key is compared for each message, so it is no string. (No SIMD type either:
    /// Swift's task allocator does not keep its alignment.)
    private let a: UInt64
    private let b: UInt64
    private let c: UInt64
    private let d: UInt64
    private let e: UInt64

    /// nil when `text` is not a key in Z85.
    public init?(_ text: String) {
        var binary = [UInt8](repeating: 0, count: 32)
        guard text.utf8.count == Self.length, zmq_z85_decode(&binary, text) != nil else { return nil }
        var text = text
        guard let key = text.withUTF8({ Self(characters: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = key
    }

    /// The key in 32 bytes, as a handshake has it.
    init?(binary: [UInt8]) {
        guard binary.count == 32 else { return nil }
        var text = [CChar](repeating: 0, count: Self.length + 1)
        guard zmq_z85_encode(&text, binary, 32) != nil else { return nil }
        self.init(characters: text.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[..<Self.length]) })
    }

    /// The key in characters that were checked before.
    init?(characters: UnsafeRawBufferPointer) {
        guard characters.count == Self.length else { return nil }
        func word(_ index: Int) -> UInt64 { characters.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self) }
        (a, b, c, d, e) = (word(0), word(1), word(2), word(3), word(4))
    }

    public var description: String { String(decoding: characters, as: UTF8.self) }

    /// The characters, for libzmq's options.
    var characters: [UInt8] { [a, b, c, d, e].flatMap { word in withUnsafeBytes(of: word) { Array($0) } } }
}
