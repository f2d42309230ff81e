import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A small HTTP server: one thread per connection, which runs the test's own closure.
public final class TinyServer: Sendable {
    /// The port on 127.0.0.1.
    public let port: UInt16
    private let listener: Int32
    private let connections = Mutex<Set<Int32>>([])

    /// Starts listening.
    public init(_ handler: @escaping @Sendable (TinyConnection) -> Void) throws {
        #if canImport(Glibc)
            listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            listener = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, size) == 0 && listen(listener, 256) == 0
                    && getsockname(listener, pointer, &size) == 0
            }
        }
        guard bound else { throw TinyError.socket(errno) }
        port = UInt16(bigEndian: address.sin_port)
        Self.thread { [self] in
            // This thread alone closes the listener: were another to, the number could already be another server's
            // listener at the next `accept`, and this server would take that one's connections.
            defer { close(listener) }
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    return
                }
                connections.withLock { _ = $0.insert(connection) }
                Self.thread { [self] in
                    handler(TinyConnection(connection))
                    // Removed and closed in one step, so that `stop` never shuts down a number that is another's.
                    connections.withLock { all in
                        all.remove(connection)
                        shutdown(connection, Int32(SHUT_RDWR))
                        close(connection)
                    }
                }
            }
        }
    }

    /// Its URL, without a trailing slash.
    public var url: String { "http://127.0.0.1:\(port)" }

    /// Ends the listener and every connection.
    public func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        connections.withLock { all in
            for connection in all { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    private static func thread(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Body(body)).toOpaque()
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, box)
        pthread_detach(thread)
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}

/// A socket could not be opened or bound; the `errno`.
public enum TinyError: Error { case socket(Int32) }
