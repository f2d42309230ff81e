/// How a ROUTER names a connection. The ids that libzmq gives out have 5 bytes and fit into one word.
struct RoutingID: Hashable, Sendable {
    /// Up to 7 bytes, and their number in the last one.
    private let word: UInt64
    /// The whole id when it is longer.
    private let long: [UInt8]

    init(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count < 8 else {
            word = .max
            long = Array(bytes)
            return
        }
        var word = UInt64(0)
        withUnsafeMutableBytes(of: &word) { $0.copyMemory(from: bytes) }
        withUnsafeMutableBytes(of: &word) { $0[7] = UInt8(bytes.count) }
        self.word = word
        long = []
    }

    func withBytes<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
        guard long.isEmpty else { return long.withUnsafeBytes(body) }
        return withUnsafeBytes(of: word) { body(UnsafeRawBufferPointer(rebasing: $0[..<Int($0[7])])) }
    }
}
