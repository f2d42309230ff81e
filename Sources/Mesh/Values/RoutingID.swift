/// How a ROUTER names a connection. The ids that libzmq gives out have 5 bytes and fit into one word.
struct RoutingID: Hashable, Sendable {
    /// Up to 7 bytes, and their number in the last one.
    private let word: UInt64
    /// The whole id when it is longer.
    private let long: [UInt8]?

    /// No connection.
    init() {
        word = 0
        long = nil
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count < 8 else {
            word = .max
            long = Array(bytes)
            return
        }
        var word = UInt64(bytes.count) << 56
        for (index, byte) in bytes.enumerated() { word |= UInt64(byte) << UInt64(8 * index) }
        self.word = word
        long = nil
    }

    func withBytes<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
        if let long { return long.withUnsafeBytes(body) }
        return withUnsafeBytes(of: word.littleEndian) { body(UnsafeRawBufferPointer(rebasing: $0[..<Int($0[7])])) }
    }
}
