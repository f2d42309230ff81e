/// Follows the frames in the bytes of a WebSocket's client without keeping their payloads: a value. Its checks are those
/// of RFC 6455 that can be made from a frame's header.
struct FrameScan: Sendable {
    /// Why the bytes are not taken further.
    enum Violation: Error, Sendable, Equatable {
        /// It breaks RFC 6455: the text says how.
        case notValid(String)
        /// A message is longer than allowed.
        case tooLarge
    }

    /// What is known of the present frame's header; 2 to 14 bytes.
    private var header: [UInt8] = []
    /// Bytes of the present frame's payload that have not arrived.
    private var remaining = 0
    /// Bytes of the present message, over its fragments.
    private var message = 0

    init() { header.reserveCapacity(14) }

    /// Takes the next bytes.
    /// - Parameters:
    ///   - longest: The most bytes of a message.
    ///   - valid: Is set to how many of the bytes belong to valid frames.
    /// - Returns: How many frames begin in the bytes.
    mutating func take(_ bytes: UnsafeRawBufferPointer, longest: Int, valid: inout Int) throws(Violation) -> Int {
        var frames = 0
        var at = 0
        valid = 0
        while at < bytes.count {
            if remaining > 0 {
                let skipped = min(remaining, bytes.count - at)
                remaining -= skipped
                at += skipped
            } else {
                header.append(bytes[at])
                at += 1
                guard let needed = try needed(), header.count == needed else { continue }
                frames += 1
                try begin(longest)
            }
            if header.isEmpty { valid = at }
        }
        return frames
    }

    /// The length of the header as far as it is known; nil = its second byte has not come.
    private func needed() throws(Violation) -> Int? {
        let first = header[0]
        guard first & 0x70 == 0 else { throw .notValid("a reserved bit is set") }
        guard [0x0, 0x1, 0x2, 0x8, 0x9, 0xa].contains(first & 0x0f) else {
            throw .notValid("a reserved opcode is used")
        }
        guard header.count > 1 else { return nil }
        guard header[1] & 0x80 != 0 else { throw .notValid("a client's frame is not masked") }
        if first & 0x08 != 0, first & 0x80 == 0 || header[1] & 0x7f > 125 {
            throw .notValid("a control frame is fragmented or has more than 125 bytes")
        }
        switch header[1] & 0x7f {
        case 126: return 8
        case 127: return 14
        default: return 6
        }
    }

    /// The header is complete.
    private mutating func begin(_ longest: Int) throws(Violation) {
        let short = header[1] & 0x7f
        let field = short < 126 ? 0..<0 : 2..<(short == 126 ? 4 : 10)
        let length = short < 126 ? UInt64(short) : header[field].reduce(0) { $0 << 8 | UInt64($1) }
        guard short < 126 || length > (short == 126 ? 125 : 0xffff) else {
            throw .notValid("a length is written in more bytes than it needs")
        }
        if header[0] & 0x08 == 0 {
            guard length <= UInt64(max(0, longest - message)) else { throw .tooLarge }
            message = header[0] & 0x80 == 0 ? message + Int(length) : 0
        }
        remaining = Int(length)
        header.removeAll(keepingCapacity: true)
    }
}
