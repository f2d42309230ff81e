#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One connection of the ``TinyServer``, with blocking reads and writes.
public final class TinyConnection: @unchecked Sendable {
    private let descriptor: Int32
    private var pending: [UInt8] = []

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Reads the next request; nil when the client has disconnected.
    public func request() -> TinyRequest? {
        while true {
            if let request = TinyRequest(&pending) { return request }
            guard fill() else { return nil }
        }
    }

    /// Returns when the client has closed its side.
    public func untilClosed() { while fill() {} }

    /// Sends all bytes; false when the client has disconnected.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// As ``write(_:)-([UInt8])``.
    @discardableResult
    public func write(_ text: String) -> Bool { write([UInt8](text.utf8)) }

    /// Sends a whole response.
    public func answer(_ status: Int = 200, headers: String = "", body: String = "") {
        write("HTTP/1.1 \(status) Test\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    private func fill() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var count = -1
        // A signal to the test's process interrupts the call; the connection is still there.
        repeat { count = recv(descriptor, &buffer, buffer.count, 0) } while count < 0 && errno == EINTR
        guard count > 0 else { return false }
        pending += buffer[..<count]
        return true
    }
}

/// A request of a client.
public struct TinyRequest {
    /// Such as `GET / HTTP/1.1`.
    public var line: String
    /// The request line and the headers.
    public var head: String
    public var body: [UInt8]

    /// Removes one request from the front of `bytes`; nil when it is incomplete.
    init?(_ bytes: inout [UInt8]) {
        let mark = [UInt8]("\r\n\r\n".utf8)
        guard let end = bytes.firstRange(of: mark)?.lowerBound else { return nil }
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        var length = 0
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length:") {
            length = Int(line.dropFirst(15).filter { $0.isNumber }) ?? 0
        }
        guard bytes.count >= end + 4 + length else { return nil }
        self.line = head.split(separator: "\r\n").first.map(String.init) ?? ""
        self.head = head
        body = Array(bytes[(end + 4)..<(end + 4 + length)])
        bytes.removeFirst(end + 4 + length)
    }
}
