import CZeroMQ

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Ends the reactor's sleep: a file descriptor that becomes readable.
final class WakeSignal: Sendable {
    /// The descriptor to poll for input.
    let reading: Int32
    private let writing: Int32

    init() {
        #if os(Linux)
            let descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
            precondition(descriptor >= 0, "cannot open a file descriptor for the mesh")
            reading = descriptor
            writing = descriptor
        #else
            var ends: [Int32] = [0, 0]
            precondition(pipe(&ends) == 0, "cannot open a file descriptor for the mesh")
            for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
            reading = ends[0]
            writing = ends[1]
        #endif
    }

    deinit {
        close(reading)
        if writing != reading { close(writing) }
    }

    /// Makes the descriptor readable.
    func raise() {
        var one: UInt64 = 1
        while write(writing, &one, 8) < 0, errno == EINTR {}
    }

    /// Makes the descriptor unreadable again.
    func lower() {
        var value: UInt64 = 0
        while read(reading, &value, 8) < 0, errno == EINTR {}
    }
}
