#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Checks whether a port can be listened on, before anything is started.
enum PortProbe {
    /// - Throws: ``CommandError`` when the port is in use or not permitted, or the host is not an address of this machine.
    static func check(host: String, port: Int) throws {
        var hints = addrinfo()
        #if canImport(Darwin)
            hints.ai_socktype = SOCK_STREAM
        #else
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #endif
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let list else {
            throw CommandError("'\(host)' is not an address of this machine; try --host 127.0.0.1")
        }
        defer { freeaddrinfo(list) }
        let file = socket(list.pointee.ai_family, list.pointee.ai_socktype, 0)
        guard file >= 0 else { throw CommandError("no socket can be created: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var on: Int32 = 1
        setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard bind(file, list.pointee.ai_addr, list.pointee.ai_addrlen) == 0, listen(file, 1) == 0 else {
            throw bindError(errno, host, port)
        }
    }

    private static func bindError(_ error: Int32, _ host: String, _ port: Int) -> CommandError {
        switch error {
        case EADDRINUSE:
            CommandError("port \(port) of \(host) is in use; choose another one with --port (0 = a free one)")
        case EACCES: CommandError("port \(port) needs root; choose one above 1023 with --port")
        case EADDRNOTAVAIL: CommandError("\(host) is not an address of this machine; try --host 127.0.0.1")
        default: CommandError("cannot listen on port \(port) of \(host): \(String(cString: strerror(error)))")
        }
    }
}
