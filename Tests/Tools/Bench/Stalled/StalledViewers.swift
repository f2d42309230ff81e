import Foundation
import TestClient

/// Viewers that open a stream and never read from it.
final class StalledViewers: Sendable {
    private let sockets: [Int32]

    /// Opens the streams.
    /// - Throws: ``Unfit`` when a viewer cannot connect.
    init(_ count: Int, _ api: API, task: String) throws {
        let port = api.url.split(separator: ":").last.flatMap { UInt16($0) } ?? 0
        let request =
            "GET /tasks/\(task)/events HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nAccept: text/event-stream\r\n"
            + "Authorization: Bearer \(api.token ?? "")\r\n\r\n"
        var open: [Int32] = []
        for _ in 0..<count {
            guard let socket = Self.dial(port, Array(request.utf8)) else {
                for socket in open { close(socket) }
                throw Unfit("viewer \(open.count + 1) cannot connect: \(String(cString: strerror(errno)))")
            }
            open.append(socket)
        }
        sockets = open
    }

    deinit { for socket in sockets { close(socket) } }

    private static func dial(_ port: UInt16, _ request: [UInt8]) -> Int32? {
        #if canImport(Darwin)
            let kind = SOCK_STREAM
        #else
            let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        #endif
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { return nil }
        // A small kernel buffer, so that the backlog is the gateway's.
        var size: Int32 = 4096
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard connected, write(descriptor, request, request.count) == request.count else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}
