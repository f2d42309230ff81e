import Foundation
import Synchronization

/// Forwards connections to a port of 127.0.0.1. The test can cut them, or make them silent as if a cable were pulled. Two
/// threads per connection, one for each direction.
public final class Proxy: Sendable {
    private struct State {
        var port: UInt16 = 0
        var listener: Int32 = -1
        /// Both ends of each open connection.
        var pairs: [Int: (near: Int32, far: Int32)] = [:]
        var next = 0
        var isSilent = false
    }

    private let target: UInt16
    private let state = Mutex(State())

    /// Listens on a free port.
    /// - Throws: ``ProxyError``.
    public init(to target: UInt16) throws {
        self.target = target
        let listener = Self.socket()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = Self.withAddress(port: 0) { address -> UInt16? in
            guard bind(listener, address, size) == 0, listen(listener, 64) == 0,
                getsockname(listener, address, &size) == 0
            else { return nil }
            return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt16(bigEndian: $0.pointee.sin_port)
            }
        }
        guard let port else { throw ProxyError.socket(errno) }
        state.withLock {
            $0.port = port
            $0.listener = listener
        }
        Self.thread { [self] in
            while true {
                let near = Self.acceptConnection(listener)
                guard near >= 0 else { return }
                open(near)
            }
        }
    }

    /// Its URL, without a trailing slash.
    public var url: String { "http://127.0.0.1:\(state.withLock { $0.port })" }

    /// The number of open connections.
    public var count: Int { state.withLock { $0.pairs.count } }

    /// Cuts every connection: both ends see a reset.
    /// - Returns: the number of connections.
    @discardableResult
    public func cut() -> Int {
        state.withLock { state in
            for pair in state.pairs.values {
                for end in [pair.near, pair.far] {
                    var linger = linger(l_onoff: 1, l_linger: 0)
                    setsockopt(end, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
                    shutdown(end, Int32(SHUT_RDWR))
                }
            }
            return state.pairs.count
        }
    }

    /// Stops or resumes forwarding on every connection, without closing any.
    public func silence(_ on: Bool) { state.withLock { $0.isSilent = on } }

    /// Cuts every connection and stops listening.
    public func stop() {
        silence(false)
        cut()
        state.withLock { state in
            shutdown(state.listener, Int32(SHUT_RDWR))
            close(state.listener)
        }
    }

    private func open(_ near: Int32) {
        let far = Self.socket()
        let connected = Self.withAddress(port: target) {
            connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
        guard connected else {
            close(near)
            close(far)
            return
        }
        let number = state.withLock { state in
            state.next += 1
            state.pairs[state.next] = (near, far)
            return state.next
        }
        let left = Atomic<Int>(2)
        for (from, to) in [(near, far), (far, near)] {
            Self.thread { [self] in
                forward(from, to)
                shutdown(to, Int32(SHUT_WR))
                guard left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
                state.withLock { state in
                    state.pairs[number] = nil
                    close(near)
                    close(far)
                }
            }
        }
    }

    private func forward(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            while state.withLock({ $0.isSilent }) { usleep(5000) }
            var done = 0
            while done < count {
                let sent = buffer[done..<count].withUnsafeBytes {
                    send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard sent > 0 else { return }
                done += sent
            }
        }
    }

    private static func socket() -> Int32 {
        #if canImport(Glibc)
            Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #else
            Darwin.socket(AF_INET, SOCK_STREAM, 0)
        #endif
    }

    /// Accepts a connection that children do not inherit: one that a child holds open could not be cut.
    private static func acceptConnection(_ listener: Int32) -> Int32 {
        let near = accept(listener, nil, nil)
        if near >= 0 { _ = fcntl(near, F_SETFD, FD_CLOEXEC) }
        return near
    }

    private static func withAddress<T>(port: UInt16, _ body: (UnsafeMutablePointer<sockaddr>) -> T) -> T {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }

    private static func thread(_ body: @escaping @Sendable () -> Void) { Thread.detachNewThread(body) }
}

/// A socket could not be opened or bound; the `errno`.
public enum ProxyError: Error { case socket(Int32) }
