import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The two ends of a pipe that no other child inherits.
struct PipeEnds: Sendable {
    let read: Int32
    let write: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw Fault(.spawnFailed, "no pipe could be created: \(String(cString: strerror(errno)))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (read, write) = (ends[0], ends[1])
    }

    /// Opens several pipes, or none.
    static func several(_ count: Int) throws -> [PipeEnds] {
        var pipes: [PipeEnds] = []
        do { for _ in 0..<count { pipes.append(try PipeEnds()) } } catch {
            for pipe in pipes { pipe.closeAll() }
            throw error
        }
        return pipes
    }

    func closeAll() {
        close(read)
        close(write)
    }
}
