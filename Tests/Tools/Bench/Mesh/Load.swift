import Messages

/// What goes there and back: bytes, so that the mesh is measured and not JSON.
struct EchoLoad: BinaryMessage, Request {
    typealias Reply = EchoLoad
    static let type = "bench.echo"
    var bytes: [UInt8]
}

/// What goes one way.
struct OneWayLoad: BinaryMessage {
    static let type = "bench.way"
    var bytes: [UInt8]
}

/// The server has received this many since the last ``Mark`` of the client.
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
