#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The two ends of a pipe that no child inherits.
struct PipeEnds: Sendable {
    let read: Int32
    let write: Int32

    /// - Throws: ``SpawnFailure`` when no descriptors are left.
    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SpawnFailure(step: .streams, error: errno) }
        // For programs that are started elsewhere in this process; children of ours close everything.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (read, write) = (ends[0], ends[1])
    }
}
