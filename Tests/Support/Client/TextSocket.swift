import Foundation
import TestSupport

/// A client's WebSocket of text messages, as a browser's page has it (RFC 6455): blocking, for a thread of its own.
/// ``receive()`` answers pings.
public final class TextSocket: @unchecked Sendable {
    private let descriptor: Int32
    private let sendLock = NSLock()
    /// Only touched by the thread that receives.
    private var pending: [UInt8] = []

    /// Connects and requests the upgrade.
    /// - Parameter url: `http://HOST:PORT` of 127.0.0.1.
    /// - Throws: `POSIXError` when the connection is refused, ``Malformed`` when the upgrade is.
    public init(_ url: String, path: String) throws {
        guard let port = url.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw Malformed(description: "no port in \(url)")
        }
        descriptor = try Self.connect(port)
        let key = Data((0..<16).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
        sendBytes(
            Array(
                """
                GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(key)\r\n\r\n
                """.utf8))
        let end = Array("\r\n\r\n".utf8)
        while pending.firstRange(of: end) == nil {
            guard fill() else {
                close(descriptor)
                throw Malformed(description: "the upgrade of \(path) was not answered")
            }
        }
        let head = pending.firstRange(of: end).map { Array(pending[..<$0.lowerBound]) } ?? []
        guard String(decoding: head, as: UTF8.self).hasPrefix("HTTP/1.1 101") else {
            close(descriptor)
            throw Malformed(description: "the upgrade of \(path) was refused: \(String(decoding: head, as: UTF8.self))")
        }
        pending.removeFirst(head.count + end.count)
    }

    deinit { close(descriptor) }

    /// Sends a text message; no effect when the connection is closed.
    public func send(_ text: String) { sendFrame(0x81, Array(text.utf8)) }

    /// Closes the connection; ``receive()`` then returns nil.
    public func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Receives the next message; nil when the connection has ended for any reason.
    public func receive() -> [UInt8]? {
        var message: [UInt8] = []
        while let (first, payload) = next() {
            switch first & 0x0f {
            case 0x0, 0x1:
                message += payload
                if first & 0x80 != 0 { return message }
            case 0x8: return nil
            case 0x9: sendFrame(0x8a, payload)
            default: break
            }
        }
        return nil
    }

    /// Receives the next frame's first byte and payload. A server's frames are not masked.
    private func next() -> (UInt8, [UInt8])? {
        while true {
            if pending.count >= 2 {
                let short = Int(pending[1] & 0x7f)
                let wide = short == 126 ? 2 : short == 127 ? 8 : 0
                if pending.count >= 2 + wide {
                    let length = wide == 0 ? short : pending[2..<(2 + wide)].reduce(0) { $0 << 8 | Int($1) }
                    let end = 2 + wide + length
                    if pending.count >= end {
                        let frame = (pending[0], Array(pending[(2 + wide)..<end]))
                        pending.removeFirst(end)
                        return frame
                    }
                }
            }
            guard fill() else { return nil }
        }
    }

    private func sendFrame(_ first: UInt8, _ payload: [UInt8]) {
        var bytes: [UInt8] = [first]
        switch payload.count {
        case ..<126: bytes.append(0x80 | UInt8(payload.count))
        case ..<65_536: bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
        default: bytes += [0x80 | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
        }
        let mask = (0..<4).map { _ in UInt8.random(in: 0...255) }
        sendBytes(bytes + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] })
    }

    private func sendBytes(_ bytes: [UInt8]) {
        sendLock.lock()
        defer { sendLock.unlock() }
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            done += count
        }
    }

    private func fill() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        pending += buffer[..<count]
        return true
    }

    private static func connect(_ port: UInt16) throws -> Int32 {
        #if canImport(Darwin)
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO)
        }
        return descriptor
    }
}
