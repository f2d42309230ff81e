/// The name that a ROUTER gives a connection. The ids that libzmq generates have 5 bytes and fit into one integer.
struct RoutingID: Hashable, Sendable {
    /// Up to 7 bytes of the id, with their count in the top byte.
    private let packed: UInt64
    /// The whole id when it is longer.
    private let long: [UInt8]?

    /// An empty id, which names no connection.
    init() {
        packed = 0
        long = nil
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count < 8 else {
            packed = .max
            long = Array(bytes)
            return
        }
        var packed = UInt64(bytes.count) << 56
        for (index, byte) in bytes.enumerated() { packed |= UInt64(byte) << UInt64(8 * index) }
        self.packed = packed
        long = nil
    }

    func withBytes<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
        if let long { return long.withUnsafeBytes(body) }
        return withUnsafeBytes(of: packed.littleEndian) {
            body(UnsafeRawBufferPointer(rebasing: $0[..<Int($0[7])]))
        }
    }
}
