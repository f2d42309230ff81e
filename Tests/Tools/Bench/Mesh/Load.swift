import Messages

/// The payload of a round trip: bytes, so that the mesh is measured and not JSON.
struct EchoLoad: BinaryMessage, Request {
    typealias Reply = EchoLoad
    static let type = "bench.echo"
    var bytes: [UInt8]
}

/// The payload of a one-way message.
struct OneWayLoad: BinaryMessage {
    static let type = "bench.way"
    var bytes: [UInt8]
}

/// Acknowledges the messages that the server has received since the client's last ``Mark``.
struct Mark: BinaryMessage {
    static let type = "bench.mark"
    var bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    init(_ count: Int) {
        bytes = []
        bytes.appendLittleEndian(UInt64(count))
    }

    var count: Int {
        bytes.count == 8 ? Int(bytes.withUnsafeBytes { $0.littleEndian(UInt64.self, at: 0) }) : 0
    }
}
